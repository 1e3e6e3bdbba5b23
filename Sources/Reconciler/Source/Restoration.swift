import APIMachinery
import Clibgit2

/// A commit that brings a directory back to how it was in an earlier one.
package struct Restoration: Sendable {
    /// Who made a commit, as git writes it.
    package struct Author: Sendable, Hashable {
        package var name: String
        package var email: String

        package init(name: String, email: String) {
            self.name = name
            self.email = email
        }
    }

    /// `.` for the whole tree.
    var path: String
    var source: ObjectID
    var tip: ObjectID
    var message: String
    var author: Author
    var time: Timestamp
}

extension OpenRepository {
    /// Stores the commit, which no ref names yet. The tip itself when nothing would differ.
    func commit(_ restoration: Restoration) throws(GitError) -> ObjectID {
        let tip = try lookup(commit: restoration.tip)
        let source = try lookup(commit: restoration.source)
        let current = try treeOf(tip)
        let restored = try restored(restoration.path, from: try treeOf(source), in: current)
        guard restored != ObjectID(git_tree_id(current.pointer).pointee) else { return restoration.tip }
        let tree = try lookup(tree: restored)
        var signature: UnsafeMutablePointer<git_signature>?
        try Libgit2.check("the author \(restoration.author.name) <\(restoration.author.email)>") {
            git_signature_new(&signature, restoration.author.name, restoration.author.email, restoration.time.nanoseconds / 1_000_000_000, 0)
        }
        defer { git_signature_free(signature) }
        var id = git_oid()
        var parents: [OpaquePointer?] = [tip.pointer]
        try Libgit2.check("a commit in \(path)") {
            git_commit_create(&id, handle.pointer, nil, signature, signature, nil, restoration.message, tree.pointer, 1, &parents)
        }
        return ObjectID(id)
    }

    /// The tree of `current` with `path` as `source` has it.
    private func restored(_ path: String, from source: borrowing TreeHandle, in current: borrowing TreeHandle) throws(GitError) -> ObjectID {
        guard path != "." else { return ObjectID(git_tree_id(source.pointer).pointee) }
        var update = git_tree_update()
        var entry: OpaquePointer?
        let code = git_tree_entry_bypath(&entry, source.pointer, path)
        defer { git_tree_entry_free(entry) }
        if code == GIT_ENOTFOUND.rawValue {
            update.action = GIT_TREE_UPDATE_REMOVE
        } else {
            try Libgit2.check("\(path) in \(self.path)") { code }
            update.action = GIT_TREE_UPDATE_UPSERT
            update.id = git_tree_entry_id(entry).pointee
            update.filemode = git_tree_entry_filemode(entry)
        }
        var id = git_oid()
        let updated = path.withCString { name in
            update.path = name
            return git_tree_create_updated(&id, handle.pointer, current.pointer, 1, &update)
        }
        try Libgit2.check("a tree in \(self.path)") { updated }
        return ObjectID(id)
    }

    /// Moves a branch from `old` to `new`. Throws when it has moved meanwhile.
    func moveBranch(_ name: String, from old: ObjectID, to new: ObjectID, because reason: String) throws(GitError) {
        var (old, new) = (old.oid, new.oid)
        var reference: OpaquePointer?
        let code = git_reference_create_matching(&reference, handle.pointer, "refs/heads/\(name)", &new, 1, &old, reason)
        defer { git_reference_free(reference) }
        guard code != GIT_EMODIFIED.rawValue else {
            throw GitError(.invalid, "the branch \(name) of \(path) has moved meanwhile", remedy: "look at `gitctl history`, and try again")
        }
        try Libgit2.check("moving \(name) of \(path)") { code }
    }

    private func lookup(commit id: ObjectID) throws(GitError) -> CommitHandle {
        try verify(id, "commit in \(path)")
        var oid = id.oid
        return CommitHandle(pointer: try Libgit2.object("commit \(id) in \(path)") { git_commit_lookup(&$0, handle.pointer, &oid) })
    }

    private func treeOf(_ commit: borrowing CommitHandle) throws(GitError) -> TreeHandle {
        TreeHandle(pointer: try Libgit2.object("a tree in \(path)") { git_commit_tree(&$0, commit.pointer) })
    }
}
