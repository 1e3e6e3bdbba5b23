import APIMachinery

/// The kinds that are questions: created, answered and never stored.
/// Source: API reference, authentication.k8s.io/v1 and authorization.k8s.io/v1.
enum Review: CaseIterable, Sendable {
    case selfSubject, token, selfSubjectAccess, selfSubjectRules, subjectAccess, localSubjectAccess

    var type: ResourceType {
        switch self {
        case .selfSubject: Self.authentication("SelfSubjectReview")
        case .token: Self.authentication("TokenReview")
        case .selfSubjectAccess: Self.authorization("SelfSubjectAccessReview")
        case .selfSubjectRules: Self.authorization("SelfSubjectRulesReview")
        case .subjectAccess: Self.authorization("SubjectAccessReview")
        case .localSubjectAccess: Self.authorization("LocalSubjectAccessReview", isNamespaced: true)
        }
    }

    private static func authentication(_ kind: String) -> ResourceType {
        ResourceType(group: "authentication.k8s.io", version: "v1", kind: kind, plural: kind.lowercased() + "s", isNamespaced: false)
    }

    private static func authorization(_ kind: String, isNamespaced: Bool = false) -> ResourceType {
        ResourceType(group: "authorization.k8s.io", version: "v1", kind: kind, plural: kind.lowercased() + "s", isNamespaced: isNamespaced)
    }

    static func named(_ route: ResourceRoute) -> Review? {
        guard route.group == "authentication.k8s.io" || route.group == "authorization.k8s.io" else { return nil }
        return allCases.first { $0.type.plural == route.resource && $0.type.group == route.group && $0.type.version == route.version }
    }
}

extension APIServer {
    func answer(_ review: Review, request: Request, _ route: ResourceRoute, user: UserInfo) throws(APIStatus) -> Reply {
        guard route.verb == .create, route.name == nil else { throw Self.methodNotAllowed }
        let format = try ResponseFormat(accept: request.headers.first(name: "accept"), hasMetadata: false)
        var object = try RequestBody.document(request, gvk: review.type.gvk)
        switch review {
        case .selfSubject: object["status"] = ["userInfo": user.json]
        case .token: object["status"] = try tokenStatus(object.spec)
        case .selfSubjectRules:
            let namespace = object.spec["namespace"]?.string ?? ""
            guard !namespace.isEmpty else { throw .badRequest("no namespace on request") }
            let rights = authorizer.rights(of: user, namespace: namespace)
            object["status"] = [
                "resourceRules": .array(rights.resources.map(\.json)), "nonResourceRules": .array(rights.paths.map(\.json)), "incomplete": false,
            ]
        case .selfSubjectAccess: object["status"] = try accessStatus(object.spec, user: user)
        case .subjectAccess, .localSubjectAccess:
            let spec = object.spec
            let groups = spec["groups"]?.array?.compactMap(\.string) ?? []
            guard spec["user"]?.string?.isEmpty == false || !groups.isEmpty else {
                throw .invalid(
                    review.type.gvk, name: "",
                    [APIStatus.Cause(reason: "FieldValueInvalid", message: "Invalid value: \"\": at least one of user or group must be specified", field: "spec.user")])
            }
            if review == .localSubjectAccess { try checkNamespace(spec, route) }
            let extra = (spec["extra"]?.object ?? [:]).map { ($0.key, $0.value.array?.compactMap(\.string) ?? []) }
            let subject = UserInfo(
                name: spec["user"]?.string ?? "", uid: spec["uid"]?.string ?? "", groups: groups, extra: Dictionary(extra) { $1 })
            object["status"] = try accessStatus(spec, user: subject)
        }
        return Reply(.now(format.response(object.json, status: .created)))
    }

    /// The question of a LocalSubjectAccessReview is about its own namespace.
    private func checkNamespace(_ spec: JSON, _ route: ResourceRoute) throws(APIStatus) {
        func refusal(_ field: String, _ value: String, _ detail: String) -> APIStatus {
            .invalid(
                Review.localSubjectAccess.type.gvk, name: "",
                [.init(reason: "FieldValueInvalid", message: "Invalid value: \(JSON.string(value).text): \(detail)", field: field)])
        }
        guard let attributes = spec["resourceAttributes"], !attributes.isNull else {
            throw refusal("spec.resourceAttributes", "", "must be specified; a namespace has no paths")
        }
        let namespace = attributes["namespace"]?.string ?? ""
        guard namespace == route.namespace else {
            throw refusal("spec.resourceAttributes.namespace", namespace, "must match metadata.namespace \(JSON.string(route.namespace ?? "").text)")
        }
    }

    private func tokenStatus(_ spec: JSON) throws(APIStatus) -> JSON {
        guard let token = spec["token"]?.string, !token.isEmpty else { throw .badRequest("token is required for TokenReview in authentication") }
        let audiences = spec["audiences"]?.array?.compactMap(\.string) ?? []
        guard let (user, granted) = authenticator.tokens.authenticate(token, audiences: audiences.isEmpty ? [ServiceAccountTokens.issuer] : audiences)
        else { return ["authenticated": false, "user": [:], "error": "the token is not valid: its signature, time, audience, or the object it is bound to"] }
        return ["authenticated": true, "user": user.json, "audiences": JSON(granted)]
    }

    private func accessStatus(_ spec: JSON, user: UserInfo) throws(APIStatus) -> JSON {
        let question: AuthorizationQuestion
        if let attributes = spec["resourceAttributes"], !attributes.isNull {
            func text(_ name: String) -> String { attributes[name]?.string ?? "" }
            question = AuthorizationQuestion(
                user: user, verb: text("verb"),
                target: .resource(
                    group: text("group"), version: text("version"), resource: text("resource"), subresource: text("subresource"),
                    namespace: text("namespace"), name: text("name")))
        } else if let attributes = spec["nonResourceAttributes"], !attributes.isNull {
            question = AuthorizationQuestion(
                user: user, verb: attributes["verb"]?.string ?? "", target: .path(attributes["path"]?.string ?? ""))
        } else {
            throw .badRequest("spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified")
        }
        switch authorizer.decide(question) {
        case .allow(let reason): return ["allowed": true, "reason": .string(reason)]
        case .deny(let reason): return ["allowed": false, "denied": true, "reason": .string(reason)]
        case .none: return ["allowed": false]
        }
    }
}

extension UserInfo {
    /// authentication/v1 UserInfo.
    var json: JSON {
        var object: JSONObject = ["username": .string(name), "groups": JSON(groups)]
        if !uid.isEmpty { object["uid"] = .string(uid) }
        if !extra.isEmpty { object["extra"] = .object(JSONObject(extra.map { .init(key: $0.key, value: JSON($0.value)) })) }
        return .object(object)
    }
}
