import APIMachinery
import NIOHTTP1

/// Acting as another user. Source: Kubernetes documentation, "User impersonation".
enum Impersonation {
    /// The user that the `Impersonate-*` headers ask for, else `user`.
    ///
    /// Throws `forbidden` when `user` may not `impersonate` one of the named identities.
    static func user(for user: UserInfo, headers: HTTPHeaders, authorizer: Authorizer) throws(APIStatus) -> UserInfo {
        let name = headers.first(name: "impersonate-user") ?? ""
        let groups = headers["impersonate-group"]
        let uid = headers.first(name: "impersonate-uid") ?? ""
        var extra: [String: [String]] = [:]
        for (header, value) in headers where header.lowercased().hasPrefix("impersonate-extra-") {
            let key = header.lowercased().dropFirst("impersonate-extra-".count)
            extra[PercentEncoding.decode(key.utf8, plusIsSpace: false) ?? String(key), default: []].append(value)
        }
        guard !name.isEmpty else {
            guard groups.isEmpty, uid.isEmpty, extra.isEmpty else {
                throw .badRequest("requested impersonation of groups, a uid or extras without a user; add the header Impersonate-User")
            }
            return user
        }
        var result = UserInfo(name: name, uid: uid, groups: groups, extra: extra)
        try check(result, by: user, authorizer: authorizer)
        if let account = result.serviceAccount, groups.isEmpty { result.groups = ["system:serviceaccounts", "system:serviceaccounts:\(account.namespace)"] }
        if name == Authenticator.anonymous.name {
            if groups.isEmpty { result.groups = Authenticator.anonymous.groups }
        } else if !result.groups.contains("system:authenticated"), !result.groups.contains("system:unauthenticated") {
            result.groups.append("system:authenticated")
        }
        return result
    }

    /// Throws `forbidden` unless `user` may impersonate the name, and each group, uid and extra beside it.
    static func check(_ wanted: UserInfo, by user: UserInfo, authorizer: Authorizer) throws(APIStatus) {
        func check(_ group: String, _ resource: String, _ name: String, subresource: String = "", namespace: String = "") throws(APIStatus) {
            try authorizer.authorize(
                AuthorizationQuestion(
                    user: user, verb: "impersonate",
                    target: .resource(group: group, version: "v1", resource: resource, subresource: subresource, namespace: namespace, name: name)))
        }
        if let account = wanted.serviceAccount {
            try check("", "serviceaccounts", account.name, namespace: account.namespace)
        } else {
            try check("", "users", wanted.name)
        }
        for group in wanted.groups { try check("", "groups", group) }
        if !wanted.uid.isEmpty { try check("authentication.k8s.io", "uids", wanted.uid) }
        for (key, values) in wanted.extra {
            for value in values { try check("authentication.k8s.io", "userextras", value, subresource: key) }
        }
    }
}
