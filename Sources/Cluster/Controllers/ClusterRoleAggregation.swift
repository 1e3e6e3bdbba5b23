import APIMachinery

/// Fills ClusterRoles that aggregate with the rules of those that they select.
package struct ClusterRoleAggregation: Controller {
    package struct Snapshot: Sendable {
        var role: Object
        /// The roles that may be selected.
        var others: [Object]
    }

    package let name = "clusterrole-aggregation-controller"
    let roles: Informer

    package init(roles: Informer) { self.roles = roles }

    package var sources: [ControllerSource<Informer.Key>] {
        // Any change may concern every role that aggregates; those are few.
        [ControllerSource(roles) { [roles] _ in roles.list().filter(Self.isAggregating).map { Informer.Key($0) } }]
    }

    private static func isAggregating(_ role: Object) -> Bool { !(role["aggregationRule"] ?? .null).isNull }

    package func snapshot(of key: Informer.Key, client: any ResourceClient) -> Snapshot? {
        roles.get(key).map { Snapshot(role: $0, others: roles.list()) }
    }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        let role = snapshot.role
        guard Self.isAggregating(role), !role.isDeleting else { return ControllerPlan() }
        let selectors = (role["aggregationRule", "clusterRoleSelectors"]?.array ?? []).map { json in
            // A selector that cannot be read selects nothing.
            (try? LabelSelector(json: json)) ?? .nothing
        }
        var rules: [JSON] = []
        for other in snapshot.others.sorted(by: { $0.name < $1.name }) where other.name != role.name {
            guard selectors.contains(where: { $0.matches(other.labels) }) else { continue }
            for rule in other["rules"]?.array ?? [] where !rules.contains(rule) { rules.append(rule) }
        }
        if (role["rules"]?.array ?? []) == rules { return ControllerPlan() }
        return ControllerPlan([
            .patch(
                ObjectKey(.clusterRoles, role), ["metadata": ["resourceVersion": .string(role.resourceVersion)], "rules": .array(rules)])
        ])
    }
}
