import Dispatch
import Glibc

/// A git repository on disk, bare or not; a value that opens it for each batch of reads.
///
/// Nothing stays open in between: a pack written by a push is seen at once, and an idle daemon holds
/// neither descriptors nor caches. libgit2 runs on queues of its own, off the cooperative pool.
package struct Repository: Sendable {
    package let path: String
    /// git's quarantine of a push under review: its objects are read as if they were in.
    package let quarantinePath: String?
    /// Directories of objects that are read as if they were here: those of its submodules.
    private let alternates: [String]
    /// Shared by the copies of this value.
    private let reads: RepositoryReads

    package init(path: String, quarantinePath: String? = nil) {
        self.init(path: path, quarantinePath: quarantinePath, alternates: [])
    }

    private init(path: String, quarantinePath: String?, alternates: [String]) {
        self.path = path
        self.quarantinePath = quarantinePath
        self.alternates = alternates
        reads = RepositoryReads(path: path, alternates: (quarantinePath.map { [$0] } ?? []) + alternates)
    }

    /// With the objects in other directories.
    func adding(_ directories: [String]) -> Repository {
        directories.isEmpty ? self : Repository(path: path, quarantinePath: quarantinePath, alternates: alternates + directories)
    }

    /// Runs `body` on a git thread with the repository open. What it returns holds no pointer.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (borrowing OpenRepository) throws(GitError) -> Value
    ) async throws(GitError) -> Value {
        let result: Result<Value, GitError> = await withCheckedContinuation { continuation in
            reads.add(
                RepositoryReads.Job(
                    perform: { repository in
                        do throws(GitError) { continuation.resume(returning: .success(try body(repository))) } catch {
                            continuation.resume(returning: .failure(error))
                        }
                    }, fail: { continuation.resume(returning: .failure($0)) }))
        }
        return try result.get()
    }

    /// The commit that `revision` names: a branch, a tag (peeled), a commit, any `git rev-parse`
    /// expression, or (nil or "HEAD") the branch that HEAD points at.
    package func commit(at revision: String?) async throws(GitError) -> Commit {
        try await read { repository throws(GitError) in try repository.commit(repository.resolve(revision)) }
    }

    /// The commit of the tag with the highest version in a range.
    func commit(newestIn range: VersionRange) async throws(GitError) -> Commit {
        try await read { repository throws(GitError) in try repository.commit(newestIn: range) }
    }

    /// The names of all tags.
    func tags() async throws(GitError) -> [String] {
        try await read { repository throws(GitError) in try repository.tags() }
    }

    /// The short name of the branch that HEAD points at, born or not; nil when HEAD is detached.
    package func headBranch() async throws(GitError) -> String? {
        try await read { repository throws(GitError) in try repository.headBranch() }
    }

    package func branchExists(_ name: String) async throws(GitError) -> Bool {
        try await read { repository throws(GitError) in try repository.branchExists(name) }
    }

    /// Points HEAD at a branch.
    package func setHead(branch: String) async throws(GitError) {
        try await read { repository throws(GitError) in try repository.setHead("refs/heads/\(branch)") }
    }

    /// Whether `path` exists and lies inside `directory`, symlinks followed.
    static func contains(_ path: String, in directory: String) -> Bool {
        guard let real = realPath(path), let parent = realPath(directory) else { return false }
        return real.hasPrefix(parent + "/")
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
