import APIMachinery
import Crypto
import Glibc
import Synchronization
import TestSupport
import Testing
import X509

@testable import Cluster

@Suite(.timeLimit(.minutes(1))) struct PKITests {
    private static let start = Timestamp(seconds: 1_800_000_000)
    private static let day = Duration.seconds(86_400)

    private func open(_ directory: TemporaryDirectory, host: String = "127.0.0.1", at time: Timestamp = start) throws -> PKI {
        try PKI.open(directory: directory.path + "/pki", names: PKI.Names(host: host, serviceCIDR: "10.43.0.0/16"), now: time)
    }

    @Test("what was made is found again, and only its owner can read it") func reopened() async throws {
        try await TemporaryDirectory.with { directory in
            let first = try open(directory)
            let second = try open(directory, at: Self.start + Self.day * 100)
            #expect(first.authorityPEM == second.authorityPEM && first.server == second.server && first.admin == second.admin)
            for file in ["ca.crt", "ca.key", "server.crt", "server.key", "admin.crt", "admin.key", "service-account.key"] {
                var status = stat()
                #expect(stat("\(directory.path)/pki/\(file)", &status) == 0 && status.st_mode & 0o777 == 0o600, "\(file)")
            }
        }
    }

    @Test("certificates near their end are renewed, and the authority stays") func renewed() async throws {
        try await TemporaryDirectory.with { directory in
            let first = try open(directory)
            let second = try open(directory, at: first.renewalTime)
            #expect(first.server != second.server && first.admin != second.admin && first.authorityPEM == second.authorityPEM)
            #expect(second.renewalTime > first.renewalTime)
            #expect(first.renewalTime < Self.start + Self.day * 300, "a third of a year before the end")
        }
    }

    @Test("an authority near its end is renewed with its key: what it signed before stays valid") func renewedAuthority() async throws {
        try await TemporaryDirectory.with { directory in
            let first = try open(directory)
            let second = try open(directory, at: Self.start + Self.day * 3000)
            #expect(first.authorityPEM != second.authorityPEM)
            #expect(second.authority.hasSigned(try Certificate(pemEncoded: first.admin.certificatePEM)))
            #expect(second.authority.certificate.publicKey == first.authority.certificate.publicKey)
        }
    }

    @Test("a new address of the listener is added to the server's certificate") func newAddress() async throws {
        try await TemporaryDirectory.with { directory in
            let first = try open(directory)
            let second = try open(directory, host: "192.0.2.7")
            #expect(first.server != second.server && first.admin == second.admin)
            #expect(try open(directory, host: "192.0.2.7").server == second.server)
        }
    }

    @Test("a certificate of another authority is replaced") func foreign() async throws {
        try await TemporaryDirectory.with { directory in
            let first = try open(directory)
            for file in ["ca.crt", "ca.key"] { unlink("\(directory.path)/pki/\(file)") }
            let second = try open(directory)
            #expect(first.authorityPEM != second.authorityPEM && first.admin != second.admin)
        }
    }

    @Test("a damaged file is named with the way back, and left as it is", arguments: ["ca.crt", "server.crt", "service-account.key"])
    func damaged(file: String) async throws {
        try await TemporaryDirectory.with { directory in
            _ = try open(directory)
            let path = "\(directory.path)/pki/\(file)"
            try PrivateFile.write(Array("garbage".utf8), to: path)
            let error = #expect(throws: PKI.Failure.self) { _ = try open(directory) }
            #expect(error?.description.contains(path) == true && error?.description.contains("restore it from a backup") == true)
            #expect(try PrivateFile.read(path) == Array("garbage".utf8))
        }
    }

    @Test("the identity of a client is its certificate's subject") func subject() throws {
        let authority = try CertificateAuthority(now: Self.start)
        let client = try authority.clientCredential(commonName: "jane", organization: "dev", now: Self.start)
        let identity = try Certificate(pemEncoded: client.certificatePEM).clientIdentity
        #expect(identity == UserInfo(name: "jane", groups: ["dev", "system:authenticated"]))
    }
}

