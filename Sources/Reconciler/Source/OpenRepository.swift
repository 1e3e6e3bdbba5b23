import APIMachinery
import Clibgit2

/// An open repository: libgit2's calls as Swift values. Stays on the thread that opened it.
struct OpenRepository: ~Copyable {
    /// Longest chain of tags of tags.
    private static let tagsMax = 8

    let handle: RepositoryHandle
    let path: String
    /// Where its own objects are.
    let objectsDirectory: String
    /// Its own files: the path itself of a bare repository, else `.git`.
    let directory: String
    private let objectDirectories: [String]

    private init(_ pointer: OpaquePointer, path: String, alternates: [String]) {
        handle = RepositoryHandle(pointer: pointer)
        self.path = path
        let common = git_repository_commondir(pointer).map { String(cString: $0) } ?? path + "/"
        directory = String(common.dropLast())
        objectsDirectory = common + "objects"
        objectDirectories = [objectsDirectory] + alternates
    }

    /// - Parameter alternates: directories whose objects are read too.
    static func open(path: String, alternates: [String]) throws(GitError) -> OpenRepository {
        let pointer: OpaquePointer
        do throws(GitError) {
            pointer = try Libgit2.object("repository \(path)") { git_repository_open(&$0, path) }
        } catch {
            throw openError(error, path: path)
        }
        let repository = OpenRepository(pointer, path: path, alternates: alternates)
        for objects in alternates { try repository.addAlternate(objects) }
        return repository
    }

    private func addAlternate(_ objects: String) throws(GitError) {
        let database = try database()
        try Libgit2.check("the objects in \(objects)") { git_odb_add_disk_alternate(database.pointer, objects) }
    }

    private static func openError(_ error: GitError, path: String) -> GitError {
        // libgit2 says "not found" for a missing directory and for one that is no repository alike.
        guard error.reason == .corrupt else { return error }
        return GitError(
            .noRepository, "\(path) is not a git repository, or its HEAD, config or refs cannot be read",
            remedy: "check the path, and with `git -C \(path) fsck` the repository")
    }

    private func database() throws(GitError) -> ObjectDatabaseHandle {
        ObjectDatabaseHandle(pointer: try Libgit2.object("object database of \(path)") { git_repository_odb(&$0, handle.pointer) })
    }

    // MARK: Revisions

    /// The id of the commit that `revision` names. See `Repository.commit(at:)`.
    func resolve(_ revision: String?) throws(GitError) -> ObjectID {
        guard let revision, revision != "HEAD", !revision.isEmpty else { return try resolveHead() }
        // Branches before tags before anything else, so that a name means one thing on every machine.
        for name in ["refs/heads/\(revision)", "refs/tags/\(revision)", revision] {
            if let id = try target(ofReference: name) { return id }
        }
        if let id = ObjectID(revision) { return try resolve(id: id) }
        var object: OpaquePointer?
        guard git_revparse_single(&object, handle.pointer, revision) == 0, let object else {
            let isEmpty = try branches(limit: 1).isEmpty
            throw GitError(
                isEmpty ? .noCommit : .noRevision, "\(path) has no branch, tag or commit \"\(revision)\"", remedy: try branchesRemedy())
        }
        let found = ObjectHandle(pointer: object)
        return try peel(ObjectID(git_object_id(found.pointer).pointee), revision)
    }

    private func resolve(id: ObjectID) throws(GitError) -> ObjectID {
        try verify(id, "commit \(id) of \(path)")
        let database = try database()
        var oid = id.oid
        guard git_odb_exists(database.pointer, &oid) == 1 else {
            throw GitError(.noRevision, "\(path) has no commit \(id)", remedy: try branchesRemedy())
        }
        return try peel(id, id.description)
    }

    private func resolveHead() throws(GitError) -> ObjectID {
        var reference: OpaquePointer?
        let code = git_repository_head(&reference, handle.pointer)
        guard code == 0, let reference else {
            guard code == GIT_EUNBORNBRANCH.rawValue || code == GIT_ENOTFOUND.rawValue else {
                try Libgit2.check("HEAD of \(path)") { code }
                throw Libgit2.corrupt("HEAD of \(path) cannot be read")
            }
            let branch = try headBranch() ?? "?"
            throw GitError(.noCommit, "\(path) has no commit on its HEAD branch \"\(branch)\"", remedy: try branchesRemedy())
        }
        return try peel(ReferenceHandle(pointer: reference), "HEAD")
    }

