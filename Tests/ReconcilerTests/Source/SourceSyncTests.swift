import APIMachinery
import Foundation
import TestSupport
import Testing

@testable import Reconciler

@Suite("Source: Applications of remote repositories", .timeLimit(.minutes(3)))
struct SourceSyncTests {
    private func key(_ name: String) -> ObjectKey { ObjectKey(.applications, namespace: "gitctl-system", name: name) }
    private func text(_ object: Object?) -> String? { object?.fields["data"]?["text"]?.string }

    @Test("no credential, right or wrong, is in anything that the reconciler says: lines, status, log")
    func silence() async throws {
        let log = CapturedLog()
        let served = try await ServedRepository()
        let authority = try await TestAuthority(in: served.scratch.path + "/pki")
        let server = try await GitHTTPServer(
            root: served.root, authority: authority, authorization: [basic("ada", "r1ghtPass"), "Bearer r1ghtToken"], log: served.scratch.path + "/log")
        let key = try await SSHKey(in: served.scratch.path + "/keys", name: "user", passphrase: "r1ghtPhrase")
        let stranger = try await SSHKey(in: served.scratch.path + "/keys", name: "stranger", passphrase: "wr0ngPhrase")
        let ssh = try await SSHServer(in: served.scratch.path + "/ssh", authorizedKeys: [key.publicKey])
        let secrets: [(name: String, url: String, isRight: Bool, data: [String: String])] = [
            ("pass", server.url("site.git"), true, ["username": "ada", "password": "r1ghtPass", "ca.crt": authority.certificate]),
            ("pass-wrong", server.url("site.git"), false, ["username": "ada", "password": "wr0ngPass", "ca.crt": authority.certificate]),
            ("token", server.url("site.git"), true, ["bearerToken": "r1ghtToken", "ca.crt": authority.certificate]),
            ("token-wrong", server.url("site.git"), false, ["bearerToken": "wr0ngToken", "ca.crt": authority.certificate]),
            ("user", server.url("site.git", user: "ada:r1ghtPass@"), true, ["ca.crt": authority.certificate]),
            ("user-wrong", server.url("site.git", user: "ada:wr0ngPass@"), false, ["ca.crt": authority.certificate]),
            ("user-elsewhere", "https://ada:wr0ngPass@127.0.0.1:1/site.git", false, ["ca.crt": authority.certificate]),
            ("user-malformed", "https://ada:wr0ngPass@127.0.0.1:port/site.git", false, ["ca.crt": authority.certificate]),
            ("key", ssh.url(served.path), true, ["identity": key.privateKey, "password": "r1ghtPhrase", "known_hosts": ssh.knownHostsLine]),
            ("key-wrong", ssh.url(served.path), false, ["identity": stranger.privateKey, "password": "wr0ngPhrase", "known_hosts": ssh.knownHostsLine]),
            ("phrase-wrong", ssh.url(served.path), false, ["identity": key.privateKey, "password": "wr0ngPhrase", "known_hosts": ssh.knownHostsLine]),
            ("host-wrong", ssh.url(served.path), false, ["identity": key.privateKey, "password": "r1ghtPhrase", "known_hosts": "none"]),
        ]
        let hidden = [
            "r1ghtPass", "wr0ngPass", "r1ghtToken", "wr0ngToken", "r1ghtPhrase", "wr0ngPhrase", "PRIVATE KEY", Data("ada:r1ghtPass".utf8).base64EncodedString(),
            Data("ada:wr0ngPass".utf8).base64EncodedString(), String(key.privateKey.split(separator: "\n")[1]), String(stranger.privateKey.split(separator: "\n")[1]),
        ]
        try await RunningReconciler.with(logger: log.logger) { running in
            for secret in secrets {
                _ = try await running.cluster.client.create(.secrets, .secret(secret.name, secret.data))
                let source: JSONObject = ["url": .string(secret.url), "secretRef": ["name": .string(secret.name)]]
                try await running.cluster.createApplication(secret.name, source: source, spec: ["destination": ["namespace": "default"]])
                let seen = try await running.cluster.wait(for: .applications, secret.name, in: "gitctl-system") { object in
                    object.map { ApplicationStatus($0.status).condition("Synced") != nil } ?? false
                }
                let object = try #require(seen)
                let lines = Lines()
                // An error is as much of an answer as a result.
                let answer: String
                do {
                    answer = "\(try await running.reconciler.sync(application: self.key(secret.name), revision: nil, isDryRun: false, report: lines.report))"
                } catch {
                    answer = "\(error) \(SyncFailure(error, commit: nil).lines)"
                }
                #expect(ApplicationStatus(object.status).condition("Synced").map { $0.status == .isTrue } == secret.isRight, "\(secret.name): \(object.status.text)")
                for said in [object.status.text, lines.text, answer] {
                    for value in hidden { #expect(!said.contains(value), "\(secret.name): \(said)") }
                }
                _ = try await running.cluster.client.delete(self.key(secret.name))
            }
        }
        #expect(log.text.contains("synced"))
        for value in hidden { #expect(!log.text.contains(value)) }
    }

    @Test("a Secret that is corrected is used at once")
    func correctedSecret() async throws {
        let served = try await ServedRepository()
        let authority = try await TestAuthority(in: served.scratch.path + "/pki")
        let server = try await GitHTTPServer(root: served.root, authority: authority, authorization: [basic("ada", "new")], log: served.scratch.path + "/log")
        try await RunningReconciler.with { running in
            let cluster = running.cluster
            try await cluster.createApplication(
                "site", source: ["url": .string(server.url("site.git")), "secretRef": ["name": "auth"]], spec: ["sync": ["interval": "1h"]])
            let missing = try await cluster.application("site", synced: "SourceUnauthorized").status.condition("Synced")
            #expect(
                missing?.message
                    == "Secret gitctl-system/auth, which spec.source.secretRef names, is not there; create it with username, password, bearerToken, ca.crt, caFile, identity or known_hosts, as the server needs")
            _ = try await cluster.client.create(.secrets, .secret("auth", ["username": "ada", "password": "old", "ca.crt": authority.certificate]))
            try await cluster.wait(for: .applications, "site", in: "gitctl-system") { object in
                ApplicationStatus(object?.status ?? .null).condition("Synced")?.message.contains("the server refuses the credentials of Secret gitctl-system/auth") ?? false
            }
            let secret = ObjectKey(.secrets, namespace: "gitctl-system", name: "auth")
            _ = try await cluster.client.patch(secret, .merge(["data": ["password": .string(Data("new".utf8).base64EncodedString())]]))
            try await cluster.application("site", synced: "Synced")
        }
    }

    @Test("fifty Applications of one repository cost one fetch an interval, and all see the commit")
    func shared() async throws {
        let served = try await ServedRepository()
        let authority = try await TestAuthority(in: served.scratch.path + "/pki")
        let server = try await GitHTTPServer(root: served.root, authority: authority, log: served.scratch.path + "/log")
        let names = (0..<50).map { "app-\($0)" }
        for name in names { try served.work.write("\(name)/page.yaml", ServedRepository.page(name)) }
        let first = try await served.push()
        let cluster = try await TestCluster()
        _ = try await cluster.client.create(.secrets, .secret("auth", ["ca.crt": authority.certificate]))
        for name in names {
            try await cluster.createApplication(name, source: ["url": .string(server.url("site.git")), "path": .string(name), "secretRef": ["name": "auth"]])
        }
        let clock = VirtualClock(now: Timestamp(seconds: 1_800_000_000))
        try await RunningReconciler.with(clock: clock, cluster: cluster) { _ in
            for name in names { try await cluster.application(name, synced: "Synced", at: first) }
            let atStart = server.fetches
            #expect((1...10).contains(atStart), "\(atStart) fetches for 50 Applications that begin together")
            try served.work.write("app-7/page.yaml", ServedRepository.page("app-7", "two"))
            let second = try await served.push()
            clock.advance(by: Application.intervalDefault)
            for name in names { try await cluster.application(name, synced: "Synced", at: second) }
            #expect(server.fetches == atStart + 1)
            #expect(text(try await cluster.get(.configMaps, "app-7")) == "two")
        }
    }

    @Test("the copy of a remote goes with the last Application that reads it, at once or at the next start; a submodule's stays while it may be read")
    func unusedCopies() async throws {
        let (one, two) = (try await ServedRepository("one.git"), try await ServedRepository("two.git"))
        let cluster = try await TestCluster()
        func object(_ name: String, _ served: ServedRepository, submodules: Bool = false) -> Object {
            Object(.applications, namespace: "gitctl-system", name: name, ["spec": ["source": ["url": .string("https://h/" + served.name), "submodules": .bool(submodules)]]])
        }
        let data = one.scratch.path + "/data"
        func path(_ served: ServedRepository) -> String { RemoteMirror.path("https://h/" + served.name, access: nil, in: data + "/git/remotes") }
        func make(_ served: ServedRepository) async throws { try await one.work.git("clone", "--quiet", "--mirror", served.path, path(served)) }
        func present() -> [Bool] { [one, two].map { FileManager.default.fileExists(atPath: path($0)) } }
        var sources = Sources(dataDirectory: data, client: cluster.client, clock: SystemClock())
        let (a, b, c) = (object("a", one), object("b", one), object("c", two))
        for served in [one, two] {
            try await make(served)
            _ = sources.mirror(Sources.Remote(url: "https://h/" + served.name, secret: nil))
        }
        sources.removeUnused(by: [a, b, c])
        sources.removeUnused(by: [b, c])
        #expect(present() == [true, true])
        sources.removeUnused(by: [object("c", two, submodules: true)])
        #expect(present() == [true, true], "it may be a submodule's")
        sources.removeUnused(by: [c])
        #expect(present() == [false, true])

        sources = Sources(dataDirectory: data, client: cluster.client, clock: SystemClock())
        sources.removeUnused(by: [object("a", one, submodules: true)])
        #expect(present() == [false, true], "nobody knows whose it was")
        sources.removeUnused(by: [a])
        #expect(present() == [false, false])
        try await make(one)
        #expect(present() == [true, false], "the next copy takes the same place")
    }

    @Test("with its Application a remote's copy is gone")
    func copyOfDeleted() async throws {
        let served = try await ServedRepository()
        let authority = try await TestAuthority(in: served.scratch.path + "/pki")
        let server = try await GitHTTPServer(root: served.root, authority: authority, log: served.scratch.path + "/log")
        try await RunningReconciler.with { running in
            let cluster = running.cluster
            _ = try await cluster.client.create(.secrets, .secret("auth", ["ca.crt": authority.certificate]))
            for (name, path, reason) in [("a", ".", "Synced"), ("b", "none", "PathNotFound")] {
                try await cluster.createApplication(name, source: ["url": .string(server.url("site.git")), "path": .string(path), "secretRef": ["name": "auth"]])
                try await cluster.application(name, synced: reason)
            }
            let path = RemoteMirror.path(server.url("site.git"), access: "gitctl-system/auth", in: running.data + "/git/remotes")
            for (name, isLast) in [("b", false), ("a", true)] {
                try await cluster.client.delete(ObjectKey(.applications, namespace: "gitctl-system", name: name))
                // Seen after the deletion.
                try await cluster.createApplication("after-\(name)", source: ["repository": "none"])
                _ = await running.reconciler.worker(for: ObjectKey(.applications, namespace: "gitctl-system", name: "after-\(name)"))
                #expect(FileManager.default.fileExists(atPath: path) == !isLast)
            }
        }
    }

    @Test("many who ask at once share fetches, and one that is cancelled takes nobody along")
    func atOnce() async throws {
        let served = try await ServedRepository()
        let mirror = RemoteMirror(url: "file://\(served.path)", directory: served.scratch.path + "/mirrors")
        let tasks = (0..<40).map { _ in Task { try await mirror.fetch() } }
        for index in stride(from: 0, to: tasks.count, by: 4) { tasks[index].cancel() }
        for (index, task) in tasks.enumerated() {
            let result = await task.result
            if index % 4 != 0 { try result.get() }
        }
        #expect(mirror.fetches < 30, "\(mirror.fetches) fetches for 30 that stayed")
        #expect(try await mirror.repository.commit(at: nil).summary == "one")
    }

    @Test("a fetch for one Application tells the others of its repository")
    func told() async throws {
        let served = try await ServedRepository()
        let authority = try await TestAuthority(in: served.scratch.path + "/pki")
        let server = try await GitHTTPServer(root: served.root, authority: authority, log: served.scratch.path + "/log")
        let cluster = try await TestCluster()
        _ = try await cluster.client.create(.secrets, .secret("auth", ["ca.crt": authority.certificate]))
        let clock = VirtualClock(now: Timestamp(seconds: 1_800_000_000))
        try served.work.write("a/a.yaml", ServedRepository.page("a"))
        try served.work.write("b/b.yaml", ServedRepository.page("b"))
        let first = try await served.push()
        for (name, interval) in [("a", "1m"), ("b", "24h")] {
            let source: JSONObject = ["url": .string(server.url("site.git")), "path": .string(name), "secretRef": ["name": "auth"]]
            try await cluster.createApplication(name, source: source, spec: ["sync": ["interval": .string(interval)]])
        }
        try await RunningReconciler.with(clock: clock, cluster: cluster) { _ in
            for name in ["a", "b"] { try await cluster.application(name, synced: "Synced", at: first) }
            let second = try await served.push()
            clock.advance(by: .seconds(60))
            for name in ["a", "b"] { try await cluster.application(name, synced: "Synced", at: second) }
        }
    }

    @Test("a push over what was there is followed, a branch that is gone is told, and what runs stays")
    func rewritten() async throws {
        let served = try await ServedRepository()
        let authority = try await TestAuthority(in: served.scratch.path + "/pki")
        let server = try await GitHTTPServer(root: served.root, authority: authority, log: served.scratch.path + "/log")
        try await served.work.git("checkout", "--quiet", "-b", "live")
        try served.work.write("page.yaml", ServedRepository.page("page", "two"))
        let old = try await served.push()
        try await RunningReconciler.with { running in
            let cluster = running.cluster
            _ = try await cluster.client.create(.secrets, .secret("auth", ["ca.crt": authority.certificate]))
            try await cluster.createApplication(
                "site", source: ["url": .string(server.url("site.git")), "revision": "live", "secretRef": ["name": "auth"]], spec: ["sync": ["interval": "1h"]])
            try await cluster.application("site", synced: "Synced", at: old)
            try await served.work.git("reset", "--quiet", "--hard", "HEAD~1")
            try served.work.write("page.yaml", ServedRepository.page("page", "three"))
            let new = try await served.push("rewritten")
            let result = try await running.reconciler.sync(application: key("site"), revision: nil, isDryRun: false, report: { _ in })
            #expect(result.revision == new)
            #expect(text(try await cluster.get(.configMaps, "page")) == "three")
            try await served.work.git("push", "--quiet", served.path, ":live")
            let error = await #expect(throws: GitError.self) {
                try await running.reconciler.sync(application: key("site"), revision: nil, isDryRun: false, report: { _ in })
            }
            #expect(error?.description.contains("has no branch, tag or commit \"live\"; its branches are main") == true, "\(error.map { "\($0)" } ?? "")")
            #expect(text(try await cluster.get(.configMaps, "page")) == "three")
        }
    }

