import APIMachinery

/// The authorization of one cluster: its rules in order, over its store.
package struct Access: Sendable {
    package let authorizer: Authorizer
    let escalation: Escalation

    package init(store: Store) {
        let roles = RoleAuthorizer(store: store)
        authorizer = Authorizer([Authorizer.masters, NodeAuthorizer(store: store).rule, roles.rule])
        escalation = Escalation(authorizer: authorizer, roles: roles)
    }
}
