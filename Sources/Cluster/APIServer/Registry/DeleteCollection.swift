import APIMachinery

extension Registry {
    /// Deletes everything that `list` selects; the answer is what was selected.
    ///
    /// Not atomic, as in Kubernetes: objects that appear meanwhile stay, ones that vanish are no error.
    package func deleteCollection(
        _ type: ResourceType, namespace: String?, list: ListOptions, options: DeleteOptions, context: RequestContext
    ) async throws(APIStatus) -> VersionList {
        let selected = try self.list(type, namespace: namespace, options: list, context: context)
        // Side by side, so that the deletions share the disk's commits.
        let results = await withTaskGroup(of: APIStatus?.self) { group in
            for version in selected.items {
                let key = ObjectKey(type, namespace: type.isNamespaced ? version.namespace : nil, name: version.name)
                group.addTask {
                    do throws(APIStatus) { _ = try await self.delete(key, options: options, context: context) } catch { return error }
                    return nil
                }
            }
            return await group.reduce(into: [APIStatus?]()) { $0.append($1) }
        }
        if let failure = results.compactMap({ $0 }).first(where: { $0.reason != .notFound }) { throw failure }
        return selected
    }
}
