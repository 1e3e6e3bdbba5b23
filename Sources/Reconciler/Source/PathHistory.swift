import APIMachinery
import Clibgit2

/// The commits that made a directory what it is: newest first, first parents only.
struct PathHistory: Sendable {
    /// Those in which something there changed; the first is what stands there now.
    var commits: [Commit] = []
    /// False when it goes back further than was looked.
    var isComplete = true
}

extension OpenRepository {
    /// Commits looked at, whether they change the path or not.
    private static let commitsMax = 10_000

    /// The history of `path` (`.` for the root) up to `id`.
    ///
    /// A directory that reads other ones (by symlinks, or by a kustomization's bases) changes with the whole
    /// repository: then every commit counts, and the caller sees what came of it.
    func history(of path: String, from id: ObjectID, max: Int) throws(GitError) -> PathHistory {
        var history = PathHistory()
        var commit = try commit(id)
        let isWhole = try readsOthers(path, in: commit.tree)
        func state(_ commit: Commit) throws(GitError) -> ObjectID? { isWhole ? commit.tree : try entry(path, in: commit.tree) }
        var current = try state(commit)
        for _ in 0..<Self.commitsMax {
            guard let parentID = commit.parents.first else {
                if history.commits.count < max { history.commits.append(commit) } else { history.isComplete = false }
                return history
            }
            let parent: Commit
            do throws(GitError) { parent = try self.commit(parentID) } catch {
                // A shallow clone ends here.
                history.commits.append(commit)
                history.isComplete = false
                return history
            }
            let before = try state(parent)
            if before != current {
                guard history.commits.count < max else {
                    history.isComplete = false
                    return history
                }
                history.commits.append(commit)
            }
            (commit, current) = (parent, before)
        }
        history.commits.append(commit)
        history.isComplete = false
        return history
    }

    /// What stands at a path of a tree; nil when nothing does.
    private func entry(_ path: String, in tree: ObjectID) throws(GitError) -> ObjectID? {
        guard path != "." else { return tree }
        let root = try lookup(tree: tree)
        var entry: OpaquePointer?
        let code = git_tree_entry_bypath(&entry, root.pointer, path)
        defer { git_tree_entry_free(entry) }
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try Libgit2.check("\(path) in \(self.path)") { code }
        return ObjectID(git_tree_entry_id(entry).pointee)
    }

    private func readsOthers(_ path: String, in root: ObjectID) throws(GitError) -> Bool {
        guard path != "." else { return false }
        // Behind a symlink, or one file.
        guard let id = try entry(path, in: root), let entries = try? tree(id) else { return true }
        return try readsOthers(entries, depth: 0)
    }

    private func readsOthers(_ entries: [TreeEntry], depth: Int) throws(GitError) -> Bool {
        guard depth < TreeWalk.depthMax else { return false }
        for entry in entries where !entry.name.hasPrefix(".") {
            switch entry.kind {
            case .symlink: return true
            case .file: if KustomizationFile.names.contains(entry.name) { return true }
            case .tree: if try readsOthers(try tree(entry.id), depth: depth + 1) { return true }
            case .submodule: break
            }
        }
        return false
    }
}
