import APIMachinery

/// One request to a resource, with everything known about it: what the verbs work on.
struct Call: Sendable {
    let request: Request
    let route: ResourceRoute
    let type: ResourceType
    let context: RequestContext
    let format: ResponseFormat

    /// The object that the path names. Throws `methodNotAllowed` when it names none.
    var key: ObjectKey {
        get throws(APIStatus) {
            guard let name = route.name else {
                throw APIStatus(.methodNotAllowed, "the server does not allow this method on the requested resource: \(route.verb.rawValue) needs a name")
            }
            return ObjectKey(type, namespace: type.isNamespaced ? route.namespace : nil, name: name)
        }
    }

    var query: Query { request.query }
}

/// The parameters of the query, as the verbs' options.
extension Call {
    /// Throws `badRequest` for a selector or number that cannot be parsed.
    func listOptions() throws(APIStatus) -> ListOptions {
        var options = ListOptions()
        if let text = query["labelSelector"] { options.labelSelector = try LabelSelector(parsing: text) }
        if let text = query["fieldSelector"] { options.fieldSelector = try FieldSelector(parsing: text) }
        // The old watch form may name one object in the path.
        if route.verb == .watch, let name = route.name {
            options.fieldSelector.requirements.append(contentsOf: FieldSelector("metadata.name", equals: name).requirements)
        }
        options.limit = try query.count("limit") ?? 0
        options.continueToken = query["continue"] ?? ""
        options.resourceVersion = query["resourceVersion"] ?? ""
        options.resourceVersionMatch = query["resourceVersionMatch"] ?? ""
        options.allowWatchBookmarks = try query.bool("allowWatchBookmarks") ?? false
        options.sendInitialEvents = try query.bool("sendInitialEvents") ?? false
        if let seconds = try query.count("timeoutSeconds"), seconds > 0 { options.timeout = .seconds(seconds) }
        return options
    }

    /// Throws `badRequest` for an unknown value of `dryRun` or `fieldValidation`.
    func writeOptions() throws(APIStatus) -> WriteOptions {
        var options = WriteOptions()
        options.isDryRun = try isDryRun()
        options.fieldManager = query["fieldManager"] ?? ""
        guard options.fieldManager.utf8.count <= 128 else { throw .badRequest("fieldManager may have no more than 128 bytes") }
        options.force = try query.bool("force") ?? false
        if let text = query["fieldValidation"], !text.isEmpty {
            guard let validation = WriteOptions.FieldValidation(rawValue: text) else {
                throw .badRequest("fieldValidation: Unsupported value: \"\(text)\": supported values: \"Ignore\", \"Strict\", \"Warn\"")
            }
            options.fieldValidation = validation
        }
        return options
    }

    private func isDryRun() throws(APIStatus) -> Bool {
        let values = query.all("dryRun")
        guard values.allSatisfy({ $0 == "All" || $0.isEmpty }) else {
            throw .badRequest("dryRun: Unsupported value: \"\(values.joined(separator: ","))\": supported values: \"All\"")
        }
        return values.contains("All")
    }

    /// The options of the query, and of a `DeleteOptions` body, which counts more.
    func deleteOptions() throws(APIStatus) -> DeleteOptions {
        var options = DeleteOptions()
        options.isDryRun = try isDryRun()
        options.gracePeriodSeconds = try query.count("gracePeriodSeconds")
        if let text = query["propagationPolicy"] { options.propagation = try Self.propagation(text) }
        if let orphans = try query.bool("orphanDependents") { options.propagation = orphans ? .orphan : .background }
        guard request.body.readableBytes > 0 else { return options }
        let body = try RequestBody.decode(request)
        if let values = body["dryRun"]?.array, values.contains("All") { options.isDryRun = true }
        if let seconds = body["gracePeriodSeconds"]?.int {
            guard seconds >= 0 else { throw .badRequest("gracePeriodSeconds: Invalid value: \(seconds): must be zero or more") }
            options.gracePeriodSeconds = Int(seconds)
        }
        if let text = body["propagationPolicy"]?.string { options.propagation = try Self.propagation(text) }
        if let orphans = body["orphanDependents"]?.bool { options.propagation = orphans ? .orphan : .background }
        options.preconditionUID = body["preconditions"]?["uid"]?.string
        options.preconditionResourceVersion = body["preconditions"]?["resourceVersion"]?.string
        return options
    }

    private static func propagation(_ text: String) throws(APIStatus) -> DeleteOptions.Propagation {
        guard let policy = DeleteOptions.Propagation(rawValue: text) else {
            throw .badRequest("propagationPolicy: Unsupported value: \"\(text)\": supported values: \"Background\", \"Foreground\", \"Orphan\"")
        }
        return policy
    }
}
