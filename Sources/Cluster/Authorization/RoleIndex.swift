import APIMachinery

/// RBAC, compiled: who is bound to which roles, and for each role which of its rules can concern a resource.
///
/// A value: changes of roles and bindings in, decisions out. A decision looks at the user's and the
/// groups' own bindings alone, and in each role at the rules for that resource.
struct RoleIndex: Sendable {
    /// Empty namespace: a ClusterRole.
    struct RoleKey: Hashable, Sendable {
        var namespace: String
        var name: String
    }

    /// The rules of a role, found by resource.
    private final class CompiledRole: Sendable {
        let rules: [PolicyRule]
        /// By group and resource, where a rule names both.
        private let exact: [GroupResource: [Int]]
        /// Rules with a wildcard for either.
        private let wildcards: [Int]
        private let paths: [Int]

        init(_ rules: [PolicyRule]) {
            var exact: [GroupResource: [Int]] = [:]
            var wildcards: [Int] = []
            for (index, rule) in rules.enumerated() where !rule.resources.isEmpty {
                if rule.groups.contains("*") || rule.resources.contains(where: { $0.hasPrefix("*") }) {
                    wildcards.append(index)
                } else {
                    for group in rule.groups { for resource in rule.resources { exact[GroupResource(group: group, resource: resource), default: []].append(index) } }
                }
            }
            self.rules = rules
            self.exact = exact
            self.wildcards = wildcards
            paths = rules.indices.filter { !rules[$0].paths.isEmpty }
        }

        func allows(verb: String, _ target: GroupResource, name: String) -> Bool {
            func isAllowed(_ index: Int) -> Bool {
                rules[index].allows(verb: verb, group: target.group, resource: target.resource, name: name)
            }
            return exact[target]?.contains(where: isAllowed) ?? false || wildcards.contains(where: isAllowed)
        }

        func allows(verb: String, path: String) -> Bool { paths.contains { rules[$0].allows(verb: verb, path: path) } }
    }

    private enum Subject: Hashable {
        case user(String)
        case group(String)
    }

    private struct Grant: Sendable {
        var role: RoleKey
        var binding: Binding
        /// `User "alice"`, for the reason.
        var subject: String
    }

    private struct Grants: Sendable {
        var cluster: [Grant] = []
        var namespaced: [String: [Grant]] = [:]
    }

    /// Empty namespace: a ClusterRoleBinding.
    private struct Binding: Hashable, Sendable {
        var namespace: String
        var name: String
    }

    private var roles: [RoleKey: CompiledRole] = [:]
    private var subjects: [Binding: Set<Subject>] = [:]
    private var grants: [Subject: Grants] = [:]

    init() {}

    // MARK: Changes

    /// A Role or ClusterRole as it is now; nil when it is gone.
    mutating func setRole(_ key: RoleKey, _ role: Object?) {
        roles[key] = role.map { CompiledRole(PolicyRule.rules(of: $0)) }
    }

    /// A RoleBinding or ClusterRoleBinding as it is now; nil when it is gone.
    mutating func setBinding(namespace: String, name: String, _ object: Object?) {
        let binding = Binding(namespace: namespace, name: name)
        for subject in subjects.removeValue(forKey: binding) ?? [] { removeGrants(of: binding, from: subject) }
        guard let object, let reference = object["roleRef"] else { return }
        let isClusterRole = reference["kind"]?.string == "ClusterRole"
        let role = RoleKey(namespace: isClusterRole ? "" : namespace, name: reference["name"]?.string ?? "")
        // A binding for the whole cluster cannot mean a Role of one namespace.
        guard isClusterRole || !namespace.isEmpty else { return }
        for json in object["subjects"]?.array ?? [] {
            guard let (subject, description) = Self.subject(json, namespace: namespace) else { continue }
            let isNew = subjects[binding, default: []].insert(subject).inserted
            guard isNew else { continue }
            let grant = Grant(role: role, binding: binding, subject: description)
            if namespace.isEmpty {
                grants[subject, default: Grants()].cluster.append(grant)
            } else {
                grants[subject, default: Grants()].namespaced[namespace, default: []].append(grant)
            }
        }
    }

