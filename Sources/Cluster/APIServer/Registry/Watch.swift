import APIMachinery

extension Registry {
    /// The changes after `options.resourceVersion`; without one (or with "0") first the present
    /// objects, as added.
    ///
    /// Throws `expired` when the version is older than the history; the client then lists again.
    package func watch(
        _ type: ResourceType, namespace: String?, options: ListOptions, context: RequestContext
    ) throws(APIStatus) -> Watch {
        try Self.checkMatch(options, isWatch: true)
        guard type.isStored else { throw unstored(type) }
        if let conversion = conversion(of: type) {
            var options = options
            options.fieldSelector = conversion.stored(options.fieldSelector)
            return try watch(conversion.stored, namespace: namespace, options: options, context: context).map(conversion.served)
        }
        try FieldSelectors.check(options.fieldSelector, type, custom: kinds.selectableFields(type))
        let revision = try Self.revision(options.resourceVersion)
        let filter = VersionFilter(namespace: namespace, labels: options.labelSelector, fields: options.fieldSelector)
        let sendsInitial = options.sendInitialEvents || revision == 0
        if sendsInitial { try checkVersionIsReached(options) }
        let watch = try store.watch(
            type, filter: filter, after: sendsInitial ? nil : revision, deadline: options.timeout.map { clock.now + $0 },
            wantsBookmarks: options.allowWatchBookmarks, marksEndOfInitial: options.sendInitialEvents && options.allowWatchBookmarks)
        guard kinds.custom(type) != nil else { return watch }
        return watch.map { event in self.upToDate(event, type) }
    }
}
