import APIMachinery
import Foundation
import TestSupport
import Testing

@testable import Reconciler

@Suite("Source: https with credentials and authorities of one's own", .timeLimit(.minutes(2)))
struct HTTPSSourceTests {
    private struct Fixture {
        let served: ServedRepository
        let authority: TestAuthority
        let server: GitHTTPServer
        var url: String { server.url("site.git") }
        var mirrors: String { served.scratch.path + "/mirrors" }

        init(_ authorization: [String]? = nil, name: String = "IP:127.0.0.1", elsewhere: String = "") async throws {
            served = try await ServedRepository()
            authority = try await TestAuthority(in: served.scratch.path + "/pki", name: name)
            server = try await GitHTTPServer(
                root: served.root, authority: authority, authorization: authorization, elsewhere: elsewhere, log: served.scratch.path + "/https.log")
        }

        func fetch(_ secret: [String: String]?, path: String = "site.git", user: String = "") async throws(GitError) -> String {
            let mirror = RemoteMirror.test(server.url(path, user: user), in: mirrors, secret: secret)
            try await mirror.fetch()
            return try await mirror.repository.commit(at: nil).summary
        }

        func error(_ secret: [String: String]?, path: String = "site.git", user: String = "") async -> String {
            do throws(GitError) {
                return try await fetch(secret, path: path, user: user)
            } catch {
                return "\(error.reason): \(error)".replacing("127.0.0.1:\(server.port)", with: "HOST")
            }
        }
    }

    @Test("username and password, right and wrong, in the Secret and in the URL")
    func password() async throws {
        let fixture = try await Fixture([basic("ada", "s3cret/word")])
        let authority = fixture.authority.certificate
        #expect(try await fixture.fetch(["username": "ada", "password": "s3cret/word\n", "ca.crt": authority]) == "one")
        #expect(try await fixture.fetch(["caFile": authority], user: "ada:s3cret%2Fword@") == "one")
        let refused = "unauthorized: https://HOST/site.git: the server refuses the credentials of Secret gitctl-system/auth; correct that Secret, or what its user may read"
        #expect(await fixture.error(["username": "ada", "password": "wr0ng", "ca.crt": authority]) == refused)
        #expect(
            await fixture.error(["ca.crt": authority])
                == "unauthorized: https://HOST/site.git: the server asks for more than Secret gitctl-system/auth holds; put username and password, or bearerToken, into it")
        let inURL = await fixture.error(["ca.crt": authority], user: "ada:wr0ng@")
        #expect(inURL.hasPrefix("unauthorized: https://HOST/site.git: ") && !inURL.contains("wr0ng"), "\(inURL)")
    }

    @Test("a bearer token, right and wrong")
    func token() async throws {
        let fixture = try await Fixture(["Bearer t0ken"])
        let authority = fixture.authority.certificate
        #expect(try await fixture.fetch(["bearerToken": "t0ken\n", "ca.crt": authority]) == "one")
        #expect(
            await fixture.error(["bearerToken": "wr0ng", "ca.crt": authority])
                == "unauthorized: https://HOST/site.git: the server refuses the bearerToken of Secret gitctl-system/auth; correct that Secret, or what its user may read")
    }

    @Test("a server is trusted by its authority alone, for its own name alone")
    func authorities() async throws {
        let fixture = try await Fixture()
        let shown = "(CN=test-server, issued by CN=test-authority)"
        #expect(
            await fixture.error(nil)
                == "unauthorized: https://HOST/site.git: the certificate of 127.0.0.1 \(shown) is not trusted; put the certificate of its authority into ca.crt of a Secret and name that in spec.source.secretRef, or add it to the machine's CA certificates")
        #expect(try await fixture.fetch(["ca.crt": fixture.authority.certificate]) == "one")
        let other = try await TestAuthority(in: fixture.served.scratch.path + "/other")
        let untrusted = "unauthorized: https://HOST/site.git: the certificate of 127.0.0.1 \(shown) is not trusted; it must be valid now, for 127.0.0.1, and issued by an authority in ca.crt of Secret gitctl-system/auth, those between included"
        #expect(await fixture.error(["ca.crt": other.certificate]) == untrusted)
        #expect(try await fixture.fetch(["ca.crt": other.certificate + fixture.authority.certificate]) == "one")
        let misnamed = try await Fixture(name: "DNS:other.example.org")
        #expect(await misnamed.error(["ca.crt": misnamed.authority.certificate]) == untrusted)
        #expect(await fixture.error(["ca.crt": "nonsense"]).hasPrefix("unauthorized: Secret gitctl-system/auth: its ca.crt "))
    }

    @Test("a redirect is followed on the server itself; credentials go to no other")
    func redirects() async throws {
        let other = try await Fixture([basic("ada", "s3cret")], name: "DNS:localhost")
        let fixture = try await Fixture([basic("ada", "s3cret")], elsewhere: "https://localhost:\(other.server.port)")
        let secret = ["username": "ada", "password": "s3cret", "ca.crt": fixture.authority.certificate + other.authority.certificate]
        #expect(try await fixture.fetch(secret, path: "moved/site.git") == "one")
        let error = await fixture.error(secret, path: "elsewhere/site.git")
        #expect(error == "unreachable: fetching https://HOST/elsewhere/site.git: cannot redirect from '127.0.0.1' to 'localhost'; check the URL and the network; the last fetched commit stays in use")
        #expect(other.server.requests.isEmpty)
    }

    @Test(
        "a Secret that cannot serve says what is missing",
        arguments: [
            (["note": "x"], "https://h/x", "Secret gitctl-system/auth has no username and password, bearerToken, or ca.crt, which https needs; it may have username, password, bearerToken, ca.crt, caFile, identity and known_hosts"),
            (["bearerToken": "a", "password": "b"], "https://h/x", "Secret gitctl-system/auth has both bearerToken and password; keep one"),
            (["bearerToken": "a"], "https://u@h/x", "Secret gitctl-system/auth has a bearerToken, and spec.source.url a user; keep one"),
            (["password": "a\nb"], "https://h/x", "Secret gitctl-system/auth: password has more than one line; write it again on one line"),
            (["identity": "a"], "ssh://h/x", "Secret gitctl-system/auth has no known_hosts (the server's host keys, as ssh-keyscan prints them), which ssh needs; it may have username, password, bearerToken, ca.crt, caFile, identity and known_hosts"),
            (["known_hosts": "a"], "git@h:x", "Secret gitctl-system/auth has no identity (a private key), which ssh needs; it may have username, password, bearerToken, ca.crt, caFile, identity and known_hosts"),
            (["password": "a"], "git://h/x", "spec.source.secretRef is of no use with git; remove it, or use an https or ssh URL"),
        ])
    func incomplete(data: [String: String], url: String, message: String) {
        let error = #expect(throws: GitError.self) { try SourceCredentials(.secret("auth", data), for: RemoteURL(url)) }
        #expect(error?.description == message)
    }

    @Test("credentials show nothing of themselves")
    func description() throws {
        let credentials = try SourceCredentials(.secret("auth", ["username": "ada", "password": "s3cret"]), for: RemoteURL("https://h/x"))
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped] { #expect(!text.contains("s3cret"), "\(text)") }
    }
}
