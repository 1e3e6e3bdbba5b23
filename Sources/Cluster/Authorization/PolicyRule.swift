import APIMachinery

/// One rule of a Role or ClusterRole: verbs on resources, or on paths. Source: API reference, rbac.authorization.k8s.io/v1 PolicyRule.
package struct PolicyRule: Sendable, Hashable {
    package var verbs: [String]
    package var groups: [String] = []
    /// `pods`, `pods/log`, `*`, or `*/scale`.
    package var resources: [String] = []
    /// Empty: objects of every name.
    package var names: [String] = []
    /// Paths; a final `*` stands for whatever follows.
    package var paths: [String] = []

    package init(verbs: [String], groups: [String] = [], resources: [String] = [], names: [String] = [], paths: [String] = []) {
        self.verbs = verbs
        self.groups = groups
        self.resources = resources
        self.names = names
        self.paths = paths
    }

    package init(json: JSON) {
        func texts(_ key: String) -> [String] { json[key]?.array?.compactMap(\.string) ?? [] }
        self.init(
            verbs: texts("verbs"), groups: texts("apiGroups"), resources: texts("resources"), names: texts("resourceNames"),
            paths: texts("nonResourceURLs"))
    }

    package var json: JSON {
        var object: JSONObject = ["verbs": JSON(verbs)]
        for (key, values) in [("apiGroups", groups), ("resources", resources), ("resourceNames", names), ("nonResourceURLs", paths)]
        where !values.isEmpty { object[key] = JSON(values) }
        return .object(object)
    }

    package static let everyResource = PolicyRule(verbs: ["*"], groups: ["*"], resources: ["*"])
    package static let everyPath = PolicyRule(verbs: ["*"], paths: ["*"])

    /// The rules of a Role or ClusterRole.
    package static func rules(of role: Object) -> [PolicyRule] { (role["rules"]?.array ?? []).map(PolicyRule.init(json:)) }
}

/// What a rule allows.
extension PolicyRule {
    /// - Parameter resource: with its subresource, `pods/log`.
    func allows(verb: String, group: String, resource: String, name: String) -> Bool {
        Self.contains(verbs, verb) && Self.contains(groups, group) && allows(resource: resource) && (names.isEmpty || names.contains(name))
    }

    func allows(verb: String, path: String) -> Bool {
        Self.contains(verbs, verb) && paths.contains { Self.path($0, covers: path) }
    }

    private static func contains(_ values: [String], _ value: String) -> Bool { values.contains { $0 == "*" || $0 == value } }

    private func allows(resource: String) -> Bool {
        resources.contains { allowed in
            if allowed == "*" || allowed == resource { return true }
            guard allowed.hasPrefix("*/"), let slash = resource.utf8.firstIndex(of: UInt8(ascii: "/")) else { return false }
            return resource[slash...] == allowed.dropFirst()
        }
    }

    private static func path(_ allowed: String, covers path: String) -> Bool {
        guard allowed.utf8.last == UInt8(ascii: "*") else { return allowed == path }
        return path.utf8.starts(with: allowed.utf8.dropLast())
    }

    /// Whether holding this rule alone is holding all of `other`.
    func covers(_ other: PolicyRule) -> Bool {
        other.verbs.allSatisfy { Self.contains(verbs, $0) } && other.groups.allSatisfy { Self.contains(groups, $0) }
            && other.resources.allSatisfy(allows(resource:)) && (names.isEmpty || !other.names.isEmpty && other.names.allSatisfy(names.contains))
            && other.paths.allSatisfy { path in paths.contains { Self.path($0, covers: path) } }
    }
}

/// Escalation: which rights somebody would hand out without holding them.
extension PolicyRule {
    /// Single rights that one rule may be taken apart into; a role of more is for those who hold a rule that covers it.
    static let rightsMax = 100_000

    /// The parts of `wanted` that `held` does not cover, joined by what they are about. Source: kubernetes, component-helpers auth/rbac/validation.
    static func missing(_ wanted: [PolicyRule], from held: [PolicyRule]) -> [PolicyRule] {
        var missing: [PolicyRule] = []
        for rule in wanted where !held.contains(where: { $0.covers(rule) }) {
            guard rule.rightCount <= rightsMax else {
                missing.append(rule)
                continue
            }
            for part in rule.parts {
                let verbs = part.verbs.flatMap { verb in
                    var single = part
                    single.verbs = [verb]
                    return held.contains { $0.covers(single) } ? [] : [verb]
                }
                guard !verbs.isEmpty else { continue }
                var lacking = part
                lacking.verbs = verbs
                if !missing.contains(lacking) { missing.append(lacking) }
            }
        }
        return missing
    }

    private var rightCount: Int {
        [verbs, groups, resources, names, paths].map { max(1, $0.count) }.reduce(1) { product, count in
            let (result, overflow) = product.multipliedReportingOverflow(by: count)
            return overflow ? .max : result
        }
    }

    /// The rule, one part for each group, resource and name, and each path.
    private var parts: [PolicyRule] {
        var parts: [PolicyRule] = []
        for group in groups {
            for resource in resources {
                if names.isEmpty { parts.append(PolicyRule(verbs: verbs, groups: [group], resources: [resource])) }
                for name in names { parts.append(PolicyRule(verbs: verbs, groups: [group], resources: [resource], names: [name])) }
            }
        }
        for path in paths { parts.append(PolicyRule(verbs: verbs, paths: [path])) }
        return parts
    }

    /// As Kubernetes' messages show a rule.
    var text: String {
        func list(_ values: [String]) -> String { "[" + values.map { JSON.string($0).text }.joined(separator: " ") + "]" }
        let fields = [("APIGroups", groups), ("Resources", resources), ("NonResourceURLs", paths), ("ResourceNames", names), ("Verbs", verbs)]
        return "{" + fields.filter { !$0.1.isEmpty }.map { "\($0.0):\(list($0.1))" }.joined(separator: ", ") + "}"
    }
}
