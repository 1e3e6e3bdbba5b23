import APIMachinery

extension Registry {
    /// Deletions of one collection at a time.
    private static let deletionsMax = 256

    /// Deletes everything that `list` selects; the answer is what was selected.
    ///
    /// Not atomic, as in Kubernetes: objects that appear meanwhile stay, ones that vanish are no error.
    package func deleteCollection(
        _ type: ResourceType, namespace: String?, list: ListOptions, options: DeleteOptions, context: RequestContext
    ) async throws(APIStatus) -> VersionList {
        guard type.isStored else { throw unstored(type) }
        let selected = try self.list(type, namespace: namespace, options: list, context: context)
        var rest = selected.items[...]
        let failures = await withTaskGroup(of: APIStatus?.self) { group in
            var failures: [APIStatus] = []
            // Side by side, so that the deletions share the disk's commits.
            for version in rest.prefix(Self.deletionsMax) { group.addTask { await self.failure(deleting: version, type, options, context) } }
            rest = rest.dropFirst(Self.deletionsMax)
            while let result = await group.next() {
                if let failure = result { failures.append(failure) }
                if let version = rest.popFirst() { group.addTask { await self.failure(deleting: version, type, options, context) } }
            }
            return failures
        }
        if let failure = failures.first { throw failure }
        return selected
    }

    /// Why the object could not be deleted; nil when it could or was gone.
    private func failure(
        deleting version: ObjectVersion, _ type: ResourceType, _ options: DeleteOptions, _ context: RequestContext
    ) async -> APIStatus? {
        let key = ObjectKey(type, namespace: type.isNamespaced ? version.namespace : nil, name: version.name)
        do throws(APIStatus) { _ = try await delete(key, options: options, context: context) } catch {
            return error.reason == .notFound ? nil : error
        }
        return nil
    }
}