    private func target(ofReference name: String) throws(GitError) -> ObjectID? {
        var reference: OpaquePointer?
        let code = git_reference_lookup(&reference, handle.pointer, name)
        if code == GIT_ENOTFOUND.rawValue || code == GIT_EINVALIDSPEC.rawValue { return nil }
        try Libgit2.check("\(name) of \(path)") { code }
        guard let reference else { return nil }
        return try peel(ReferenceHandle(pointer: reference), name)
    }

    private func peel(_ reference: consuming ReferenceHandle, _ name: String) throws(GitError) -> ObjectID {
        let pointer = reference.pointer
        let direct = ReferenceHandle(pointer: try Libgit2.object("\(name) of \(path)") { git_reference_resolve(&$0, pointer) })
        guard let target = git_reference_target(direct.pointer) else { throw Libgit2.corrupt("\(name) of \(path) names no object") }
        return try peel(ObjectID(target.pointee), name)
    }

    /// The commit that an object is, or that a tag leads to.
    private func peel(_ id: ObjectID, _ name: String) throws(GitError) -> ObjectID {
        var id = id
        for _ in 0..<Self.tagsMax {
            try verify(id, "\(name) of \(path)")
            var oid = id.oid
            let object = ObjectHandle(
                pointer: try Libgit2.object("\(name) of \(path)") { git_object_lookup(&$0, handle.pointer, &oid, GIT_OBJECT_ANY) })
            switch git_object_type(object.pointer) {
            case GIT_OBJECT_COMMIT: return id
            case GIT_OBJECT_TAG: id = ObjectID(git_tag_target_id(object.pointer).pointee)
            default:
                throw GitError(.noRevision, "\"\(name)\" in \(path) names no commit", remedy: "give a branch, a tag or a commit")
            }
        }
        throw GitError(.noRevision, "\"\(name)\" in \(path) is a chain of more than \(Self.tagsMax) tags", remedy: "give a branch or a commit")
    }

    /// Refuses an object whose file is cut off, before libgit2 sees it.
    func verify(_ id: ObjectID, _ name: String, sizeMax: Int = LooseObject.sizeMax) throws(GitError) {
        for directory in objectDirectories {
            switch LooseObject.inspect(id, in: directory, sizeMax: sizeMax) {
            case .absent: continue
            case .sound: return
            case .tooLarge(let size): throw Self.tooLarge(name, size: size, sizeMax: sizeMax)
            case .damaged: throw Libgit2.corrupt("\(name): the file of object \(id) is cut off or damaged")
            }
        }
    }

    private static func tooLarge(_ name: String, size: Int, sizeMax: Int) -> GitError {
        GitError(
            .tooLarge, "\(name): the file is \(size.byteCount), more than the \(sizeMax.byteCount) that a manifest may have",
            remedy: "split it, or move it out of the directory that is deployed")
    }

    func headBranch() throws(GitError) -> String? {
        let head = ReferenceHandle(
            pointer: try Libgit2.object("HEAD of \(path)") { git_reference_lookup(&$0, handle.pointer, "HEAD") })
        guard let target = git_reference_symbolic_target(head.pointer) else { return nil }
        let name = String(cString: target)
        return name.hasPrefix("refs/heads/") ? String(name.dropFirst("refs/heads/".count)) : name
    }

    func branchExists(_ name: String) throws(GitError) -> Bool {
        var reference: OpaquePointer?
        let code = git_reference_lookup(&reference, handle.pointer, "refs/heads/\(name)")
        git_reference_free(reference)
        if code == GIT_ENOTFOUND.rawValue || code == GIT_EINVALIDSPEC.rawValue { return false }
        try Libgit2.check("refs/heads/\(name) of \(path)") { code }
        return true
    }

    func setHead(_ reference: String) throws(GitError) {
        try Libgit2.check("setting HEAD of \(path)") { git_repository_set_head(handle.pointer, reference) }
    }

    /// Short names of the branches, sorted; at most `limit`.
    func branches(limit: Int) throws(GitError) -> [String] {
        Array(try references(below: "refs/heads/").sorted().prefix(limit))
    }

    func tags() throws(GitError) -> [String] { try references(below: "refs/tags/") }

