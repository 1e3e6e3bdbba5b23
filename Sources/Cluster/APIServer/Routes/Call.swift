import APIMachinery

/// One request to a resource, with everything known about it: what the verbs work on.
struct Call: Sendable {
    let request: Request
    let route: ResourceRoute
    let type: ResourceType
    var context: RequestContext
    let format: ResponseFormat

    /// The object that the path names. Throws `methodNotAllowed` when it names none.
    var key: ObjectKey {
        get throws(APIStatus) {
            guard let name = route.name else {
                throw APIStatus(.methodNotAllowed, "the server does not allow this method on the requested resource: \(route.verb.rawValue) needs a name")
            }
            let problems = Validation.NameFormat.pathSegment.problems(of: name)
            guard problems.isEmpty else { throw .badRequest("Name parameter invalid: \(JSON.string(name).text): \(problems.joined(separator: ";"))") }
            return ObjectKey(type, namespace: type.isNamespaced ? route.namespace : nil, name: name)
        }
    }

    var query: Query { request.query }

    /// The object in the body, of `gvk`, and the request with what stood twice in it.
    func written(_ gvk: GroupVersionKind) throws(APIStatus) -> (object: Object, context: RequestContext) {
        let body = try RequestBody.written(request)
        var context = context
        context.duplicateFields = body.duplicates
        return (try RequestBody.object(body.value, gvk: gvk), context)
    }
}

/// The parameters of the query, as the verbs' options.
extension Call {
    /// Throws `badRequest` for a selector or number that cannot be parsed.
    func listOptions() throws(APIStatus) -> ListOptions {
        var options = ListOptions()
        if let text = query["labelSelector"] { options.labelSelector = try Self.labelSelector(text) }
        if let text = query["fieldSelector"] { options.fieldSelector = try FieldSelector(parsing: text) }
        // The old watch form may name one object in the path.
        if route.verb == .watch, let name = route.name {
            options.fieldSelector.requirements.append(contentsOf: FieldSelector("metadata.name", equals: name).requirements)
        }
        // Negative is without limit, as in Kubernetes.
        options.limit = max(0, try query.integer("limit") ?? 0)
        options.continueToken = query["continue"] ?? ""
        options.resourceVersion = query["resourceVersion"] ?? ""
        options.resourceVersionMatch = query["resourceVersionMatch"] ?? ""
        options.allowWatchBookmarks = try query.bool("allowWatchBookmarks") ?? false
        options.sendInitialEvents = try query.bool("sendInitialEvents") ?? false
        if let seconds = try query.count("timeoutSeconds"), seconds > 0 { options.timeout = .seconds(seconds) }
        return options
    }

    /// The selector, of labels that there can be.
    private static func labelSelector(_ text: String) throws(APIStatus) -> LabelSelector {
        let selector = try LabelSelector(parsing: text)
        func check(_ text: String, _ format: Validation.NameFormat, _ place: String) throws(APIStatus) {
            let problems = format.problems(of: text)
            guard problems.isEmpty else {
                throw .badRequest("unable to parse requirement: \(place): Invalid value: \(JSON.string(text).text): \(problems.joined(separator: "; "))")
            }
        }
        for requirement in selector.requirements {
            try check(requirement.key, .labelKey, "key")
            for (index, value) in requirement.values.enumerated() { try check(value, .labelValue, "values[\(index)][\(requirement.key)]") }
        }
        return selector
    }

