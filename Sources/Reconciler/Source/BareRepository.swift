import Clibgit2
import Dispatch
import FoundationEssentials
import Glibc

/// A repository that the daemon owns and people push to: `<data-dir>/git/NAME.git`, bare, with the
/// hooks that call the daemon.
package struct BareRepository: Sendable {
    package let name: String
    package let path: String
    private let dataDirectory: String
    private let executable: String

    /// Refuses names that are no single path component of letters, digits, `.`, `_` and `-`.
    package init(name: String, dataDirectory: String, executable: String) throws(GitError) {
        let isAllowed = name.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isAllowed, !name.isEmpty, name.utf8.count <= 100, !name.hasPrefix("."), !name.hasPrefix("-"), !name.hasSuffix(".git") else {
            throw GitError(
                .invalid, "\"\(name)\" cannot name a repository",
                remedy: "use letters, digits, '.', '_' and '-', beginning with a letter or digit, at most 100 (gitctl up --name NAME)")
        }
        self.name = name
        self.dataDirectory = dataDirectory
        self.executable = executable
        path = "\(dataDirectory)/git/\(name).git"
    }

    package var exists: Bool { FileManager.default.fileExists(atPath: "\(path)/HEAD") }

    /// Creates what is missing and rewrites hooks and settings that differ. Idempotent; blocks, and
    /// two at a time would meet in git's lock files: see `BareRepositories`.
    fileprivate func ensure() throws(GitError) {
        try create()
        try configure()
        for hook in ["pre-receive", "post-receive"] { try install(hook) }
    }

    private func create() throws(GitError) {
        guard !exists else { return }
        var options = git_repository_init_options()
        try Libgit2.check("init options") {
            git_repository_init_options_init(&options, UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION))
        }
        options.flags = GIT_REPOSITORY_INIT_BARE.rawValue | GIT_REPOSITORY_INIT_MKDIR.rawValue | GIT_REPOSITORY_INIT_MKPATH.rawValue
        // Only the daemon's user reads what may hold Secrets.
        options.mode = 0o40700
        // The first push sets HEAD to its own branch.
        let code = "main".withCString { branch in
            options.initial_head = branch
            var pointer: OpaquePointer?
            let code = git_repository_init_ext(&pointer, path, &options)
            git_repository_free(pointer)
            return code
        }
        try Libgit2.check("creating \(path)") { code }
        chmodPrivate(path)
    }

    private func chmodPrivate(_ path: String) {
        // The parent directories may have been made with the umask; a failure leaves them as strict as that.
        try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
    }

    /// git's settings for a repository that deploys: what is acknowledged is on disk and whole.
    private static let settings: KeyValuePairs<String, String> = [
        "receive.fsckObjects": "true",
        // A push stays the one pack that it came as: two files to write and sync, not one for each object.
        "receive.unpackLimit": "1",
        // They are put together from time to time; what is large already is not copied for that.
        "gc.bigPackThreshold": "64m",
        // Deleting the deployed branch is refused by the hook, with a reason; other branches may go.
        "receive.denyDeletes": "false",
        "receive.denyDeleteCurrent": "ignore",
        // A forced push is a way back; the reflog keeps what it replaced.
        "receive.denyNonFastForwards": "false",
        "core.logAllRefUpdates": "true",
        "core.fsync": "committed,reference",
        "core.fsyncMethod": "batch",
        "gc.autoDetach": "true",
    ]

    private func configure() throws(GitError) {
        let repository = RepositoryHandle(
            pointer: try Libgit2.object("repository \(path)") { git_repository_open(&$0, path) })
        let config = ConfigHandle(
            pointer: try Libgit2.object("config of \(path)") { git_repository_config(&$0, repository.pointer) })
        for (key, value) in Self.settings {
            var current = git_buf()
            defer { git_buf_dispose(&current) }
            let isSet = git_config_get_string_buf(&current, config.pointer, key) == 0
            if isSet, let text = current.ptr, String(cString: text) == value { continue }
            try Libgit2.check("setting \(key) in \(path)") { git_config_set_string(config.pointer, key, value) }
        }
    }

    /// Writes a hook beside its place and renames it, so that a push never runs half a script.
    private func install(_ hook: String) throws(GitError) {
        let script = """
            #!/bin/sh
            # Written by gitctl at every start: changes are lost.
            exec \(Self.quoted(executable)) hook \(hook) --data-dir \(Self.quoted(dataDirectory)) --repository \(Self.quoted(name))

            """
        let file = "\(path)/hooks/\(hook)"
        if let present = FileManager.default.contents(atPath: file), Array(present) == Array(script.utf8) { return }
        do {
            try FileManager.default.createDirectory(atPath: "\(path)/hooks", withIntermediateDirectories: true)
            let temporary = "\(path)/hooks/.\(hook).new"
            guard FileManager.default.createFile(atPath: temporary, contents: Data(script.utf8), attributes: [.posixPermissions: 0o755])
            else { throw GitError(.io, "cannot write \(temporary)", remedy: "check the permissions and the free space of \(dataDirectory)") }
            guard rename(temporary, file) == 0 else {
                throw GitError(.io, "cannot write \(file) (errno \(errno))", remedy: "check the permissions and the free space of \(dataDirectory)")
            }
        } catch let error as GitError {
            throw error
        } catch {
            throw GitError(.io, "installing the hook \(file): \(error)", remedy: "check the permissions and the free space of \(dataDirectory)")
        }
    }

    /// `text` as one word of a POSIX shell.
    static func quoted(_ text: String) -> String { "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'" }
}

/// The daemon's repositories in a data directory, made and brought up to date one after another.
package final class BareRepositories: Sendable {
    private let dataDirectory: String
    private let executable: String
    private let queue = DispatchQueue(label: "gitctl.git.init")

    package init(dataDirectory: String, executable: String) {
        self.dataDirectory = dataDirectory
        self.executable = executable
    }

    /// One by name, whether it exists or not.
    package subscript(name: String) -> BareRepository {
        get throws(GitError) { try BareRepository(name: name, dataDirectory: dataDirectory, executable: executable) }
    }

    /// Makes a repository, or brings its hooks and settings up to date.
    package func ensure(_ name: String) async throws(GitError) -> BareRepository {
        let repository = try self[name]
        let result: Result<Void, GitError> = await withCheckedContinuation { continuation in
            queue.async {
                do throws(GitError) {
                    try repository.ensure()
                    continuation.resume(returning: .success(()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        try result.get()
        return repository
    }

    /// The names of those that exist, sorted.
    func names() throws(GitError) -> [String] {
        let directory = "\(dataDirectory)/git"
        guard FileManager.default.fileExists(atPath: directory) else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".git") }
                .map { String($0.dropLast(4)) }.sorted()
        } catch {
            throw GitError(.io, "\(directory): \(error)")
        }
    }
}
