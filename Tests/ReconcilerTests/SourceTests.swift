import APIMachinery
import Dispatch
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Reconciler

@Suite("Source: reading repositories", .timeLimit(.minutes(1)))
struct SourceTests {
    @Test("a branch, a tag, a commit and HEAD name the commit; tags are peeled")
    func revisions() async throws {
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", "a: 1\n")
        let first = try await work.commit("first\n\nbody")
        try await work.git("tag", "-a", "v1", "-m", "one")
        try await work.git("branch", "side")
        try work.write("a.yaml", "a: 2\n")
        let second = try await work.commit("second")
        let repository = Repository(path: work.path)
        for (revision, expected) in [(nil, second), ("HEAD", second), ("main", second), ("side", first), ("v1", first), (first, first), (String(first.prefix(8)), first), ("HEAD~1", first), ("refs/heads/side", first)] {
            #expect(try await repository.commit(at: revision).id.description == expected, "\(revision ?? "nil")")
        }
        let commit = try await repository.commit(at: "v1")
        #expect(commit.summary == "first")
        #expect(commit.author == "Ada")
        #expect(commit.time.description == "2026-01-02T03:04:05Z")
        #expect(try await repository.headBranch() == "main")
    }

    @Test("a revision that is not there is refused with the branches that are")
    func missingRevision() async throws {
        let work = try await GitRepositoryFixture()
        try await work.commit()
        let error = await #expect(throws: GitError.self) { try await Repository(path: work.path).commit(at: "nope") }
        #expect(error?.reason == .noRevision)
        #expect(error?.description == "\(work.path) has no branch, tag or commit \"nope\"; its branches are main")
    }

    @Test("a repository without a commit says so")
    func unborn() async throws {
        let work = try await GitRepositoryFixture()
        let error = await #expect(throws: GitError.self) { try await Repository(path: work.path).commit(at: nil) }
        #expect(error?.reason == .noCommit)
        #expect(error?.description == "\(work.path) has no commit on its HEAD branch \"main\"; push a commit first")
    }

    @Test("a path without a repository says so")
    func noRepository() async throws {
        let scratch = try ScratchDirectory("none")
        let directory = scratch.path
        let error = await #expect(throws: GitError.self) { try await Repository(path: directory).commit(at: nil) }
        #expect(error?.reason == .noRepository)
    }

