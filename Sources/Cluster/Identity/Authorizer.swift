import APIMachinery

/// What a request wants to do: the question that authorization answers.
package struct AuthorizationQuestion: Sendable, Hashable {
    package var user: UserInfo
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, `impersonate`; for paths the HTTP method in lower case.
    package var verb: String
    package var target: Target

    package enum Target: Sendable, Hashable {
        case resource(group: String, version: String, resource: String, subresource: String, namespace: String, name: String)
        /// A path that names no resource: `/healthz`, `/api`.
        case path(String)
    }

    package init(user: UserInfo, verb: String, target: Target) {
        self.user = user
        self.verb = verb
        self.target = target
    }

    /// Kubernetes' words for a refusal.
    package var refusal: APIStatus {
        let who = "User \"\(user.name)\" cannot \(verb)"
        switch target {
        case .path(let path):
            return APIStatus(.forbidden, "forbidden: \(who) path \"\(path)\"")
        case .resource(let group, _, let resource, let subresource, let namespace, let name):
            let full = subresource.isEmpty ? resource : "\(resource)/\(subresource)"
            let place = namespace.isEmpty ? "at the cluster scope" : "in the namespace \"\(namespace)\""
            let object = name.isEmpty ? "" : " \"\(name)\""
            return APIStatus(
                .forbidden,
                "\(GroupResource(group: group, resource: resource))\(object) is forbidden: \(who) resource \"\(full)\" in API group \"\(group)\" \(place)",
                group: group, kind: resource, name: name)
        }
    }
}

/// Decides who may do what: the first of its rules that has an opinion wins; with none, the answer is no.
package struct Authorizer: Sendable {
    package enum Opinion: Sendable, Hashable {
        case allow(reason: String)
        case deny(reason: String)
        case none
    }

    /// One source of decisions (a group's rights, RBAC). Synchronous: it decides from memory.
    package typealias Rule = @Sendable (AuthorizationQuestion) -> Opinion

    private let rules: [Rule]

    package init(_ rules: [Rule] = [Authorizer.masters, Authorizer.discovery]) { self.rules = rules }

    package func decide(_ question: AuthorizationQuestion) -> Opinion {
        for rule in rules {
            let opinion = rule(question)
            if opinion != .none { return opinion }
        }
        return .none
    }

    package func authorize(_ question: AuthorizationQuestion) throws(APIStatus) {
        guard case .allow = decide(question) else { throw question.refusal }
    }

    /// The group `system:masters` may do everything.
    package static let masters: Rule = { question in
        question.user.groups.contains("system:masters") ? .allow(reason: "group system:masters") : .none
    }

    /// What Kubernetes' default roles `system:discovery`, `system:basic-user` and
    /// `system:public-info-viewer` grant: health and version to all, discovery and reviews of
    /// oneself to those who are known.
    package static let discovery: Rule = { question in
        let isAuthenticated = question.user.groups.contains("system:authenticated")
        switch question.target {
        case .path(let path):
            guard question.verb == "get" else { return .none }
            if publicPaths.contains(where: { isPath(path, within: $0) }) { return .allow(reason: "public information") }
            if isAuthenticated, discoveryPaths.contains(where: { isPath(path, within: $0) }) { return .allow(reason: "discovery") }
            return .none
        case .resource(let group, _, let resource, _, _, _):
            guard isAuthenticated, question.verb == "create" else { return .none }
            return selfReviews.contains(GroupResource(group: group, resource: resource)) ? .allow(reason: "reviews of oneself") : .none
        }
    }

    private static let publicPaths = ["/healthz", "/livez", "/readyz", "/version"]
    private static let discoveryPaths = ["/api", "/apis", "/openapi", "/.well-known/openid-configuration", "/openid"]
    private static let selfReviews: Set<GroupResource> = [
        GroupResource(group: "authorization.k8s.io", resource: "selfsubjectaccessreviews"),
        GroupResource(group: "authorization.k8s.io", resource: "selfsubjectrulesreviews"),
        GroupResource(group: "authentication.k8s.io", resource: "selfsubjectreviews"),
    ]

    private static func isPath(_ path: String, within root: String) -> Bool { path == root || path.hasPrefix(root + "/") }

    /// The rights that `SelfSubjectRulesReview` lists for a user.
    package static func rules(of user: UserInfo) -> (resources: [JSON], paths: [JSON]) {
        if user.groups.contains("system:masters") {
            return (
                [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]], [["verbs": ["*"], "nonResourceURLs": ["*"]]]
            )
        }
        guard user.groups.contains("system:authenticated") else {
            return ([], [["verbs": ["get"], "nonResourceURLs": JSON(publicPaths)]])
        }
        let paths = (publicPaths + discoveryPaths).flatMap { [$0, $0 + "/*"] }
        let resources = selfReviews.sorted().map { review -> JSON in
            ["verbs": ["create"], "apiGroups": [.string(review.group)], "resources": [.string(review.resource)]]
        }
        return (resources, [["verbs": ["get"], "nonResourceURLs": JSON(paths)]])
    }
}
