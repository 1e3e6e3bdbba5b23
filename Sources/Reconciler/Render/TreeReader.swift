/// The trees of a commit by their id, with those of its submodules in their places. Used on the git thread.
struct TreeReader: Sendable {
    let root: ObjectID
    /// The root tree of each submodule by the commit that its entry pins; nil where submodules are not read.
    let submodules: [ObjectID: ObjectID]?
    let cache: RenderCache

    func entries(_ id: ObjectID, in repository: borrowing OpenRepository) throws(GitError) -> [TreeEntry] {
        let entries = try stored(id, in: repository)
        guard let submodules, !submodules.isEmpty, entries.contains(where: { $0.kind == .submodule }) else { return entries }
        return entries.map { entry in
            guard entry.kind == .submodule, let tree = submodules[entry.id] else { return entry }
            return TreeEntry(name: entry.name, kind: .tree, id: tree)
        }
    }

    /// What of a directory is not left out, and the rules for what is below: the outer ones and its own.
    func entries(
        _ id: ObjectID, at path: [String], ignoring outer: [IgnoreFile], in repository: borrowing OpenRepository
    ) throws(GitError) -> (entries: [TreeEntry], ignores: [IgnoreFile]) {
        var entries = try entries(id, in: repository)
        var ignores = outer
        if let file = try ignoreFile(entries, depth: path.count, in: repository) { ignores.append(file) }
        if !ignores.isEmpty {
            entries.removeAll { ignores.ignores(path + [$0.name], isDirectory: $0.kind == .tree || $0.kind == .submodule) }
        }
        return (entries, ignores)
    }

    /// The rules of the directories on the way to a path without symlinks, the root's first.
    func ignores(above path: [String], in repository: borrowing OpenRepository) throws(GitError) -> [IgnoreFile] {
        var files: [IgnoreFile] = []
        var tree = root
        for (depth, name) in path.enumerated() {
            let entries = try entries(tree, in: repository)
            if let file = try ignoreFile(entries, depth: depth, in: repository) { files.append(file) }
            guard let next = entries.first(where: { $0.name == name && $0.kind == .tree }) else { break }
            tree = next.id
        }
        return files
    }

    private func ignoreFile(_ entries: [TreeEntry], depth: Int, in repository: borrowing OpenRepository) throws(GitError)
        -> IgnoreFile?
    {
        guard let entry = entries.first(where: { $0.name == IgnoreFile.name && $0.kind == .file }) else { return nil }
        return IgnoreFile(parsing: try repository.blob(entry.id, sizeMax: IgnoreFile.sizeMax, name: IgnoreFile.name), depth: depth)
    }

    /// What to do about a submodule that is not read; after "a submodule, ".
    var submoduleAdvice: String {
        submodules == nil
            ? "which is read with spec.source.submodules: true"
            : "for which .gitmodules names no URL; add it there (git submodule add), or remove it"
    }

    private func stored(_ id: ObjectID, in repository: borrowing OpenRepository) throws(GitError) -> [TreeEntry] {
        if let cached = cache.tree(id) { return cached }
        let entries = try repository.tree(id)
        cache.store(id, entries)
        return entries
    }
}
