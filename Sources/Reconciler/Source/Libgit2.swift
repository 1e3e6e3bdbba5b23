import Clibgit2

/// libgit2's process-wide state and its calling conventions.
enum Libgit2 {
    /// Longest wait for a connection, and for each answer on it, where libgit2 (1.7 and newer) can limit it.
    static let timeoutMilliseconds: Int32 = 30_000

    /// Initialised at the first use and never shut down: handles may live until the process ends.
    private static let start: Int32 = {
        let result = git_libgit2_init()
        guard result >= 0 else { return result }
        // Only data is read from a repository, and none of its hooks, filters or commands ever runs,
        // so whose files they are does not matter; git's own check stays on for pushes.
        _ = shim_git_set_owner_validation(0)
        _ = shim_git_set_timeouts(timeoutMilliseconds, timeoutMilliseconds)
        return result
    }()

    /// Calls `body`, and on a failing code reads libgit2's message at once, on the same thread
    /// (it is thread-local and overwritten by the next call).
    static func check(_ doing: @autoclosure () -> String, _ body: () -> Int32) throws(GitError) {
        guard start >= 0 else { throw GitError(.io, "libgit2 did not start (code \(start))") }
        let code = body()
        guard code < 0 else { return }
        let last = git_error_last()
        let text = last.flatMap { $0.pointee.message }.map { String(cString: $0) } ?? "libgit2 error \(code)"
        let category = last.map { $0.pointee.klass } ?? 0
        throw Self.error(code: code, category: category, doing: doing(), text: text)
    }

    /// As `check`, for calls that hand out an object.
    static func object(_ doing: @autoclosure () -> String, _ body: (inout OpaquePointer?) -> Int32) throws(GitError)
        -> OpaquePointer
    {
        var pointer: OpaquePointer?
        try check(doing()) { body(&pointer) }
        guard let pointer else { throw GitError(.corrupt, "\(doing()): libgit2 returned nothing") }
        return pointer
    }

    /// libgit2's code and category as a reason.
    private static func error(code: Int32, category: Int32, doing: String, text: String) -> GitError {
        let message = "\(doing): \(text)"
        switch code {
        case GIT_EAUTH.rawValue:
            return GitError(
                .unauthorized, message,
                remedy: "give the daemon's user an SSH key (in its agent or ~/.ssh) that the server accepts, or put a token in the URL")
        case GIT_ECERTIFICATE.rawValue:
            return GitError(
                .unauthorized, message,
                remedy: "the server's certificate or host key is not trusted: add it to the system's CA certificates or to ~/.ssh/known_hosts")
        case GIT_EUNBORNBRANCH.rawValue: return GitError(.noCommit, message, remedy: "push a commit")
        case GIT_EINVALIDSPEC.rawValue: return GitError(.noRevision, message)
        case GIT_EMISMATCH.rawValue: return corrupt(message)
        default: break
        }
        switch git_error_t(rawValue: numericCast(category)) {
        case GIT_ERROR_NET, GIT_ERROR_SSL, GIT_ERROR_HTTP:
            return GitError(.unreachable, message, remedy: "check the URL and the network; the last fetched commit stays in use")
        case GIT_ERROR_SSH:
            return GitError(
                .unreachable, message,
                remedy: "check the URL, the network and the SSH key of the daemon's user; the last fetched commit stays in use")
        case GIT_ERROR_OS where code != GIT_ENOTFOUND.rawValue, GIT_ERROR_FILESYSTEM where code != GIT_ENOTFOUND.rawValue:
            return GitError(.io, message)
        default:
            // A missing object, ref file, pack or index: what was asked for by id must be there.
            return corrupt(message)
        }
    }

    static let corruptRemedy =
        "check it with `git fsck`; restore the repository from a clone by pushing the branch again, or let gitctl fetch it anew"

    static func corrupt(_ message: String) -> GitError { GitError(.corrupt, message, remedy: corruptRemedy) }
}

extension ObjectID {
    init(_ oid: git_oid) {
        self = withUnsafeBytes(of: oid.id) { ObjectID(bytes: $0) }
    }

    var oid: git_oid {
        var oid = git_oid()
        withUnsafeMutableBytes(of: &oid.id) { $0.copyBytes(from: bytes) }
        return oid
    }
}