    private static func subject(_ json: JSON, namespace: String) -> (Subject, String)? {
        let name = json["name"]?.string ?? ""
        switch json["kind"]?.string {
        case "User": return (.user(name), "User \"\(name)\"")
        case "Group": return (.group(name), "Group \"\(name)\"")
        case "ServiceAccount":
            let place = json["namespace"]?.string ?? namespace
            guard !place.isEmpty else { return nil }
            return (.user("system:serviceaccount:\(place):\(name)"), "ServiceAccount \"\(name)/\(place)\"")
        default: return nil
        }
    }

    private mutating func removeGrants(of binding: Binding, from subject: Subject) {
        guard var all = grants[subject] else { return }
        if binding.namespace.isEmpty {
            all.cluster.removeAll { $0.binding == binding }
        } else {
            all.namespaced[binding.namespace]?.removeAll { $0.binding == binding }
            if all.namespaced[binding.namespace]?.isEmpty == true { all.namespaced[binding.namespace] = nil }
        }
        grants[subject] = all.cluster.isEmpty && all.namespaced.isEmpty ? nil : all
    }

    // MARK: Decisions

    /// Why the question is allowed; nil when nothing allows it.
    func reason(for question: AuthorizationQuestion) -> String? {
        switch question.target {
        case .path(let path):
            return firstGrant(of: question.user, namespace: "") { $0.allows(verb: question.verb, path: path) }
        case .resource(let group, _, let resource, let subresource, let namespace, let name):
            let target = GroupResource(group: group, resource: subresource.isEmpty ? resource : "\(resource)/\(subresource)")
            return firstGrant(of: question.user, namespace: namespace) { $0.allows(verb: question.verb, target, name: name) }
        }
    }

    private func firstGrant(of user: UserInfo, namespace: String, where allows: (CompiledRole) -> Bool) -> String? {
        func first(_ list: [Grant]?) -> String? {
            guard let grant = list?.first(where: { roles[$0.role].map(allows) ?? false }) else { return nil }
            return describe(grant)
        }
        func look(_ subject: Subject) -> String? {
            guard let grants = grants[subject] else { return nil }
            if let reason = first(grants.cluster) { return reason }
            return namespace.isEmpty ? nil : first(grants.namespaced[namespace])
        }
        if let reason = look(.user(user.name)) { return reason }
        for group in user.groups { if let reason = look(.group(group)) { return reason } }
        return nil
    }

    private func describe(_ grant: Grant) -> String {
        let binding =
            grant.binding.namespace.isEmpty
            ? "ClusterRoleBinding \"\(grant.binding.name)\"" : "RoleBinding \"\(grant.binding.name)/\(grant.binding.namespace)\""
        return "RBAC: allowed by \(binding) of \(grant.role.namespace.isEmpty ? "ClusterRole" : "Role") \"\(grant.role.name)\" to \(grant.subject)"
    }

    /// All rules that the user holds in a namespace, those for the whole cluster included.
    func rules(of user: UserInfo, namespace: String) -> [PolicyRule] {
        var rules: [PolicyRule] = []
        for subject in [Subject.user(user.name)] + user.groups.map(Subject.group) {
            guard let grants = grants[subject] else { continue }
            for grant in grants.cluster { rules += roles[grant.role]?.rules ?? [] }
            // Paths belong to no namespace: a RoleBinding grants none.
            for grant in grants.namespaced[namespace] ?? [] { rules += (roles[grant.role]?.rules ?? []).filter { $0.paths.isEmpty } }
        }
        return rules
    }

    /// The rules of a role; nil when there is none of that name.
    func rules(ofRole key: RoleKey) -> [PolicyRule]? { roles[key]?.rules }
}
