import APIMachinery

extension ResourceClientContract {
    /// Reads events until `count` have come, bookmarks apart.
    private static func take(_ count: Int, from stream: WatchStream) async throws -> [String] {
        var seen: [String] = []
        for try await event in stream {
            switch event {
            case .added(let object): seen.append("added \(object.name)")
            case .modified(let object): seen.append("modified \(object.name)")
            case .deleted(let object): seen.append("deleted \(object.name)")
            case .bookmark: continue
            }
            if seen.count == count { break }
        }
        return seen
    }

    static let watches: [ResourceClientContract] = [
        .init(name: "a watch from a version delivers every change after it, in order, once") { client in
            let namespace = try await namespace(client, "watch")
            _ = try await client.create(.configMaps, configMap(namespace, "before"))
            var options = ListOptions()
            options.resourceVersion = try await client.list(.configMaps, namespace: namespace).resourceVersion
            _ = try await client.create(.configMaps, configMap(namespace, "between"))
            let stream = try await client.watch(.configMaps, namespace: namespace, options: options)
            let key = ObjectKey(.configMaps, namespace: namespace, name: "after")
            _ = try await client.create(.configMaps, configMap(namespace, "after"))
            _ = try await client.patch(key, .merge(["data": ["a": "1"]]))
            try await client.delete(key)
            let seen = try await take(4, from: stream)
            try expect(seen == ["added between", "added after", "modified after", "deleted after"], "the events were \(seen)")
        },
        .init(name: "a watch without a version begins with what is there") { client in
            let namespace = try await namespace(client, "initial")
            for name in ["a", "b"] { _ = try await client.create(.configMaps, configMap(namespace, name)) }
            let stream = try await client.watch(.configMaps, namespace: namespace, options: ListOptions())
            _ = try await client.create(.configMaps, configMap(namespace, "c"))
            let seen = try await take(3, from: stream)
            try expect(seen == ["added a", "added b", "added c"], "the events were \(seen)")
        },
        .init(name: "initial events end with a bookmark when it is asked for") { client in
            let namespace = try await namespace(client, "bookmark")
            _ = try await client.create(.configMaps, configMap(namespace, "a"))
            var options = ListOptions()
            options.sendInitialEvents = true
            options.resourceVersionMatch = "NotOlderThan"
            options.allowWatchBookmarks = true
            var isEnded = false
            var count = 0
            for try await event in try await client.watch(.configMaps, namespace: namespace, options: options) {
                count += 1
                if case .bookmark(let version, let ends) = event {
                    isEnded = ends
                    try expect(UInt64(version) ?? 0 > 0, "the bookmark is at \(version)")
                    break
                }
            }
            try expect(isEnded && count == 2, "after \(count) events the initial list was not marked complete")
        },
        .init(name: "an object that enters a selector is added, one that leaves it is deleted") { client in
            let namespace = try await namespace(client, "select")
            var options = ListOptions()
            options.resourceVersion = try await client.list(.configMaps, namespace: namespace).resourceVersion
            options.labelSelector = LabelSelector(matchLabels: ["tier": "front"])
            let stream = try await client.watch(.configMaps, namespace: namespace, options: options)
            let key = ObjectKey(.configMaps, namespace: namespace, name: "one")
            _ = try await client.create(.configMaps, configMap(namespace, "one"))
            _ = try await client.patch(key, .merge(["metadata": ["labels": ["tier": "front"]]]))
            _ = try await client.patch(key, .merge(["data": ["a": "1"]]))
            _ = try await client.patch(key, .merge(["metadata": ["labels": ["tier": "back"]]]))
            _ = try await client.create(.configMaps, configMap(namespace, "two", labels: ["tier": "front"]))
            let seen = try await take(4, from: stream)
            try expect(seen == ["added one", "modified one", "deleted one", "added two"], "the events were \(seen)")
        },
        .init(name: "a watch ends at its timeout") { client in
            var options = ListOptions()
            options.timeout = .seconds(1)
            options.resourceVersion = try await client.list(.secrets, namespace: "default").resourceVersion
            options.fieldSelector = FieldSelector("metadata.name", equals: "is-not-there")
            for try await _ in try await client.watch(.secrets, namespace: "default", options: options) {}
        },
        .init(name: "a cancelled watch ends") { client in
            var options = ListOptions()
            options.resourceVersion = try await client.list(.secrets, namespace: "default").resourceVersion
            options.fieldSelector = FieldSelector("metadata.name", equals: "is-not-there")
            let stream = try await client.watch(.secrets, namespace: "default", options: options)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    // Whether it ends quietly or with an error is left open; that it ends is promised.
                    do { for try await _ in stream {} } catch {}
                }
                group.cancelAll()
                await group.waitForAll()
            }
        },
    ]
}