    /// What follows `prefix` in the names of the references that begin with it.
    private func references(below prefix: String) throws(GitError) -> [String] {
        var names = git_strarray()
        try Libgit2.check("refs of \(path)") { git_reference_list(&names, handle.pointer) }
        defer { git_strarray_dispose(&names) }
        let all = (0..<names.count).compactMap { names.strings[$0].map { String(cString: $0) } }
        return all.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.utf8.count)) }
    }

    /// Of tags with the same version the youngest commit counts, then the name.
    func commit(newestIn range: VersionRange) throws(GitError) -> Commit {
        let tags = try tags()
        var newest: (commit: Commit, tag: String)?
        for tag in range.newest(of: tags) {
            let commit = try commit(resolve("refs/tags/\(tag)"))
            if let current = newest, (current.commit.time, current.tag) >= (commit.time, tag) { continue }
            newest = (commit, tag)
        }
        if let newest { return newest.commit }
        let versions = tags.compactMap { tag in SemanticVersion(tag: tag).map { (version: $0, tag: tag) } }.sorted { $0.version > $1.version }
        let shown = versions.prefix(5).map(\.tag).joined(separator: ", ")
        throw GitError(
            .noCommit, "\(path) has no tag with a version in \"\(range)\"",
            remedy: versions.isEmpty ? "push a tag like v1.2.3" : "its highest versions are \(shown)")
    }

    private func branchesRemedy() throws(GitError) -> String {
        let names = try branches(limit: 8)
        return names.isEmpty ? "push a commit first" : "its branches are \(names.joined(separator: ", "))"
    }

    // MARK: Objects

    func commit(_ id: ObjectID) throws(GitError) -> Commit {
        try verify(id, "commit in \(path)")
        var oid = id.oid
        let commit = CommitHandle(
            pointer: try Libgit2.object("commit \(id) in \(path)") { git_commit_lookup(&$0, handle.pointer, &oid) })
        let author = git_commit_author(commit.pointer)
        return Commit(
            id: id, tree: ObjectID(git_commit_tree_id(commit.pointer).pointee),
            parents: (0..<git_commit_parentcount(commit.pointer)).compactMap { index in
                git_commit_parent_id(commit.pointer, index).map { ObjectID($0.pointee) }
            },
            author: author.flatMap { $0.pointee.name }.map { String(cString: $0) } ?? "",
            authorEmail: author.flatMap { $0.pointee.email }.map { String(cString: $0) } ?? "",
            time: Timestamp(seconds: git_commit_time(commit.pointer)),
            summary: git_commit_summary(commit.pointer).map { String(cString: $0) } ?? "")
    }

    /// A tree's entries in git's order (by name).
    func tree(_ id: ObjectID) throws(GitError) -> [TreeEntry] {
        let tree = try lookup(tree: id)
        var entries: [TreeEntry] = []
        for index in 0..<git_tree_entrycount(tree.pointer) {
            guard let entry = git_tree_entry_byindex(tree.pointer, index) else { continue }
            let kind: TreeEntry.Kind =
                switch git_tree_entry_filemode(entry) {
                case GIT_FILEMODE_TREE: .tree
                case GIT_FILEMODE_LINK: .symlink
                case GIT_FILEMODE_COMMIT: .submodule
                default: .file
                }
            entries.append(
                TreeEntry(
                    name: String(cString: git_tree_entry_name(entry)), kind: kind,
                    id: ObjectID(git_tree_entry_id(entry).pointee)))
        }
        return entries
    }

    /// A blob's bytes. The size is read from the object's header first: a blob larger than
    /// `sizeMax` is refused without being loaded. `name` is for messages.
    func blob(_ id: ObjectID, sizeMax: Int, name: String) throws(GitError) -> [UInt8] {
        try verify(id, name, sizeMax: sizeMax)
        var oid = id.oid
        let database = try database()
        var size = 0
        var type = GIT_OBJECT_ANY
        try Libgit2.check("\(name) (blob \(id) in \(path))") { git_odb_read_header(&size, &type, database.pointer, &oid) }
        guard size <= sizeMax else { throw Self.tooLarge(name, size: size, sizeMax: sizeMax) }
        let blob = BlobHandle(
            pointer: try Libgit2.object("\(name) (blob \(id) in \(path))") { git_blob_lookup(&$0, handle.pointer, &oid) })
        let bytes = UnsafeRawBufferPointer(
            start: git_blob_rawcontent(blob.pointer), count: Int(git_blob_rawsize(blob.pointer)))
        return Array(bytes)
    }

    func lookup(tree id: ObjectID) throws(GitError) -> TreeHandle {
        try verify(id, "tree in \(path)")
        var oid = id.oid
        return TreeHandle(pointer: try Libgit2.object("tree \(id) in \(path)") { git_tree_lookup(&$0, handle.pointer, &oid) })
    }
}

extension Int {
    /// A number of bytes as people read it: `512 B`, `3.0 MiB`.
    var byteCount: String {
        switch self {
        case ..<1024: return "\(self) B"
        case ..<(1024 * 1024): return "\(tenths(of: 1024)) KiB"
        default: return "\(tenths(of: 1024 * 1024)) MiB"
        }
    }

    private func tenths(of unit: Int) -> String {
        let tenths = (self * 10 + unit / 2) / unit
        return "\(tenths / 10).\(tenths % 10)"
    }
}
