import Clibgit2
import FoundationEssentials

/// One fetch, on the fetch thread: connect, fetch every branch and tag, follow the remote's HEAD.
extension RemoteMirror {
    /// The number of branches and tags that moved.
    static func fetch(
        url: String, into path: String, display: String, with credentials: SourceCredentials?
    ) throws(GitError) -> Int {
        let context = try FetchContext(url: RemoteURL(url), display: display, credentials: credentials)
        let isNew = !FileManager.default.fileExists(atPath: path)
        do throws(GitError) {
            return try fetch(url, into: path, context)
        } catch {
            // An empty copy would look like an empty remote. One that stays is made good by the next fetch.
            if isNew, isEmpty(path) { try? FileManager.default.removeItem(atPath: path) }
            throw context.shown(context.failure ?? error, url: url)
        }
    }

    /// Without a branch or tag.
    private static func isEmpty(_ path: String) -> Bool {
        do throws(GitError) {
            let repository = try OpenRepository.open(path: path, alternates: [])
            guard try repository.tags().isEmpty else { return false }
            return try repository.branches(limit: 1).isEmpty
        } catch {
            return true
        }
    }

    private static func fetch(_ url: String, into path: String, _ context: FetchContext) throws(GitError) -> Int {
        let display = context.display
        let repository = try openOrCreate(path)
        let remote = RemoteHandle(
            pointer: try Libgit2.object("remote \(display)") { git_remote_create_anonymous(&$0, repository.pointer, url) })
        var options = git_fetch_options()
        try Libgit2.check("fetch options") { git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION)) }
        options.prune = GIT_FETCH_PRUNE
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        options.update_fetchhead = 0
        options.follow_redirects = context.redirects
        context.install(in: &options.callbacks)
        let refspecs = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
        try withStrings(context.headers) { headers throws(GitError) in
            options.custom_headers = headers
            try connect(remote, options, display)
            try withStrings(refspecs) { specs throws(GitError) in
                try Libgit2.check("fetching \(display)") { git_remote_fetch(remote.pointer, &specs, &options, nil) }
            }
        }
        let hasOtherHead = try followHead(of: remote, in: repository)
        return withExtendedLifetime(context) { context.movedRefs + (hasOtherHead ? 1 : 0) }
    }

    /// Whatever fails before the first answer is the remote's absence, which libgit2 tells in many ways.
    private static func connect(_ remote: borrowing RemoteHandle, _ fetch: git_fetch_options, _ display: String) throws(GitError) {
        let pointer = remote.pointer
        var options = git_remote_connect_options()
        try Libgit2.check("connect options") { git_remote_connect_options_init(&options, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION)) }
        options.callbacks = fetch.callbacks
        options.follow_redirects = fetch.follow_redirects
        options.custom_headers = fetch.custom_headers
        do throws(GitError) {
            try Libgit2.check("fetching \(display)") { git_remote_connect_ext(pointer, GIT_DIRECTION_FETCH, &options) }
        } catch {
            if error.message.contains("pkt-line") {
                throw GitError(
                    .unreachable, "\(error.message): libgit2 cannot read the server's list of references",
                    remedy: "if its repository is a shallow clone, complete it there with git fetch --unshallow; the last fetched commit stays in use")
            }
            guard error.reason == .io || error.reason == .corrupt else { throw error }
            throw unreachable(error.message)
        }
    }

    /// The mirror's HEAD names the branch that the remote's HEAD names; true when that is another than before.
    private static func followHead(of remote: borrowing RemoteHandle, in repository: borrowing RepositoryHandle) throws(GitError) -> Bool {
        var name = git_buf()
        defer { git_buf_dispose(&name) }
        // A remote with no commit, or a detached HEAD, has no default branch; HEAD then stays as it is.
        guard git_remote_default_branch(&name, remote.pointer) == 0, let text = name.ptr else { return false }
        var head: OpaquePointer?
        let code = git_reference_lookup(&head, repository.pointer, "HEAD")
        defer { git_reference_free(head) }
        if code == 0, let old = git_reference_symbolic_target(head), String(cString: old) == String(cString: text) { return false }
        try Libgit2.check("setting HEAD") { git_repository_set_head(repository.pointer, text) }
        return true
    }

    private static func openOrCreate(_ path: String) throws(GitError) -> RepositoryHandle {
        if !FileManager.default.fileExists(atPath: path) { try create(path) }
        return RepositoryHandle(pointer: try Libgit2.object("repository \(path)") { git_repository_open(&$0, path) })
    }

    /// Made aside and moved there whole: a fetch that was given up may be at the same.
    private static func create(_ path: String) throws(GitError) {
        let aside = Sources.newPath(beside: path)
        var options = git_repository_init_options()
        try Libgit2.check("init options") {
            git_repository_init_options_init(&options, UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION))
        }
        options.flags = GIT_REPOSITORY_INIT_BARE.rawValue | GIT_REPOSITORY_INIT_MKDIR.rawValue | GIT_REPOSITORY_INIT_MKPATH.rawValue
        _ = RepositoryHandle(pointer: try Libgit2.object("repository \(path)") { git_repository_init_ext(&$0, aside, &options) })
        do { try FileManager.default.moveItem(atPath: aside, toPath: path) } catch {
            // The other came first, and its copy will do. What cannot be removed now is found again by its name.
            try? FileManager.default.removeItem(atPath: aside)
            guard FileManager.default.fileExists(atPath: path) else { throw GitError(.io, "cannot create \(path): \(error)") }
        }
    }
}

/// Calls `body` with C strings that live as long as the call.
private func withStrings<Value>(
    _ strings: [String], _ body: (inout git_strarray) throws(GitError) -> Value
) throws(GitError) -> Value {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { string in
        let bytes = Array(string.utf8CString)
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        copy.initialize(from: bytes, count: bytes.count)
        return copy
    }
    defer { for pointer in pointers { pointer?.deallocate() } }
    let count = pointers.count
    return try pointers.withUnsafeMutableBufferPointer { buffer throws(GitError) -> Value in
        var array = git_strarray(strings: buffer.baseAddress, count: count)
        return try body(&array)
    }
}
