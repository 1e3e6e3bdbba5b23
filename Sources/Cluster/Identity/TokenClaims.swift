import APIMachinery

/// What a verified token of this cluster says: whose it is, for whom, until when and as long as what exists.
///
/// Claims: API reference, authentication/v1 TokenRequest; KEP-1205, KEP-4193.
struct TokenClaims: Sendable {
    /// An object that must still be the same one.
    struct Binding: Sendable {
        var type: ResourceType
        var namespace: String?
        var name: String
        var uid: String
    }

    var user: UserInfo
    var audiences: [String]
    /// Seconds since the epoch.
    var expiry: Int64
    var notBefore: Int64
    /// The ServiceAccount, and the Pod, Secret or Node that the token shall not outlive.
    var bindings: [Binding]

    /// nil when a claim is missing or the issuer is another.
    init?(_ claims: JSON) {
        guard claims["iss"]?.string == ServiceAccountTokens.issuer, let expiry = claims["exp"]?.int, let notBefore = claims["nbf"]?.int,
            let binding = claims["kubernetes.io"], let namespace = binding["namespace"]?.string,
            let account = Self.bound(.serviceAccounts, namespace: namespace, binding["serviceaccount"])
        else { return nil }
        self.expiry = expiry
        self.notBefore = notBefore
        audiences = claims["aud"]?.array?.compactMap(\.string) ?? claims["aud"]?.string.map { [$0] } ?? []
        bindings = [account]
        var extra: [String: [String]] = [:]
        if let id = claims["jti"]?.string { extra["authentication.kubernetes.io/credential-id"] = ["JTI=\(id)"] }
        for type in [ResourceType.pods, .secrets, .nodes] {
            guard let claim = binding[type.singular] else { continue }
            guard let object = Self.bound(type, namespace: type.isNamespaced ? namespace : nil, claim) else { return nil }
            // Beside a pod, the node is information.
            if type != .nodes || binding["pod"] == nil { bindings.append(object) }
            guard type != .secrets else { continue }
            extra["authentication.kubernetes.io/\(type.singular)-name"] = [object.name]
            extra["authentication.kubernetes.io/\(type.singular)-uid"] = [object.uid]
        }
        user = UserInfo(
            name: "\(ServiceAccountTokens.userPrefix)\(namespace):\(account.name)", uid: account.uid,
            groups: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)", "system:authenticated"], extra: extra)
    }

    private static func bound(_ type: ResourceType, namespace: String?, _ claim: JSON?) -> Binding? {
        guard let name = claim?["name"]?.string, let uid = claim?["uid"]?.string else { return nil }
        return Binding(type: type, namespace: namespace, name: name, uid: uid)
    }
}
