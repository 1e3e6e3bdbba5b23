/// The files that a build may read, by paths from the repository's root. Nothing outside can be named.
struct SourceTree {
    enum Entry {
        case file([UInt8])
        case directory
    }

    /// Files and directories of one build.
    static let readsMax = 20_000

    /// nil for what is not there; throws for what may not be followed.
    let read: (_ path: String) throws -> Entry?

    /// `base/../x` from `directory`; nil when it leaves the repository.
    static func resolve(_ path: String, from directory: String) -> String? {
        var parts = directory.split(separator: "/").map(String.init)
        for part in path.split(separator: "/") {
            switch part {
            case ".": continue
            case "..":
                if parts.isEmpty { return nil }
                parts.removeLast()
            default: parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }

    /// Whether a path names something that would have to be fetched.
    static func isRemote(_ path: String) -> Bool {
        if path.contains("://") || path.hasPrefix("git@") || path.hasPrefix("github.com/") || path.hasPrefix("git::") {
            return true
        }
        return path.contains("?ref=") || path.hasSuffix(".git") || path.contains(".git/") || path.contains("_git/")
    }

    static func isInside(_ path: String, _ directory: String) -> Bool {
        directory.isEmpty || path == directory || path.hasPrefix(directory + "/")
    }
}

/// A directory of a build, with those that led to it.
struct BuildRoot {
    let directory: String
    let visited: [String]
    let tree: SourceTree
    let budget: BuildBudget

    /// A file in or below this directory, as kustomize demands.
    func load(_ path: String, at place: Place) throws -> (bytes: [UInt8], path: String) {
        let resolved = try resolve(path, at: place)
        guard SourceTree.isInside(resolved, directory) else {
            throw KustomizeFailure(
                "\"\(path)\" is not in or below \(shown), where a kustomization may read files; move it, or name its directory as a resource with a kustomization of its own",
                at: place)
        }
        let entry: SourceTree.Entry? = try KustomizeFailure.locate(place) { try tree.read(resolved) }
        switch entry {
        case .file(let bytes)?:
            try KustomizeFailure.locate(place) { try budget.spend(bytes.count) }
            return (bytes, resolved)
        case .directory?: throw KustomizeFailure("\"\(path)\" is a directory; name a file", at: place)
        case nil:
            throw KustomizeFailure(
                "\"\(path)\" is not in the repository (looked for \(resolved)); add it, or correct the path", at: place)
        }
    }

    func entry(_ path: String, at place: Place) throws -> (entry: SourceTree.Entry, path: String) {
        let resolved = try resolve(path, at: place)
        let entry: SourceTree.Entry? = try KustomizeFailure.locate(place) { try tree.read(resolved) }
        guard let entry else {
            throw KustomizeFailure(
                "\"\(path)\" is not in the repository (looked for \(resolved)); add it, or correct the path", at: place)
        }
        return (entry, resolved)
    }

    func child(_ path: String, resolved: String, at place: Place) throws -> BuildRoot {
        if let cycle = ([directory] + visited).first(where: { SourceTree.isInside($0, resolved) }) {
            throw KustomizeFailure(
                "\"\(path)\" leads back to \(resolved.isEmpty ? "the root" : resolved), which is or holds \(cycle.isEmpty ? "the root" : cycle), from where it is named: a cycle; remove one of the references",
                at: place)
        }
        guard visited.count < Kustomization.depthMax else {
            throw KustomizeFailure(
                "more than \(Kustomization.depthMax) kustomizations name one another; name them from fewer levels", at: place)
        }
        try budget.enter(at: place)
        return BuildRoot(directory: resolved, visited: visited + [directory], tree: tree, budget: budget)
    }

    private func resolve(_ path: String, at place: Place) throws -> String {
        if path.isEmpty { throw KustomizeFailure("the path is empty; name a file or directory", at: place) }
        if SourceTree.isRemote(path) {
            throw KustomizeFailure(
                "\"\(path)\" is not in this repository, and nothing is fetched from elsewhere: commit a copy and name its path",
                at: place)
        }
        if path.hasPrefix("/") { throw KustomizeFailure("\"\(path)\" is absolute; write it relative to \(shown)", at: place) }
        guard let resolved = SourceTree.resolve(path, from: directory) else {
            throw KustomizeFailure("\"\(path)\" leaves the repository; move what it names into it", at: place)
        }
        return resolved
    }

    private var shown: String { directory.isEmpty ? "the root" : directory }
}
