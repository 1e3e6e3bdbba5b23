import APIMachinery

/// Nobody hands out rights that he does not hold. Source: Kubernetes documentation, "Privilege escalation prevention and bootstrapping".
struct Escalation: Sendable {
    let authorizer: Authorizer
    let roles: RoleAuthorizer

    /// Judges a write of a role or a binding; other kinds pass.
    ///
    /// - Parameter old: what it replaces; nil on create.
    func check(_ new: Object, old: Object?, _ type: ResourceType, user: UserInfo) throws(APIStatus) {
        guard !user.groups.contains(Authorizer.mastersGroup) else { return }
        switch type {
        case .roles, .clusterRoles: try checkRole(new, old: old, type, user)
        case .roleBindings, .clusterRoleBindings: try checkBinding(new, old: old, type, user)
        default: break
        }
    }

    private func checkRole(_ new: Object, old: Object?, _ type: ResourceType, _ user: UserInfo) throws(APIStatus) {
        let aggregation = new["aggregationRule"] ?? .null
        let isAggregated = !aggregation.isNull || !(old?["aggregationRule"] ?? .null).isNull
        if let old, old["rules"] == new["rules"], (old["aggregationRule"] ?? .null) == aggregation { return }
        let question = AuthorizationQuestion(
            user: user, verb: "escalate", type, namespace: type.isNamespaced ? new.namespace : nil, name: new.name)
        if authorizer.allows(question) { return }
        try confirm(PolicyRule.rules(of: new), new, type, user)
        // It may come to gather anything.
        guard isAggregated else { return }
        let held = roles.rules(of: user, namespace: "")
        guard PolicyRule.missing([.everyResource, .everyPath], from: held).isEmpty else {
            throw .forbidden(type, name: new.name, "must have cluster-admin privileges to use the aggregationRule")
        }
    }

    private func checkBinding(_ new: Object, old: Object?, _ type: ResourceType, _ user: UserInfo) throws(APIStatus) {
        if let old, old["subjects"] == new["subjects"], old["roleRef"] == new["roleRef"] { return }
        let name = new["roleRef", "name"]?.string ?? ""
        let isClusterRole = new["roleRef", "kind"]?.string == "ClusterRole"
        let question = AuthorizationQuestion(
            user: user, verb: "bind", isClusterRole ? .clusterRoles : .roles, namespace: type.isNamespaced ? new.namespace : nil, name: name)
        if authorizer.allows(question) { return }
        guard let rules = roles.rules(ofRole: name, namespace: isClusterRole ? "" : new.namespace) else {
            throw .notFound(isClusterRole ? .clusterRoles : .roles, name: name)
        }
        try confirm(rules, new, type, user)
    }

    private func confirm(_ rules: [PolicyRule], _ object: Object, _ type: ResourceType, _ user: UserInfo) throws(APIStatus) {
        let held = roles.rules(of: user, namespace: type.isNamespaced ? object.namespace : "")
        let missing = PolicyRule.missing(rules, from: held)
        guard !missing.isEmpty else { return }
        let groups = user.groups.map { JSON.string($0).text }.joined(separator: " ")
        let lines = missing.map(\.text).sorted().joined(separator: "\n")
        throw .forbidden(
            type, name: object.name,
            "user \(JSON.string(user.name).text) (groups=[\(groups)]) is attempting to grant RBAC permissions not currently held:\n\(lines)")
    }
}
