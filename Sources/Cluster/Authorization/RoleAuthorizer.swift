import APIMachinery

/// RBAC over the store's roles and bindings: every decision knows all of them that were answered before it.
final class RoleAuthorizer: Sendable {
    private let index: StoreFollower<RoleIndex>

    init(store: Store) {
        index = StoreFollower(store, [.clusterRoles, .roles, .clusterRoleBindings, .roleBindings], from: RoleIndex()) { index, type, version, isDeleted in
            let object = isDeleted ? nil : version.object
            switch type {
            case .clusterRoles, .roles: index.setRole(RoleIndex.RoleKey(namespace: version.namespace, name: version.name), object)
            default: index.setBinding(namespace: version.namespace, name: version.name, object)
            }
        }
    }

    var rule: Authorizer.Rule {
        Authorizer.Rule(
            decide: { [self] question in index.read { $0.reason(for: question) }.map(Authorizer.Opinion.allow(reason:)) ?? .none },
            rights: { [self] user, namespace in
                let rules = rules(of: user, namespace: namespace)
                return Authorizer.Rights(
                    resources: rules.filter { !$0.resources.isEmpty },
                    paths: rules.compactMap { $0.paths.isEmpty ? nil : PolicyRule(verbs: $0.verbs, paths: $0.paths) })
            })
    }

    func rules(of user: UserInfo, namespace: String) -> [PolicyRule] { index.read { $0.rules(of: user, namespace: namespace) } }

    /// nil when there is no such role.
    func rules(ofRole name: String, namespace: String) -> [PolicyRule]? {
        index.read { $0.rules(ofRole: RoleIndex.RoleKey(namespace: namespace, name: name)) }
    }
}
