import APIMachinery
import Crypto
import Synchronization

/// Issues and verifies the tokens by which pods and others act as a ServiceAccount.
///
/// Claims and rules: API reference, authentication/v1 TokenRequest, and "Managing Service
/// Accounts". A token ends with its time, its ServiceAccount, or the object it is bound to.
package final class ServiceAccountTokens: TokenIssuer {
    /// Also the audience of tokens for this API server.
    package static let issuer = "https://kubernetes.default.svc.cluster.local"
    package static let userPrefix = "system:serviceaccount:"
    package static let lifetimeSeconds: ClosedRange<Int64> = 600...(1 << 32)
    private static let lifetimeSecondsDefault: Int64 = 3600
    /// How long a bound object that is being deleted still carries its tokens.
    private static let deletionLeeway = Duration.seconds(60)

    /// Finds the object that a token is bound to.
    package typealias Lookup = @Sendable (ObjectKey) -> Object?

    package let key: JSONWebTokenKey
    private let clock: any WallClock
    private let lookup: Lookup
    private let ids = NameGenerator(seed: nil)
    private let verified = VerifiedTokens()

    package init(key: P256.Signing.PrivateKey, clock: any WallClock, lookup: @escaping Lookup) {
        self.key = JSONWebTokenKey(key)
        self.clock = clock
        self.lookup = lookup
    }

    package func issue(serviceAccount: Object, spec: JSON) async throws(APIStatus) -> (token: String, expiration: Timestamp) {
        let now = clock.now
        let seconds = spec["expirationSeconds"]?.int ?? Self.lifetimeSecondsDefault
        guard Self.lifetimeSeconds.contains(seconds) else {
            throw .invalid(
                GroupVersionKind(group: "authentication.k8s.io", version: "v1", kind: "TokenRequest"), name: serviceAccount.name,
                [
                    APIStatus.Cause(
                        reason: "FieldValueInvalid", message: "Invalid value: \(seconds): may not specify a duration less than 10 minutes or more than 2^32 seconds",
                        field: "spec.expirationSeconds")
                ])
        }
        let expiration = now + .seconds(seconds)
        let audiences = spec["audiences"]?.array?.compactMap(\.string) ?? []
        var binding: JSONObject = [
            "namespace": .string(serviceAccount.namespace),
            "serviceaccount": ["name": .string(serviceAccount.name), "uid": .string(serviceAccount.uid)],
        ]
        if let reference = spec["boundObjectRef"], !reference.isNull { try bind(reference, namespace: serviceAccount.namespace, into: &binding) }
        let issuedAt = now.nanoseconds / 1_000_000_000
        let claims: JSON = [
            "iss": .string(Self.issuer), "sub": .string("\(Self.userPrefix)\(serviceAccount.namespace):\(serviceAccount.name)"),
            "aud": JSON(audiences.isEmpty ? [Self.issuer] : audiences), "iat": .int(issuedAt), "nbf": .int(issuedAt),
            "exp": .int(issuedAt + seconds), "jti": .string(ids.uid()), "kubernetes.io": .object(binding),
        ]
        do { return (try key.sign(claims), expiration) } catch { throw .internalError("cannot sign a token: \(error)") }
    }

    /// Adds the claim of the Pod, Secret or Node that the token shall not outlive.
    private func bind(_ reference: JSON, namespace: String, into binding: inout JSONObject) throws(APIStatus) {
        let name = reference["name"]?.string ?? ""
        let type: ResourceType
        switch reference["kind"]?.string {
        case "Pod": type = .pods
        case "Secret": type = .secrets
        case "Node": type = .nodes
        case let kind: throw .badRequest("cannot bind token for serviceaccount to object of kind \"\(kind ?? "")\"; expected Pod, Secret or Node")
        }
        guard let object = lookup(ObjectKey(type, namespace: type.isNamespaced ? namespace : nil, name: name)) else {
            throw .notFound(type, name: name)
        }
        if let uid = reference["uid"]?.string, !uid.isEmpty, uid != object.uid {
            throw .conflict(type, name: name, "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might have been deleted and then recreated")
        }
        binding[type.singular] = ["name": .string(name), "uid": .string(object.uid)]
        if type == .pods, let node = object.spec["nodeName"]?.string, let nodeUID = lookup(ObjectKey(.nodes, name: node))?.uid {
            binding["node"] = ["name": .string(node), "uid": .string(nodeUID)]
        }
    }

    /// Who holds the token, and for which of `audiences` it was made; nil when it is not valid now.
    package func authenticate(_ token: String, audiences: [String] = [ServiceAccountTokens.issuer]) -> (user: UserInfo, audiences: [String])? {
        guard let claims = verified.claims(of: token, verify: { key.verify($0).flatMap(TokenClaims.init) }) else { return nil }
        let now = clock.now.nanoseconds / 1_000_000_000
        guard now < claims.expiry, claims.notBefore <= now + 60 else { return nil }
        let common = audiences.filter(claims.audiences.contains)
        guard !common.isEmpty, claims.bindings.allSatisfy(isAlive) else { return nil }
        return (claims.user, common)
    }

    /// Whether the object that a token is bound to still is the same one.
    private func isAlive(_ binding: TokenClaims.Binding) -> Bool {
        guard let object = lookup(ObjectKey(binding.type, namespace: binding.namespace, name: binding.name)), object.uid == binding.uid
        else { return false }
        guard let deletion = object.deletionTimestamp.flatMap(Timestamp.init) else { return true }
        return clock.now < deletion + Self.deletionLeeway
    }

    /// `/.well-known/openid-configuration`: where others find the keys.
    package static func discoveryDocument(url: String) -> JSON {
        [
            "issuer": .string(issuer), "jwks_uri": .string(url + "/openid/v1/jwks"), "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
        ]
    }
}
