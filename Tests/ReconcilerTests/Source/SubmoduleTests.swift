import APIMachinery
import Foundation
import TestSupport
import Testing

@testable import Reconciler

@Suite("Source: submodules", .timeLimit(.minutes(2)))
struct SubmoduleTests {
    /// Pins a commit of another repository at a path.
    private func pin(_ commit: String, at path: String, url: String, in work: GitRepositoryFixture) async throws {
        try await work.git("config", "-f", ".gitmodules", "submodule.\(path).path", path)
        try await work.git("config", "-f", ".gitmodules", "submodule.\(path).url", url)
        try await work.git("add", ".gitmodules")
        try await work.git("update-index", "--add", "--cacheinfo", "160000,\(commit),\(path)")
    }

    private func commitIndex(_ work: GitRepositoryFixture) async throws -> String {
        try await work.git("commit", "--quiet", "-m", "pin")
        return try await work.git("rev-parse", "HEAD")
    }

    private func sources(_ scratch: ScratchDirectory, _ cluster: TestCluster) -> Sources {
        Sources(dataDirectory: scratch.path + "/data", client: cluster.client, clock: SystemClock())
    }

    private func application(_ url: String, path: String = ".", reads: Bool = true, secret: String? = nil) -> Application {
        var application = Application(namespace: "gitctl-system", name: "site", origin: .url(url), path: path)
        application.source.readsSubmodules = reads
        application.source.secretName = secret
        return application
    }

    @Test("a submodule is read as if it were a directory, with those within it, links across and kustomizations over it")
    func local() async throws {
        let cluster = try await TestCluster()
        let inner = try await ServedRepository("inner.git")
        try inner.work.write("deep.yaml", ServedRepository.page("deep"))
        try inner.work.remove("page.yaml")
        let deep = try await inner.push()
        let lib = try await ServedRepository("lib.git", in: inner.scratch)
        try lib.work.write("page.yaml", ServedRepository.page("lib"))
        try lib.work.write("kust/kustomization.yaml", "resources: [kust.yaml]\n")
        try lib.work.write("kust/kust.yaml", ServedRepository.page("kust"))
        try await lib.work.git("add", "--all")
        try await pin(deep, at: "deep", url: "../inner.git", in: lib.work)
        let middle = try await commitIndex(lib.work)
        try await lib.work.push(to: lib.path)
        let site = try await ServedRepository("site.git", in: inner.scratch)
        try site.work.write("overlay/kustomization.yaml", "resources: [../vendor/lib/kust]\nnamePrefix: k-\n")
        try site.work.symlink("link.yaml", to: "vendor/lib/deep/deep.yaml")
        try await site.work.git("add", "--all")
        try await pin(middle, at: "vendor/lib", url: "../lib.git", in: site.work)
        _ = try await commitIndex(site.work)
        try await site.work.push(to: site.path)

        let sources = sources(inner.scratch, cluster)
        let whole = application(site.path)
        let resolved = try await sources.resolve(whole, fetches: true)
        let rendered = try await Renderer().render(resolved, for: whole, client: cluster.client)
        #expect(rendered.objects.map { "\($0.origin.path) \($0.key.name)" } == ["link.yaml deep", "vendor/lib/kust/kust.yaml k-kust", "page.yaml page", "vendor/lib/kust/kust.yaml kust", "vendor/lib/page.yaml lib"])
        #expect(rendered.warnings.isEmpty)
        let within = application(site.path, path: "vendor/lib/deep")
        let part = try await Renderer().render(sources.resolve(within, fetches: true), for: within, client: cluster.client)
        #expect(part.objects.map { "\($0.origin.path) \($0.key.name)" } == ["vendor/lib/deep/deep.yaml deep"])
        // Whoever needs none of them can still read what another asks for.
        let beside = try await sources.resolve(application(site.path, path: "overlay"), fetches: true)
        #expect(beside.submodules?.isEmpty == true)
        #expect(try await beside.completed(for: whole).submodules?.count == 2)
    }

    @Test("without the field a submodule is left out, and the warning names the field")
    func off() async throws {
        let cluster = try await TestCluster()
        let lib = try await ServedRepository("lib.git")
        let site = try await ServedRepository("site.git", in: lib.scratch)
        try await pin(try await lib.work.git("rev-parse", "HEAD"), at: "vendor", url: "../lib.git", in: site.work)
        _ = try await commitIndex(site.work)
        try await site.work.push(to: site.path)
        let sources = sources(lib.scratch, cluster)
        let plain = application(site.path, reads: false)
        let rendered = try await Renderer().render(sources.resolve(plain, fetches: true), for: plain, client: cluster.client)
        #expect(rendered.warnings == ["vendor is a submodule, and its manifests are left out; set spec.source.submodules: true to deploy them"])
        let inside = application(site.path, path: "vendor", reads: false)
        let error = await #expect(throws: GitError.self) { try await Renderer().render(sources.resolve(inside, fetches: true), for: inside, client: cluster.client) }
        #expect(error?.description == "the path \"vendor\" is a submodule, which is read with spec.source.submodules: true; set spec.source.path (gitctl up --path) to the directory of the manifests")
    }