    @Test("a server that holds a shallow clone, which libgit2 1.5 cannot read, is told apart from one that is away")
    func shallow() async throws {
        let served = try await ServedRepository()
        for number in 0..<3 { try await served.push("change \(number)") }
        let tip = try await served.work.git("rev-parse", "HEAD")
        try await served.work.git("clone", "--quiet", "--bare", "--depth", "1", "file://\(served.path)", "\(served.root)/shallow.git")
        let authority = try await TestAuthority(in: served.scratch.path + "/pki")
        let server = try await GitHTTPServer(root: served.root, authority: authority, log: served.scratch.path + "/log")
        let mirror = RemoteMirror.test(server.url("shallow.git"), in: served.scratch.path, secret: ["ca.crt": authority.certificate])
        do throws(GitError) {
            try await mirror.fetch()
        } catch {
            // A newer libgit2 reads it.
            #expect(
                error.description
                    == "fetching \(server.url("shallow.git")): error parsing REF pkt-line: libgit2 cannot read the server's list of references; if its repository is a shallow clone, complete it there with git fetch --unshallow; the last fetched commit stays in use")
            try await served.work.git("-C", "\(served.root)/shallow.git", "fetch", "--quiet", "--unshallow")
            try await mirror.fetch()
        }
        #expect(try await mirror.repository.commit(at: nil).id.description == tip)
    }
}
