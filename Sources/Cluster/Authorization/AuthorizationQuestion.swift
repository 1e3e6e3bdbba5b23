import APIMachinery

/// What a request wants to do: the question that authorization answers.
package struct AuthorizationQuestion: Sendable, Hashable {
    package var user: UserInfo
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, `impersonate`, `bind`, `escalate`; for paths the HTTP method in lower case.
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

    /// A question about objects of `type`: all of them, those of one namespace, or one by its name.
    package init(user: UserInfo, verb: String, _ type: ResourceType, subresource: String? = nil, namespace: String? = nil, name: String = "") {
        self.init(
            user: user, verb: verb,
            target: .resource(
                group: type.group, version: type.version, resource: type.plural, subresource: subresource ?? "", namespace: namespace ?? "",
                name: name))
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
