import APIMachinery

/// Decides who may do what: the first of its rules that has an opinion wins; with none, the answer is no.
package struct Authorizer: Sendable {
    package enum Opinion: Sendable, Hashable {
        case allow(reason: String)
        case deny(reason: String)
        case none
    }

    /// What a user may do, as `SelfSubjectRulesReview` lists it.
    package struct Rights: Sendable {
        package var resources: [PolicyRule] = []
        package var paths: [PolicyRule] = []
    }

    /// One source of decisions (a group's rights, RBAC). Synchronous: it decides from memory.
    package struct Rule: Sendable {
        package var decide: @Sendable (AuthorizationQuestion) -> Opinion
        /// All that the rule grants the user, in a namespace ("" for none) and at the cluster scope.
        package var rights: @Sendable (_ user: UserInfo, _ namespace: String) -> Rights

        package init(
            decide: @escaping @Sendable (AuthorizationQuestion) -> Opinion,
            rights: @escaping @Sendable (UserInfo, String) -> Rights = { _, _ in Rights() }
        ) {
            self.decide = decide
            self.rights = rights
        }
    }

    private let rules: [Rule]

    package init(_ rules: [Rule]) { self.rules = rules }

    package func decide(_ question: AuthorizationQuestion) -> Opinion {
        for rule in rules {
            let opinion = rule.decide(question)
            if opinion != .none { return opinion }
        }
        return .none
    }

    /// Throws Kubernetes' 403 unless a rule allows it.
    package func authorize(_ question: AuthorizationQuestion) throws(APIStatus) {
        guard case .allow = decide(question) else { throw question.refusal }
    }

    package func allows(_ question: AuthorizationQuestion) -> Bool {
        if case .allow = decide(question) { true } else { false }
    }

    /// The rights of a user, in one namespace and at the cluster scope.
    package func rights(of user: UserInfo, namespace: String) -> Rights {
        rules.reduce(into: Rights()) { all, rule in
            let some = rule.rights(user, namespace)
            all.resources += some.resources.filter { !all.resources.contains($0) }
            all.paths += some.paths.filter { !all.paths.contains($0) }
        }
    }

    /// The group that no role binds: whoever holds its certificate can repair any policy.
    package static let mastersGroup = "system:masters"

    /// The group `system:masters` may do everything.
    package static let masters = Rule(
        decide: { $0.user.groups.contains(mastersGroup) ? .allow(reason: "group system:masters") : .none },
        rights: { user, _ in
            guard user.groups.contains(mastersGroup) else { return Rights() }
            return Rights(resources: [.everyResource], paths: [.everyPath])
        })
}
