import FoundationEssentials

/// A real git repository with a work tree in a temporary directory, driven by git itself.
/// Authors and times are fixed, so that ids are the same in every run.
package final class GitRepositoryFixture: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// The work tree; its parent is the fixture's own and is removed with it.
    package let path: String
    private let root: String
    private let scratch: ScratchDirectory

    package init(branch: String = "main") async throws {
        scratch = try ScratchDirectory("git")
        root = scratch.path
        path = root + "/work"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try await git("init", "--quiet", "--initial-branch=\(branch)")
    }

    /// Runs git in the work tree; returns what it wrote to standard output, without the last line end.
    @discardableResult
    package func git(_ arguments: String..., input: String = "", environment: [String: String] = [:]) async throws -> String {
        let outcome = try await runner(environment).run(["git"] + arguments, input: input)
        guard outcome.isSuccess else { throw Failure(description: "git \(arguments.joined(separator: " ")): \(outcome.text)") }
        return outcome.output.hasSuffix("\n") ? String(outcome.output.dropLast()) : outcome.output
    }

    private func runner(_ more: [String: String]) -> CommandRunner {
        var environment = [
            "HOME": root, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org", "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
            "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
        ]
        environment.merge(more) { $1 }
        return CommandRunner(environment: environment, directory: path)
    }

    /// Writes a file, making the directories on the way.
    package func write(_ file: String, _ text: String) throws {
        let target = "\(path)/\(file)"
        let directory = target.split(separator: "/").dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(atPath: "/" + directory, withIntermediateDirectories: true)
        guard FileManager.default.createFile(atPath: target, contents: Data(text.utf8)) else {
            throw Failure(description: "cannot write \(target)")
        }
    }

    package func remove(_ file: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(file)") }

    package func symlink(_ file: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: "\(path)/\(file)", withDestinationPath: target)
    }

    /// Commits everything; returns the commit's id.
    @discardableResult
    package func commit(_ message: String = "change") async throws -> String {
        try await git("add", "--all")
        try await git("commit", "--quiet", "--allow-empty", "-m", message)
        return try await git("rev-parse", "HEAD")
    }

    /// Pushes the current branch to a repository on disk without running its hooks.
    package func push(to repository: String, _ refspec: String = "HEAD") async throws {
        try await git("push", "--quiet", "--force", "--receive-pack=git -c core.hooksPath=/dev/null receive-pack", repository, refspec)
    }

    /// Puts what `revision` needs into a quarantine directory of a bare repository, as
    /// git-receive-pack does before pre-receive; returns that directory.
    package func quarantine(_ revision: String = "HEAD", in repository: String) async throws -> String {
        let directory = "\(repository)/objects/tmp_objdir-incoming-test"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let pack = "\(root)/quarantine.pack"
        let script = "git pack-objects --quiet --revs --stdout >'\(pack)' && GIT_OBJECT_DIRECTORY='\(directory)' git --git-dir='\(repository)' unpack-objects -q <'\(pack)'"
        let outcome = try await runner([:]).run(["sh", "-c", script], input: "\(revision)\n")
        guard outcome.isSuccess else { throw Failure(description: outcome.text) }
        return directory
    }
}

/// A directory that is removed when nobody refers to it any more.
package final class ScratchDirectory: Sendable {
    package let path: String

    package init(_ purpose: String) throws {
        path = "/tmp/gitctl-test-\(purpose)-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // What cannot be removed is left to the machine's own cleaning of temporary files.
        try? FileManager.default.removeItem(atPath: path)
    }
}
