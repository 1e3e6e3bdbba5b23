import APIMachinery

/// What was made of a commit, and what it looked at for it: of another commit in which all of that is the same, the same is made.
struct Rendering: Sendable {
    var footprint: RenderFootprint
    /// Not in the commit, and needed by its objects.
    var namespaces: Set<String>
    let objects: [RenderedObject]
    /// Which of the objects come from which file, in order.
    let parts: [Part]
    /// Kinds and namespaces that its own files make.
    let definitions: [ResourceType]
    let made: Set<String>
    var warnings: [String]

    struct Part: Sendable {
        var source: TreeWalk.Found.Source
        var objects: Range<Int>
    }

    /// What it counts for in the cache.
    var count: Int { max(1, objects.count) }
}

/// What a rendering depends on beside the commit.
struct RenderInputs: Sendable, Hashable {
    var path: String
    var substitution: Substitution?
    /// See `TreeReader`.
    var submodules: [ObjectID: ObjectID]?
    var destination: String
    /// Namespaces that will be there.
    var coming: Set<String> = []
    var types: [ResourceType]

    func hash(into hasher: inout Hasher) {
        hasher.combine(path)
        hasher.combine(substitution)
        hasher.combine(destination)
    }
}

/// What of a commit's tree a rendering looked at.
struct RenderFootprint: Sendable, Hashable {
    /// What stood at each path from the root; nil for nothing.
    private(set) var entries: [String: ObjectID?] = [:]

    mutating func add(_ path: String, _ id: ObjectID?) { entries[path] = .some(id) }

    /// Whether it is the whole of a tree: then nothing need be read to know that it is the same.
    func isWhole(_ tree: ObjectID) -> Bool { entries.count == 1 && entries[""] == .some(tree) }

    /// Whether all of that is the same in another tree.
    func isSame(in reader: TreeReader, _ repository: borrowing OpenRepository) throws(GitError) -> Bool {
        for (path, id) in entries {
            guard try KustomizedDirectory.entry(path, reader, in: repository)?.id == id else { return false }
        }
        return true
    }
}