    @Test("over https with the Application's own credentials, fetched when what is pinned is not there, and only then")
    func remote() async throws {
        let cluster = try await TestCluster()
        let lib = try await ServedRepository("lib.git")
        let site = try await ServedRepository("site.git", in: lib.scratch)
        let authority = try await TestAuthority(in: lib.scratch.path + "/pki")
        let server = try await GitHTTPServer(root: lib.root, authority: authority, authorization: [basic("ada", "s3cret")], log: lib.scratch.path + "/log")
        _ = try await cluster.client.create(.secrets, .secret("auth", ["username": "ada", "password": "s3cret", "ca.crt": authority.certificate]))
        try lib.work.write("page.yaml", ServedRepository.page("lib"))
        try await pin(try await lib.push(), at: "vendor", url: "../lib.git", in: site.work)
        _ = try await commitIndex(site.work)
        try await site.work.push(to: site.path)
        let sources = sources(lib.scratch, cluster)
        let application = application(server.url("site.git"), path: "vendor", secret: "auth")
        func names() async throws -> [String] {
            try await Renderer().render(sources.resolve(application, fetches: true), for: application, client: cluster.client).objects.map(\.key.name)
        }
        #expect(try await names() == ["lib"])
        #expect(try await names() == ["lib"])
        #expect(server.requests.count { $0.contains("/lib.git/info/refs") && $0.hasSuffix(" 200") } == 1)
        try lib.work.write("page.yaml", ServedRepository.page("lib-2"))
        try await pin(try await lib.push(), at: "vendor", url: "../lib.git", in: site.work)
        _ = try await commitIndex(site.work)
        try await site.work.push(to: site.path)
        #expect(try await names() == ["lib-2"])
    }

    @Test("what cannot be read is refused: another server, a commit that is nowhere, no URL, a way out of gitctl's own")
    func refused() async throws {
        let cluster = try await TestCluster()
        let lib = try await ServedRepository("lib.git")
        let authority = try await TestAuthority(in: lib.scratch.path + "/pki")
        let server = try await GitHTTPServer(root: lib.root, authority: authority, log: lib.scratch.path + "/log")
        _ = try await cluster.client.create(.secrets, .secret("auth", ["ca.crt": authority.certificate]))
        let sources = sources(lib.scratch, cluster)
        func failure(_ url: String, commit: String? = nil, own: Bool = false) async throws -> String {
            let site = try await GitRepositoryFixture()
            try await pin(try await commit == nil ? lib.work.git("rev-parse", "HEAD") : commit ?? "", at: "vendor", url: url, in: site)
            _ = try await commitIndex(site)
            let bare = own ? lib.scratch.path + "/data/git/site.git" : lib.root + "/site.git"
            try? FileManager.default.removeItem(atPath: bare)
            try await site.git("init", "--quiet", "--bare", "--initial-branch=main", bare)
            try await site.push(to: bare)
            var application = application(server.url("site.git"), secret: "auth")
            if own {
                application.origin = .repository("site")
                application.source.secretName = nil
            }
            do throws(GitError) {
                _ = try await sources.resolve(application, fetches: true)
                return ""
            } catch {
                return error.description
            }
        }
        let elsewhere = "which is not on the server of the repository itself; give it a URL relative to the repository (../NAME.git) in .gitmodules, and keep a copy there"
        #expect(try await failure("https://user:s3cret@other.example.org/x.git") == "the submodule vendor is at https://other.example.org/x.git, \(elsewhere)")
        #expect(try await failure("/etc") == "the submodule vendor is at /etc, \(elsewhere)")
        #expect(try await failure("https://127.0.0.1:1/x.git") == "the submodule vendor is at https://127.0.0.1:1/x.git, \(elsewhere)")
        let nowhere = String(repeating: "ab", count: 20)
        #expect(try await failure("../lib.git", commit: nowhere) == "the submodule vendor: ../lib.git has no commit abababa, which is pinned; push it there, to a branch or tag")
        #expect(
            try await failure("../../../etc/x.git", own: true)
                == "the submodule vendor is at ../../../etc/x.git, which is no repository of gitctl's own; push it to gitctl as a repository, and name it as ../NAME.git in .gitmodules")
    }

    @Test("one that .gitmodules does not name is an error of the commit")
    func unnamed() async throws {
        let cluster = try await TestCluster()
        let site = try await ServedRepository("site.git")
        try await site.work.git("update-index", "--add", "--cacheinfo", "160000,\(String(repeating: "ab", count: 20)),vendor")
        _ = try await commitIndex(site.work)
        try await site.work.push(to: site.path)
        let application = application(site.path)
        let sources = sources(site.scratch, cluster)
        let error = await #expect(throws: RenderFailure.self) {
            try await Renderer().render(sources.resolve(application, fetches: true), for: application, client: cluster.client)
        }
        #expect(error?.lines == ["vendor: a submodule for which .gitmodules names no URL; add it there (git submodule add), or remove it"])
    }

    @Test("the clone of whoever asks for a diff is read with what is checked out there")
    func clone() async throws {
        let cluster = try await TestCluster()
        let lib = try await ServedRepository("lib.git")
        try lib.work.write("page.yaml", ServedRepository.page("lib"))
        try await lib.push()
        let site = try await ServedRepository("site.git", in: lib.scratch)
        try await site.work.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "\(lib.root)/lib.git", "vendor/lib")
        try await site.work.commit("pin")
        let application = application("https://127.0.0.1:1/site.git", path: "vendor")
        let repository = Repository(path: site.work.path)
        let resolved = try await Sources.Resolved.local(repository, repository.commit(at: nil), for: application)
        #expect(try await Renderer().render(resolved, for: application, client: cluster.client).objects.map(\.key.name) == ["lib"])
    }
}
