/// `transform` of each item, at most `limit` at a time; results in the items' order. The first
/// error cancels the rest.
package func concurrentMap<Item: Sendable, Value: Sendable>(
    _ items: [Item], limit: Int, _ transform: @escaping @Sendable (Item) async throws -> Value
) async throws -> [Value] {
    var results = [Value?](repeating: nil, count: items.count)
    try await withThrowingTaskGroup(of: (Int, Value).self) { group in
        var next = 0
        func start() {
            guard next < items.count else { return }
            let (index, item) = (next, items[next])
            group.addTask { (index, try await transform(item)) }
            next += 1
        }
        for _ in 0..<min(limit, items.count) { start() }
        while let (index, value) = try await group.next() {
            results[index] = value
            start()
        }
    }
    return results.compactMap { $0 }
}