    @Test("a damaged object and a truncated pack are told as damage", arguments: ["loose", "pack"])
    func damage(kind: String) async throws {
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", String(repeating: "# text\n", count: 500))
        try await work.commit()
        let blob = try await work.git("rev-parse", "HEAD:a.yaml")
        let file: String
        if kind == "pack" {
            try await work.git("repack", "-adq")
            let directory = "\(work.path)/.git/objects/pack"
            file = "\(directory)/\(try #require(FileManager.default.contentsOfDirectory(atPath: directory).first { $0.hasSuffix(".pack") }))"
        } else {
            file = "\(work.path)/.git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))"
        }
        let bytes = try #require(FileManager.default.contents(atPath: file))
        try FileManager.default.removeItem(atPath: file)
        #expect(FileManager.default.createFile(atPath: file, contents: bytes.prefix(bytes.count / 2)))
        let error = await #expect(throws: GitError.self) {
            try await Repository(path: work.path).read { repository throws(GitError) in
                let commit = try repository.commit(repository.resolve(nil))
                let entry = try repository.tree(commit.tree)[0]
                return try repository.blob(entry.id, sizeMax: 1 << 20, name: "a.yaml")
            }
        }
        #expect(error?.reason == .corrupt, "\(error.map { "\($0)" } ?? "")")
        #expect(error?.remedy.contains("git fsck") == true)
    }

    @Test("the objects of a push are read from its quarantine before the push is in")
    func quarantine() async throws {
        let scratch = try ScratchDirectory("data")
        let data = scratch.path
        let bare = try await BareRepositories(dataDirectory: data, executable: "/bin/true").ensure("shop")
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", "a: 1\n")
        let commit = try await work.commit("pushed")
        let quarantine = try await work.quarantine(in: bare.path)
        #expect(try await Repository(path: bare.path, quarantinePath: quarantine).commit(at: commit).summary == "pushed")
        await #expect(throws: GitError.self) { try await Repository(path: bare.path).commit(at: commit) }
    }

    @Test("a repository to push to has hooks that call the daemon, and is made once")
    func bareRepository() async throws {
        let scratch = try ScratchDirectory("it's data")
        let data = scratch.path
        let repositories = BareRepositories(dataDirectory: data, executable: "/opt/git ctl/gitctl")
        let bare = try await repositories.ensure("shop")
        async let again = repositories.ensure("shop")
        _ = try await (repositories.ensure("shop"), again)
        let hook = String(decoding: try #require(FileManager.default.contents(atPath: "\(bare.path)/hooks/pre-receive")), as: UTF8.self)
        #expect(hook.contains("exec '/opt/git ctl/gitctl' hook pre-receive --data-dir '\(data.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))' --repository 'shop'"))
        #expect(FileManager.default.isExecutableFile(atPath: "\(bare.path)/hooks/post-receive"))
        #expect(try await Repository(path: bare.path).headBranch() == "main")
    }

    @Test("names that are no plain file name are refused", arguments: ["../x", "a/b", "", ".hidden", "-x", "a b", "x.git"])
    func badNames(name: String) {
        let error = #expect(throws: GitError.self) { try BareRepository(name: name, dataDirectory: "/d", executable: "/x") }
        #expect(error?.reason == .invalid)
    }

    @Test("a remote is fetched whole and then incrementally, branches that went are gone, HEAD follows")
    func mirror() async throws {
        let scratch = try ScratchDirectory("mirror")
        let data = scratch.path
        let work = try await GitRepositoryFixture(branch: "trunk")
        try work.write("a.yaml", "a: 1\n")
        let first = try await work.commit("one")
        try await work.git("branch", "old")
        let mirror = RemoteMirror(url: "file://\(work.path)", directory: data)
        try await mirror.fetch()
        #expect(try await mirror.repository.commit(at: nil).id.description == first)
        #expect(try await mirror.repository.headBranch() == "trunk")
        let second = try await work.commit("two")
        try await work.git("branch", "-D", "old")
        try await mirror.fetch()
        #expect(try await mirror.repository.commit(at: "trunk").id.description == second)
        #expect(try await mirror.repository.branchExists("old") == false)
    }

    @Test("a damaged copy of a remote is fetched anew")
    func mirrorHeals() async throws {
        let scratch = try ScratchDirectory("mirror")
        let data = scratch.path
        let work = try await GitRepositoryFixture()
        let commit = try await work.commit("one")
        let mirror = RemoteMirror(url: "file://\(work.path)", directory: data)
        try await mirror.fetch()
        try FileManager.default.removeItem(atPath: "\(mirror.path)/HEAD")
        try await mirror.fetch()
        #expect(try await mirror.repository.commit(at: nil).id.description == commit)
    }

    @Test("a remote that is not there is unreachable", arguments: ["https://127.0.0.1:1/x.git", "file:///nowhere/at/all", "git://127.0.0.1:1/x.git"])
    func unreachable(url: String) async throws {
        let scratch = try ScratchDirectory("mirror")
        let data = scratch.path
        let error = await #expect(throws: GitError.self) { try await RemoteMirror(url: url, directory: data).fetch() }
        #expect(error?.reason == .unreachable, "\(error.map { "\($0)" } ?? "")")
        #expect(error?.remedy.contains("the last fetched commit stays in use") == true)
    }

    @Test("a fetch from a server that stays silent ends when it is cancelled")
    func cancelledFetch() async throws {
        let scratch = try ScratchDirectory("mirror")
        let silent = try SilentServer()
        let mirror = RemoteMirror(url: "git://127.0.0.1:\(silent.port)/x.git", directory: scratch.path)
        await withTaskGroup(of: Void.self) { group in
            // Fails, since it was cancelled; that it ends at all is what counts.
            group.addTask { try? await mirror.fetch(timeout: .seconds(600)) }
            await silent.waitForConnection()
            group.cancelAll()
        }
    }

    @Test("no message repeats the credentials in a URL", arguments: ["https://ada:s3cret@127.0.0.1:port/x.git", "https://ada:s3cret@127.0.0.1:1/x.git", "nonsense://ada:s3cret@127.0.0.1/x.git"])
    func secretURL(url: String) async throws {
        let scratch = try ScratchDirectory("mirror")
        let error = await #expect(throws: GitError.self) { try await RemoteMirror(url: url, directory: scratch.path).fetch() }
        #expect(error?.description.contains("s3cret") == false, "\(error.map { "\($0)" } ?? "")")
    }

    @Test("credentials in a URL are not shown")
    func displayURL() {
        #expect(RemoteMirror.withoutCredentials("https://user:token@host/x@y.git") == "https://host/x@y.git")
        #expect(RemoteMirror.withoutCredentials("https://token@host/x.git") == "https://host/x.git")
        #expect(RemoteMirror.withoutCredentials("ssh://git@host/x.git") == "ssh://git@host/x.git")
        #expect(RemoteMirror.withoutCredentials("git@host:x.git") == "git@host:x.git")
        for url in ["https://user:to/ken@host/x.git", "https://user:12/ken@host/x.git", "https://to/ken@host/x.git", "https://user:to/k@en/y@host/x.git"] {
            #expect(RemoteMirror.withoutCredentials(url) == "https://host/x.git", "\(url)")
        }
        #expect(RemoteMirror.withoutCredentials("https://host:8443/x.git") == "https://host:8443/x.git")
    }
}

/// Takes TCP connections on loopback and says nothing.
private final class SilentServer: Sendable {
    struct Failure: Error {}

    let port: Int
    private let listener: Int32

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size) + listen(listener, 1) + getsockname(listener, address, &size)
            }
        }
        guard code == 0 else { throw Failure() }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    /// The connection stays open, unread, until the test ends.
    func waitForConnection() async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [listener] in
                var poll = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
                _ = Glibc.poll(&poll, 1, 30_000)
                continuation.resume()
            }
        }
    }

    deinit { close(listener) }
}
