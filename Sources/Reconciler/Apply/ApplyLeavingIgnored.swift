import APIMachinery

extension Applier {
    /// Server-side apply of an object of which others own a part: what is stated depends on the object
    /// as it is, so it is read, and the write hits just that object or is made again.
    func applyLeavingIgnored(_ rendered: RenderedObject, application: Application) async throws -> Object {
        try await retrying(rendered.key) { () throws(APIStatus) in
            let live = try await read(rendered.key)
            var (wanted, isPinned) = rendered.wanted(by: application, over: live)
            if let live, !live.isDeleting {
                // Deleted and made anew in between it would lack what was left out.
                wanted.uid = live.uid
                if isPinned { wanted.resourceVersion = live.resourceVersion }
            }
            return try await client.patch(rendered.key, .apply(wanted.json), subresource: nil, options: Self.options)
        }
    }

    private func read(_ key: ObjectKey) async throws(APIStatus) -> Object? {
        do throws(APIStatus) { return try await client.get(key) } catch {
            if error.reason == .notFound { return nil }
            throw error
        }
    }
}
