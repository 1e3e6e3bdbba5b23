import Clibgit2
import Dispatch
import FoundationEssentials
import Synchronization

/// The local copy of a remote repository: every branch and tag, fetched incrementally.
///
/// A copy and nothing more: one that is found damaged is removed and fetched anew.
package final class RemoteMirror: Sendable {
    /// How long one fetch may take before it is given up as unreachable.
    package static let fetchTimeout: Duration = .seconds(120)
    /// Fetches given up that may hang at a time: libgit2 before 1.7 cannot interrupt a silent connection.
    private static let abandonedMax = 4

    package let url: String
    package let path: String
    private let abandoned = Mutex(0)
    /// One fetch at a time, so that two never write the same refs; a hanging one keeps its queue to itself.
    private let queue = Mutex(DispatchQueue(label: "gitctl.git.fetch"))

    package init(url: String, directory: String) {
        self.url = url
        path = "\(directory)/\(ObjectID(hashing: Array(url.utf8)).description.prefix(16)).git"
    }

    package var repository: Repository { Repository(path: path) }
    /// The URL as it may be shown and logged.
    package var displayURL: String { Self.withoutCredentials(url) }

    /// Brings the copy up to date. Safe to cancel: what was fetched by then stays.
    package func fetch(timeout: Duration = fetchTimeout) async throws(GitError) {
        do throws(GitError) {
            try await attempt(timeout: timeout)
        } catch {
            guard error.reason == .corrupt || error.reason == .noRepository, FileManager.default.fileExists(atPath: path) else { throw error }
            // The copy is ours and can be had again; the remote's own damage shows again at once.
            do { try FileManager.default.removeItem(atPath: path) } catch let removal {
                throw GitError(.io, "the damaged copy of \(displayURL) in \(path) cannot be removed: \(removal)")
            }
            try await attempt(timeout: timeout)
        }
    }

    private func attempt(timeout: Duration) async throws(GitError) {
        let hanging = abandoned.withLock { $0 }
        guard hanging < Self.abandonedMax else {
            throw GitError(
                .unreachable, "\(displayURL): \(hanging) earlier fetches still hang",
                remedy: "restart the daemon when the server answers again; the last fetched commit stays in use")
        }
        let (url, path, display) = (url, path, displayURL)
        let answer = FirstAnswer()
        let queue = queue.withLock { $0 }
        let result: Result<Void, GitError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard answer.expect(continuation) else { return }
                queue.async {
                    let result: Result<Void, GitError>
                    do throws(GitError) {
                        try Self.fetch(url: url, into: path, display: display)
                        result = .success(())
                    } catch {
                        result = .failure(error.replacing(url, with: display))
                    }
                    if answer.give(result) == .late { self.abandoned.withLock { $0 -= 1 } }
                }
                DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(timeout.nanoseconds))) {
                    self.abandon(answer, "\(display) did not answer within \(timeout)")
                }
            }
        } onCancel: {
            abandon(answer, "the fetch of \(display) was given up")
        }
        try result.get()
    }

    /// Lets nobody wait any longer for a fetch, which may hang on in a thread that nothing can stop.
    private func abandon(_ answer: FirstAnswer, _ message: String) {
        let error = GitError(.unreachable, message, remedy: "check the URL and the network; the last fetched commit stays in use")
        guard !answer.isGiven else { return }
        abandoned.withLock { $0 += 1 }
        queue.withLock { $0 = DispatchQueue(label: "gitctl.git.fetch") }
        // One that has just ended, or will not begin, does not hang.
        if answer.give(.failure(error)) != .first { abandoned.withLock { $0 -= 1 } }
    }

    // MARK: On the fetch thread

    private static func fetch(url: String, into path: String, display: String) throws(GitError) {
        let repository = try openOrCreate(path)
        let remote = RemoteHandle(
            pointer: try Libgit2.object("remote \(display)") { git_remote_create_anonymous(&$0, repository.pointer, url) })
        var options = git_fetch_options()
        try Libgit2.check("fetch options") { git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION)) }
        options.prune = GIT_FETCH_PRUNE
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        options.update_fetchhead = 0
        options.callbacks.credentials = acquireCredentials
        var credentials = CredentialAttempts()
        let refspecs = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
        try withStrings(refspecs) { specs throws(GitError) in
            try withUnsafeMutablePointer(to: &credentials) { attempts throws(GitError) in
                options.callbacks.payload = UnsafeMutableRawPointer(attempts)
                try connect(remote, &options.callbacks, display)
                try Libgit2.check("fetching \(display)") { git_remote_fetch(remote.pointer, &specs, &options, nil) }
            }
        }
        try followHead(of: remote, in: repository)
    }

    /// Whatever fails before the first answer is the remote's absence, which libgit2 tells in many ways.
    private static func connect(_ remote: borrowing RemoteHandle, _ callbacks: inout git_remote_callbacks, _ display: String) throws(GitError) {
        let pointer = remote.pointer
        do throws(GitError) {
            try Libgit2.check("fetching \(display)") { git_remote_connect(pointer, GIT_DIRECTION_FETCH, &callbacks, nil, nil) }
        } catch {
            guard error.reason == .io || error.reason == .corrupt else { throw error }
            throw GitError(.unreachable, error.message, remedy: "check the URL and the network; the last fetched commit stays in use")
        }
    }

    /// The mirror's HEAD names the branch that the remote's HEAD names.
    private static func followHead(of remote: borrowing RemoteHandle, in repository: borrowing RepositoryHandle) throws(GitError) {
        var name = git_buf()
        defer { git_buf_dispose(&name) }
        // A remote with no commit, or a detached HEAD, has no default branch; HEAD then stays as it is.
        guard git_remote_default_branch(&name, remote.pointer) == 0, let text = name.ptr else { return }
        try Libgit2.check("setting HEAD") { git_repository_set_head(repository.pointer, text) }
    }

    private static func openOrCreate(_ path: String) throws(GitError) -> RepositoryHandle {
        if FileManager.default.fileExists(atPath: path) {
            return RepositoryHandle(pointer: try Libgit2.object("repository \(path)") { git_repository_open(&$0, path) })
        }
        var options = git_repository_init_options()
        try Libgit2.check("init options") {
            git_repository_init_options_init(&options, UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION))
        }
        options.flags = GIT_REPOSITORY_INIT_BARE.rawValue | GIT_REPOSITORY_INIT_MKDIR.rawValue | GIT_REPOSITORY_INIT_MKPATH.rawValue
        return RepositoryHandle(
            pointer: try Libgit2.object("repository \(path)") { git_repository_init_ext(&$0, path, &options) })
    }

    /// `https://user:token@host/x` without `user:token@`.
    package static func withoutCredentials(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://"), let at = url[scheme.upperBound...].prefix(while: { $0 != "/" }).lastIndex(of: "@")
        else { return url }
        let user = url[scheme.upperBound..<at]
        guard user.contains(":") || url.hasPrefix("http") else { return url }
        return String(url[..<scheme.upperBound] + url[url.index(after: at)...])
    }
}

