import Foundation
import TestSupport
import Testing

@testable import Reconciler

@Suite("Source: which host keys are trusted", .timeLimit(.minutes(1)))
struct KnownHostsTests {
    /// Keys made by ssh-keygen for this test alone; their private halves are not kept.
    private static let first = "AAAAC3NzaC1lZDI1NTE5AAAAIGPRjFyLChE4k0XuAZooeibx6iOM93uOfNS1NduZvMI4"
    private static let second = "AAAAC3NzaC1lZDI1NTE5AAAAIO9eERr9xW5KqkLbsZZKBPPjWSL/JHxBrz7xC2PM59/Z"

    private func key(_ text: String) throws -> KnownHosts.Key {
        let bytes = try #require(Data(base64Encoded: text))
        return try #require(KnownHosts.Key(Array(bytes)))
    }

    @Test(
        "names, lists, wildcards, ports and negation",
        arguments: [
            ("git.example.org", "git.example.org", true), ("GIT.example.org", "git.example.org", true), ("a,git.example.org,b", "git.example.org", true),
            ("*.example.org", "git.example.org", true), ("gi?.example.org", "git.example.org", true), ("*.example.org,!git.example.org", "git.example.org", false),
            ("[git.example.org]:2222", "[git.example.org]:2222", true), ("git.example.org", "[git.example.org]:2222", false), ("other", "git.example.org", false),
        ])
    func names(pattern: String, host: String, isKnown: Bool) throws {
        let hosts = KnownHosts("# a comment\n\n\(pattern) ssh-ed25519 \(Self.first) somebody\n")
        #expect((hosts.verdict(on: try key(Self.first), of: host) == .known) == isKnown)
    }

    @Test("names hashed by ssh-keygen -H")
    func hashed() async throws {
        let scratch = try ScratchDirectory("hosts")
        let file = scratch.path + "/known_hosts"
        try "git.example.org ssh-ed25519 \(Self.first)\n[git.example.org]:2222 ssh-ed25519 \(Self.second)\n".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try await CommandRunner().run(["ssh-keygen", "-q", "-H", "-f", file]).isSuccess)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(!text.contains("git.example.org"))
        let hosts = KnownHosts(text)
        #expect(hosts.verdict(on: try key(Self.first), of: "git.example.org") == .known)
        #expect(hosts.verdict(on: try key(Self.second), of: "[git.example.org]:2222") == .known)
        #expect(hosts.verdict(on: try key(Self.first), of: "other.example.org") == .unknown(otherTypes: []))
    }

    @Test("another key of the same type is a change, one of another type is unknown, a revoked one is neither")
    func verdicts() throws {
        let (first, second) = (try key(Self.first), try key(Self.second))
        #expect(KnownHosts("h ssh-ed25519 \(Self.first)").verdict(on: second, of: "h") == .changed(known: first.fingerprint))
        let other = KnownHosts.Key(type: "ecdsa-sha2-nistp256", hash: second.hash)
        #expect(KnownHosts("h ssh-ed25519 \(Self.first)").verdict(on: other, of: "h") == .unknown(otherTypes: ["ssh-ed25519"]))
        #expect(KnownHosts("@revoked * ssh-ed25519 \(Self.first)\nh ssh-ed25519 \(Self.first)").verdict(on: first, of: "h") == .revoked)
        #expect(KnownHosts("@cert-authority h ssh-ed25519 \(Self.first)").verdict(on: first, of: "h") == .unknown(otherTypes: []))
        #expect(KnownHosts("h ssh-rsa \(Self.first)\nh ssh-ed25519 nonsense\nh ssh-ed25519").verdict(on: first, of: "h") == .unknown(otherTypes: []))
    }

    @Test("the fingerprint is ssh-keygen's")
    func fingerprint() async throws {
        let scratch = try ScratchDirectory("hosts")
        let file = scratch.path + "/key.pub"
        try "ssh-ed25519 \(Self.first) c\n".write(toFile: file, atomically: true, encoding: .utf8)
        let output = try await CommandRunner().run(["ssh-keygen", "-l", "-f", file]).output
        #expect(output.contains(try #require(try key(Self.first).fingerprint.split(separator: " ").last)))
    }
}

@Suite("Source: addresses and .gitmodules", .timeLimit(.minutes(1)))
struct RemoteURLTests {
    @Test(
        "an address in its pieces",
        arguments: [
            ("https://Git.Example.org/org/site.git", "https git.example.org /org/site.git"), ("https://u:p@h:8443/x", "https u:p h 8443 /x"),
            ("ssh://git@h:2222/x", "ssh git h 2222 /x"), ("git@h:org/x.git", "ssh git h org/x.git"), ("h:x", "ssh h x"),
            ("ssh://git@[2001:db8::1]:2222/x", "ssh git 2001:db8::1 2222 /x"), ("/srv/x", "/srv/x"), ("file:///srv/x", "/srv/x"),
        ])
    func pieces(text: String, expected: String) {
        let url = RemoteURL(text)
        let pieces: [String?] = [url.scheme, url.user, url.host, url.port.map(String.init), url.path]
        #expect(pieces.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ") == expected)
    }

    @Test(
        "where a submodule is",
        arguments: [
            ("https://h/org/site.git", "../lib.git", "https://h/org/lib.git"), ("https://u:p@h/org/site.git", "../../o/lib", "https://u:p@h/o/lib"),
            ("git@h:org/site.git", "../lib.git", "git@h:org/lib.git"), ("ssh://git@h:22/org/site", "./lib", "ssh://git@h:22/org/site/lib"),
            ("/data/git/shop.git", "../lib.git", "/data/git/lib.git"), ("https://u:p@h/a", "https://h/b", "https://u:p@h/b"),
            ("https://u:p@h/a", "https://other/b", "https://other/b"), ("https://h/a", "../../b", nil),
        ])
    func submodules(base: String, text: String, expected: String?) { #expect(RemoteURL(base).resolving(text)?.text == expected) }

    @Test(
        "one server is one scheme, host and port",
        arguments: [
            ("https://h/a", "https://H:443/b", true), ("https://h/a", "http://h/b", false), ("https://h/a", "https://h:8443/b", false),
            ("ssh://git@h/a", "git@h:b", true), ("https://h/a", "git@h:b", false), ("/a", "/b", true), ("https://h/a", "/b", false),
        ])
    func servers(a: String, b: String, isSame: Bool) { #expect(RemoteURL(a).isSameServer(as: RemoteURL(b)) == isSame) }

    @Test(".gitmodules as git reads it: quotes, comments, escapes, paths that lead out are passed over")
    func modules() async throws {
        let text = """
            # ours
            [submodule "lib"]
            \tpath = vendor/lib ; a comment
            \turl = ../lib.git
            [core] include = x
            [include]
            \tpath = /etc/passwd
            [SubModule "a \\"b\\""]
            \tPATH = "with space"
            \turl = "https://h/x#y"
            \tbranch = main
            [submodule "out"]
            \tpath = ../out
            \turl = ../out.git
            [submodule "half"]
            \tpath = half
            """
        let modules = GitModules(parsing: Array(text.utf8)).modules
        #expect(
            modules == [
                .init(name: "lib", path: "vendor/lib", url: "../lib.git"), .init(name: "a \"b\"", path: "with space", url: "https://h/x#y"),
            ])
        let work = try await GitRepositoryFixture()
        try work.write(".gitmodules", text)
        for module in modules {
            #expect(try await work.git("config", "-f", ".gitmodules", "submodule.\(module.name).url") == module.url)
            #expect(try await work.git("config", "-f", ".gitmodules", "submodule.\(module.name).path") == module.path)
        }
    }
}
