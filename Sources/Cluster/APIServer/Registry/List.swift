import APIMachinery

extension Registry {
    /// The matching objects of a consistent snapshot, in order of namespace and name; or one page of them.
    ///
    /// Throws `expired` when a continued list's snapshot is out of history's reach; the status then
    /// carries a token that continues on the newest state.
    package func list(
        _ type: ResourceType, namespace: String?, options: ListOptions, context: RequestContext
    ) throws(APIStatus) -> VersionList {
        try Self.checkMatch(options, isWatch: false)
        guard type.isStored else { return try computedList(type, namespace: namespace, options: options) }
        if let conversion = conversion(of: type) {
            var options = options
            options.fieldSelector = conversion.stored(options.fieldSelector)
            var list = try list(conversion.stored, namespace: namespace, options: options, context: context)
            list.items = list.items.map(conversion.served)
            return list
        }
        try FieldSelectors.check(options.fieldSelector, type, custom: kinds.selectableFields(type))
        let filter = VersionFilter(namespace: namespace, labels: options.labelSelector, fields: options.fieldSelector)
        let (snapshot, last) = try self.snapshot(type, options)
        if let name = filter.name, let space = type.isNamespaced ? filter.namespace : "" {
            let version = snapshot.versions.version(namespace: space, name: name)
            let items = version.map { filter.matches($0) ? [upToDate($0, type)] : [] } ?? []
            return VersionList(items: items, resourceVersion: String(snapshot.revision), continueToken: "")
        }
        var list = Self.page(snapshot, filter, after: last, limit: options.limit)
        if kinds.custom(type) != nil { list.items = list.items.map { upToDate($0, type) } }
        return list
    }

    private static func page(
        _ snapshot: Store.Snapshot, _ filter: VersionFilter, after last: (namespace: String, name: String)?, limit: Int
    ) -> VersionList {
        var list = VersionList(items: [], resourceVersion: String(snapshot.revision), continueToken: "")
        if filter.selectsAll, filter.namespace == nil, limit == 0 { list.items.reserveCapacity(snapshot.versions.count) }
        var rest = snapshot.versions.objects(in: filter.namespace, after: last)
        while let version = rest.next() {
            guard filter.matches(version) else { continue }
            if limit > 0, list.items.count == limit, let final = list.items.last {
                list.continueToken = ContinueToken(revision: snapshot.revision, namespace: final.namespace, name: final.name).text
                // Counted only where counting needs no look at each object's content, as in Kubernetes.
                if filter.selectsAll { list.remainingItemCount = 1 + rest.reduce(0) { count, _ in count + 1 } }
                break
            }
            list.items.append(version)
        }
        return list
    }

    private func snapshot(
        _ type: ResourceType, _ options: ListOptions
    ) throws(APIStatus) -> (Store.Snapshot, last: (namespace: String, name: String)?) {
        let resource = type.groupResource
        if !options.continueToken.isEmpty {
            guard let token = ContinueToken(options.continueToken) else { throw .badRequest("continue key is not valid: \(options.continueToken.prefix(64))") }
            guard options.resourceVersion.isEmpty || options.resourceVersion == "0" else {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
            guard let revision = token.revision else { return (store.snapshot(resource), (token.namespace, token.name)) }
            guard let snapshot = store.snapshot(resource, at: revision) else { throw token.expired }
            return (snapshot, (token.namespace, token.name))
        }
        try checkVersionIsReached(options)
        guard options.resourceVersionMatch == "Exact" else { return (store.snapshot(resource), nil) }
        let revision = try Self.revision(options.resourceVersion)
        guard let snapshot = store.snapshot(resource, at: revision) else { throw .expired("The resourceVersion for the provided list is too old.") }
        return (snapshot, nil)
    }

    /// The rules between resourceVersion, resourceVersionMatch and sendInitialEvents.
    static func checkMatch(_ options: ListOptions, isWatch: Bool) throws(APIStatus) {
        let match = options.resourceVersionMatch
        var problems: [APIStatus.Cause] = []
        func forbidden(_ field: String, _ detail: String) {
            problems.append(.init(reason: "FieldValueForbidden", message: "Forbidden: \(detail)", field: field))
        }
        if options.sendInitialEvents {
            if !isWatch { forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list") }
            if match != "NotOlderThan" {
                forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
            }
        } else if !match.isEmpty {
            if isWatch { forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided") }
            if options.resourceVersion.isEmpty { forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided") }
            if !options.continueToken.isEmpty { forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided") }
            if match != "Exact", match != "NotOlderThan" {
                problems.append(
                    .init(
                        reason: "FieldValueNotSupported", message: "Unsupported value: \(JSON.string(match).text): supported values: \"Exact\", \"NotOlderThan\"",
                        field: "resourceVersionMatch"))
            }
            if match == "Exact", options.resourceVersion == "0" {
                forbidden("resourceVersionMatch", "resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"")
            }
        }
        if !problems.isEmpty {
            throw .invalid(GroupVersionKind(group: "meta.k8s.io", version: "v1", kind: "ListOptions"), name: "", problems)
        }
    }
}

/// Where a list goes on: behind an object, on the snapshot of a revision, or (nil) on the newest state.
struct ContinueToken {
    var revision: UInt64?
    var namespace: String
    var name: String

    init(revision: UInt64?, namespace: String, name: String) {
        self.revision = revision
        self.namespace = namespace
        self.name = name
    }

    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, !parts[2].isEmpty else { return nil }
        if parts[0] != "latest" {
            guard let number = UInt64(parts[0]) else { return nil }
            revision = number
        }
        namespace = parts[1]
        name = parts[2]
    }

    /// Safe in a URL: names hold neither colons nor what a query would escape.
    var text: String { "\(revision.map { String($0) } ?? "latest"):\(namespace):\(name)" }

    var expired: APIStatus {
        var status = APIStatus.expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue "
                + "parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided "
                + "token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was "
                + "returned and now may show up in the list.")
        status.continueToken = ContinueToken(revision: nil, namespace: namespace, name: name).text
        return status
    }
}