/// Whoever answers first: the fetch, its deadline, or a cancellation.
private final class FirstAnswer: Sendable {
    enum Place { case early, first, late }

    private enum State {
        case nobodyWaits
        case waiting(CheckedContinuation<Result<Void, GitError>, Never>)
        case given(Result<Void, GitError>)
    }

    private let state = Mutex(State.nobodyWaits)

    /// False when the answer was there before: it is handed on at once.
    func expect(_ waiting: CheckedContinuation<Result<Void, GitError>, Never>) -> Bool {
        let early = state.withLock { state -> Result<Void, GitError>? in
            if case .given(let result) = state { return result }
            state = .waiting(waiting)
            return nil
        }
        if let early { waiting.resume(returning: early) }
        return early == nil
    }

    var isGiven: Bool {
        state.withLock { if case .given = $0 { true } else { false } }
    }

    func give(_ result: Result<Void, GitError>) -> Place {
        let (place, waiting) = state.withLock { state -> (Place, CheckedContinuation<Result<Void, GitError>, Never>?) in
            switch state {
            case .nobodyWaits:
                state = .given(result)
                return (.early, nil)
            case .waiting(let continuation):
                state = .given(result)
                return (.first, continuation)
            case .given: return (.late, nil)
            }
        }
        waiting?.resume(returning: result)
        return place
    }
}

extension ObjectID {
    /// The id that git would give a blob of these bytes.
    package init(hashing bytes: [UInt8]) {
        var oid = git_oid()
        _ = bytes.withUnsafeBytes { git_odb_hash(&oid, $0.baseAddress, $0.count, GIT_OBJECT_BLOB) }
        self.init(oid)
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
