/// One type's objects in order of namespace and name; a copy is O(1), a change after it O(√n).
///
/// Chunks of at most `chunkCountMax` references: a list walks arrays, a page begins with a binary
/// search, and a change beside a copy duplicates one chunk and the list of chunks, no object.
struct SortedVersions: Sendable {
    static let chunkCountMax = 128

    private var chunks: [[ObjectVersion]] = []
    private(set) var count = 0

    /// Where an object is or would be.
    struct Position {
        var chunk: Int
        var index: Int
    }

    private static func isBefore(_ version: ObjectVersion, _ namespace: String, _ name: String) -> Bool {
        version.namespace == namespace ? version.name < name : version.namespace < namespace
    }

    /// The first object at or after (namespace, name).
    func lowerBound(namespace: String, name: String) -> Position {
        var low = 0
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            if Self.isBefore(chunks[middle][chunks[middle].count - 1], namespace, name) { low = middle + 1 } else { high = middle }
        }
        guard low < chunks.count else { return Position(chunk: low, index: 0) }
        let chunk = low
        high = chunks[chunk].count
        low = 0
        while low < high {
            let middle = (low + high) / 2
            if Self.isBefore(chunks[chunk][middle], namespace, name) { low = middle + 1 } else { high = middle }
        }
        return Position(chunk: chunk, index: low)
    }

    private func holds(_ position: Position, _ namespace: String, _ name: String) -> Bool {
        guard position.chunk < chunks.count else { return false }
        let version = chunks[position.chunk][position.index]
        return version.name == name && version.namespace == namespace
    }

    func version(namespace: String, name: String) -> ObjectVersion? {
        let position = lowerBound(namespace: namespace, name: name)
        return holds(position, namespace, name) ? chunks[position.chunk][position.index] : nil
    }

    mutating func insert(_ version: ObjectVersion) {
        var position = lowerBound(namespace: version.namespace, name: version.name)
        if holds(position, version.namespace, version.name) {
            chunks[position.chunk][position.index] = version
            return
        }
        count += 1
        if position.chunk == chunks.count {
            // After the last object. A full last chunk stays full, so that loading in order packs.
            guard let last = chunks.last, last.count < Self.chunkCountMax else {
                chunks.append([version])
                return
            }
            position = Position(chunk: chunks.count - 1, index: last.count)
        }
        chunks[position.chunk].insert(version, at: position.index)
        if chunks[position.chunk].count > Self.chunkCountMax {
            let half = chunks[position.chunk].count / 2
            chunks.insert(Array(chunks[position.chunk][half...]), at: position.chunk + 1)
            chunks[position.chunk].removeSubrange(half...)
        }
    }

    mutating func remove(namespace: String, name: String) {
        let position = lowerBound(namespace: namespace, name: name)
        guard holds(position, namespace, name) else { return }
        count -= 1
        chunks[position.chunk].remove(at: position.index)
        let next = position.chunk + 1
        if chunks[position.chunk].isEmpty {
            chunks.remove(at: position.chunk)
        } else if next < chunks.count, chunks[position.chunk].count + chunks[next].count <= Self.chunkCountMax / 2 {
            chunks[position.chunk] += chunks[next]
            chunks.remove(at: next)
        }
    }

    /// Objects of one namespace, or (nil) of all, in order, beginning after `last`.
    func objects(in namespace: String?, after last: (namespace: String, name: String)? = nil) -> Objects {
        var start = Position(chunk: 0, index: 0)
        if let last {
            start = lowerBound(namespace: last.namespace, name: last.name)
            if holds(start, last.namespace, last.name) { start.index += 1 }
        } else if let namespace {
            start = lowerBound(namespace: namespace, name: "")
        }
        return Objects(chunks: chunks, position: start, namespace: namespace)
    }

    struct Objects: Sequence, IteratorProtocol {
        fileprivate let chunks: [[ObjectVersion]]
        fileprivate var position: Position
        fileprivate let namespace: String?

        mutating func next() -> ObjectVersion? {
            while position.chunk < chunks.count {
                if position.index < chunks[position.chunk].count {
                    let version = chunks[position.chunk][position.index]
                    position.index += 1
                    if let namespace, version.namespace != namespace { return nil }
                    return version
                }
                position = Position(chunk: position.chunk + 1, index: 0)
            }
            return nil
        }
    }
}