@Suite(.timeLimit(.minutes(1))) struct TokenTests {
    private let clock = VirtualClock(now: Timestamp(seconds: 1_800_000_000))

    private func tokens(_ objects: [ObjectKey: Object]) -> ServiceAccountTokens {
        ServiceAccountTokens(key: P256.Signing.PrivateKey(), clock: clock) { objects[$0] }
    }

    private static let key = ObjectKey(.serviceAccounts, namespace: "n", name: "robot")
    private static let podKey = ObjectKey(.pods, namespace: "n", name: "p")

    private static func object(_ key: ObjectKey, uid: String) -> Object {
        var object = Object(key.type, namespace: key.namespace, name: key.name)
        object.uid = uid
        return object
    }

    @Test("a token is valid from its issue to its end") func time() async throws {
        let account = Self.object(Self.key, uid: "1")
        let tokens = tokens([Self.key: account])
        let (token, expiration) = try await tokens.issue(serviceAccount: account, spec: ["expirationSeconds": 600])
        #expect(tokens.authenticate(token)?.user.name == "system:serviceaccount:n:robot")
        clock.advance(to: expiration)
        #expect(tokens.authenticate(token) == nil)
    }

    @Test("a changed token, another key's token and other texts are nobody's") func forged() async throws {
        let account = Self.object(Self.key, uid: "1")
        let tokens = tokens([Self.key: account])
        let (token, _) = try await tokens.issue(serviceAccount: account, spec: [:])
        var parts = token.split(separator: ".").map(String.init)
        let claims = try JSON(parsing: Base64.decode(parts[1]) ?? [])
        var changed = claims
        changed.set("system:serviceaccount:n:admin", at: ["sub"])
        parts[1] = Base64.encodeURL(changed.encoded())
        let none = Base64.encodeURL(JSON.object(["alg": "none"]).encoded()) + "." + Base64.encodeURL(claims.encoded()) + "."
        let other = try JSONWebTokenKey(P256.Signing.PrivateKey()).sign(claims)
        for text in [parts.joined(separator: "."), none, other, "", "...", "a.b.c", String(repeating: "x", count: 100_000)] {
            #expect(tokens.authenticate(text) == nil, "\(text.prefix(80))")
        }
    }

    @Test("a token that was used is known again, and yet ends with its account") func remembered() async throws {
        let account = Self.object(Self.key, uid: "1")
        let objects = Mutex([Self.key: account])
        let tokens = ServiceAccountTokens(key: P256.Signing.PrivateKey(), clock: clock) { key in objects.withLock { $0[key] } }
        let (token, _) = try await tokens.issue(serviceAccount: account, spec: [:])
        for _ in 0..<2 { #expect(tokens.authenticate(token)?.user.name == "system:serviceaccount:n:robot") }
        objects.withLock { $0[Self.key] = Self.object(Self.key, uid: "2") }
        #expect(tokens.authenticate(token) == nil)
    }

    @Test("a signature is checked once as long as its token is in use, whatever else comes by") func verifiedOnce() throws {
        let claims: JSON = [
            "iss": .string(ServiceAccountTokens.issuer), "exp": 2, "nbf": 1,
            "kubernetes.io": ["namespace": "n", "serviceaccount": ["name": "robot", "uid": "1"]],
        ]
        let verified = VerifiedTokens()
        var checked: [String: Int] = [:]
        func use(_ token: String) -> TokenClaims? {
            verified.claims(of: token) {
                checked[$0, default: 0] += 1
                return $0 == "forged" ? nil : TokenClaims(claims)
            }
        }
        for number in 0..<4 * VerifiedTokens.countMax {
            #expect(use("kept")?.user.name == "system:serviceaccount:n:robot")
            _ = use("\(number)")
        }
        #expect(checked["kept"] == 1)
        for _ in 0..<2 { #expect(use("forged") == nil) }
        #expect(checked["forged"] == 2, "what is not valid takes no room")
        _ = use("0")
        #expect(checked["0"] == 2, "what nobody uses is forgotten")
    }

    @Test("a token bound to a pod ends with that pod, even when another takes its name") func bound() async throws {
        let account = Self.object(Self.key, uid: "1")
        let pod = Self.object(Self.podKey, uid: "2")
        let key = P256.Signing.PrivateKey()
        func tokens(_ objects: [ObjectKey: Object]) -> ServiceAccountTokens { ServiceAccountTokens(key: key, clock: clock) { objects[$0] } }
        let reference: JSON = ["boundObjectRef": ["kind": "Pod", "apiVersion": "v1", "name": "p", "uid": "2"]]
        let (token, _) = try await tokens([Self.key: account, Self.podKey: pod]).issue(serviceAccount: account, spec: reference)
        let user = tokens([Self.key: account, Self.podKey: pod]).authenticate(token)?.user
        #expect(user?.extra["authentication.kubernetes.io/pod-name"] == ["p"])
        #expect(tokens([Self.key: account]).authenticate(token) == nil)
        #expect(tokens([Self.key: account, Self.podKey: Self.object(Self.podKey, uid: "3")]).authenticate(token) == nil)
        #expect(tokens([Self.key: Self.object(Self.key, uid: "9"), Self.podKey: pod]).authenticate(token) == nil)
    }

    @Test("base64 survives the way there and back", arguments: 0..<40) func base64(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 251) }
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        #expect(Base64.decode(Base64.encodeURL(bytes)) == bytes)
    }

    @Test("what is not base64 is refused", arguments: ["a", "a=b", "ab!c", "ä"]) func notBase64(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