    /// Throws `invalid` for an unknown value of `dryRun` or `fieldValidation` and an overlong `fieldManager`.
    func writeOptions() throws(APIStatus) -> WriteOptions {
        let kind = route.verb == .create ? "CreateOptions" : route.verb == .patch ? "PatchOptions" : "UpdateOptions"
        var options = WriteOptions()
        options.isDryRun = try isDryRun(kind)
        options.fieldManager = query["fieldManager"] ?? ""
        guard options.fieldManager.utf8.count <= 128 else {
            throw Self.invalid(kind, "FieldValueTooLong", "fieldManager", "Too long: may not be more than 128 bytes")
        }
        guard options.fieldManager.unicodeScalars.allSatisfy({ !Self.unprintable.contains($0.properties.generalCategory) }) else {
            let value = JSON.string(options.fieldManager).text
            throw Self.invalid(kind, "FieldValueInvalid", "fieldManager", "Invalid value: \(value): should only contain printable characters")
        }
        options.force = try query.bool("force") ?? false
        if let text = query["fieldValidation"], !text.isEmpty {
            guard let validation = WriteOptions.FieldValidation(rawValue: text) else {
                throw Self.unsupported(kind, "fieldValidation", JSON.string(text).text, ["", "Ignore", "Strict", "Warn"])
            }
            options.fieldValidation = validation
        }
        return options
    }

    private static let unprintable: Set<Unicode.GeneralCategory> = [
        .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
    ]

    private static func invalid(_ kind: String, _ reason: String, _ field: String, _ message: String) -> APIStatus {
        .invalid(
            GroupVersionKind(group: "meta.k8s.io", version: "v1", kind: kind), name: "",
            [.init(reason: reason, message: message, field: field)])
    }

    private static func unsupported(_ kind: String, _ field: String, _ value: String, _ supported: [String]) -> APIStatus {
        let list = supported.map { JSON.string($0).text }.joined(separator: ", ")
        return invalid(kind, "FieldValueNotSupported", field, "Unsupported value: \(value): supported values: \(list)")
    }

    private func isDryRun(_ kind: String) throws(APIStatus) -> Bool { try Self.isDryRun(query.all("dryRun"), kind) }

    private static func isDryRun(_ values: [String], _ kind: String) throws(APIStatus) -> Bool {
        guard values.allSatisfy({ $0 == "All" || $0.isEmpty }) else { throw unsupported(kind, "dryRun", JSON(values).text, ["All"]) }
        return values.contains("All")
    }

    /// The options of the query, and of a `DeleteOptions` body, which counts more.
    func deleteOptions() throws(APIStatus) -> DeleteOptions {
        var options = DeleteOptions()
        options.isDryRun = try isDryRun("DeleteOptions")
        options.gracePeriodSeconds = try query.integer("gracePeriodSeconds")
        options.propagation = try Self.propagation(policy: query["propagationPolicy"], orphans: try query.bool("orphanDependents"))
        guard request.body.readableBytes > 0 else { return options }
        let body = try RequestBody.deleteOptions(request)
        let dryRun = (body["dryRun"]?.array ?? []).compactMap(\.string)
        options.isDryRun = try Self.isDryRun(dryRun, "DeleteOptions") || options.isDryRun
        // A pod takes a negative period for one second, as in Kubernetes.
        if let seconds = body["gracePeriodSeconds"]?.int { options.gracePeriodSeconds = Int(seconds) }
        let propagation = try Self.propagation(policy: body["propagationPolicy"]?.string, orphans: body["orphanDependents"]?.bool)
        options.propagation = propagation ?? options.propagation
        options.preconditionUID = body["preconditions", "uid"]?.string
        options.preconditionResourceVersion = body["preconditions", "resourceVersion"]?.string
        return options
    }

    /// nil where neither the policy nor its old form is given.
    private static func propagation(policy text: String?, orphans: Bool?) throws(APIStatus) -> DeleteOptions.Propagation? {
        guard let text else { return orphans.map { $0 ? .orphan : .background } }
        guard orphans == nil else {
            throw invalid(
                "DeleteOptions", "FieldValueInvalid", "propagationPolicy",
                "Invalid value: \(JSON.string(text).text): orphanDependents and deletionPropagation cannot be both set")
        }
        guard let policy = DeleteOptions.Propagation(rawValue: text) else {
            throw unsupported("DeleteOptions", "propagationPolicy", JSON.string(text).text, ["Background", "Foreground", "Orphan", "nil"])
        }
        return policy
    }
}
