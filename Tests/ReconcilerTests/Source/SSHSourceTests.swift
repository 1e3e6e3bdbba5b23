import APIMachinery
import Foundation
import TestSupport
import Testing

@testable import Reconciler

@Suite("Source: ssh with keys and known hosts", .timeLimit(.minutes(2)))
struct SSHSourceTests {
    private struct Fixture {
        let served: ServedRepository
        let key: SSHKey
        let server: SSHServer
        var url: String { server.url(served.path) }
        var mirrors: String { served.scratch.path + "/mirrors" }

        init(type: String = "ed25519", passphrase: String = "") async throws {
            served = try await ServedRepository()
            key = try await SSHKey(in: served.scratch.path + "/keys", name: "user", type: type, passphrase: passphrase)
            server = try await SSHServer(in: served.scratch.path + "/ssh", authorizedKeys: [key.publicKey])
        }

        func fetch(_ secret: [String: String]?) async throws(GitError) -> String {
            let mirror = RemoteMirror.test(url, in: mirrors, secret: secret)
            try await mirror.fetch()
            return try await mirror.repository.commit(at: nil).summary
        }

        func error(_ secret: [String: String]?) async -> String {
            do throws(GitError) {
                return try await fetch(secret)
            } catch {
                return "\(error.reason): \(error)".replacing(url, with: "URL").replacing("127.0.0.1]:\(server.port)", with: "HOST]")
            }
        }
    }

    @Test("a key in the Secret, with a passphrase or without, of the types that OpenSSH makes", arguments: [("ed25519", ""), ("ed25519", "pass phrase"), ("ecdsa", ""), ("ecdsa", "pass phrase")])
    func keys(type: String, passphrase: String) async throws {
        let fixture = try await Fixture(type: type, passphrase: passphrase)
        var secret = ["identity": fixture.key.privateKey, "identity.pub": fixture.key.publicKey, "known_hosts": fixture.server.knownHostsLine]
        if !passphrase.isEmpty { secret["password"] = passphrase }
        #expect(try await fixture.fetch(secret) == "one", "\(fixture.server.log)")
    }

    @Test("a key that the server does not know, and a passphrase that does not fit, are refused without showing them")
    func refused() async throws {
        let fixture = try await Fixture(passphrase: "pass phrase")
        let stranger = try await SSHKey(in: fixture.served.scratch.path + "/keys", name: "stranger")
        let refused = "unauthorized: URL: the server refuses the credentials of Secret gitctl-system/auth; correct that Secret, or what its user may read"
        #expect(await fixture.error(["identity": stranger.privateKey, "known_hosts": fixture.server.knownHostsLine]) == refused)
        let error = await fixture.error(["identity": fixture.key.privateKey, "password": "wr0ng", "known_hosts": fixture.server.knownHostsLine])
        #expect(
            error
                == "unauthorized: fetching URL: Failed to authenticate SSH session: Private key unpack failed (correct password?); check identity of Secret gitctl-system/auth, and the passphrase in its password")
    }

    @Test("a host that is not known is refused with its fingerprint and the line to add")
    func unknownHost() async throws {
        let fixture = try await Fixture()
        let key = try #require(Data(base64Encoded: String(fixture.server.hostKey.split(separator: " ")[1])))
        let fingerprint = try #require(KnownHosts.Key(Array(key))).fingerprint
        let line = "[HOST] \(fixture.server.hostKey)"
        #expect(
            await fixture.error(["identity": fixture.key.privateKey, "known_hosts": "other \(fixture.server.hostKey)"])
                == "unauthorized: URL: the host key \(fingerprint) of [HOST] is not in known_hosts of Secret gitctl-system/auth; if the server's administrator confirms it, add the line: \(line)")
        #expect(
            await fixture.error(nil)
                == "unauthorized: URL: the host key \(fingerprint) of [HOST] is not in \(CredentialAttempts.home)/.ssh/known_hosts; if the server's administrator confirms it, add the line: \(line)")
        let other = try await SSHKey(in: fixture.served.scratch.path + "/keys", name: "other").publicKey.split(separator: " ")
        let bytes = try #require(Data(base64Encoded: String(other[1])))
        let known = try #require(KnownHosts.Key(Array(bytes))).fingerprint
        #expect(
            await fixture.error(["identity": fixture.key.privateKey, "known_hosts": "[127.0.0.1]:\(fixture.server.port) \(other[0]) \(other[1])"])
                == "unauthorized: URL: the host key of [HOST] is \(fingerprint), and known_hosts of Secret gitctl-system/auth has \(known): another server may be answering; if the server has a new key, replace the line in known_hosts of Secret gitctl-system/auth")
    }
}
