import APIMachinery

/// The roles and bindings of `BootstrapTable` as objects, and what becomes of ones that exist.
enum BootstrapPolicy {
    static let autoupdate = "rbac.authorization.kubernetes.io/autoupdate"
    private static let bootstrapping = (key: "kubernetes.io/bootstrapping", value: "rbac-defaults")
    private static let group = "rbac.authorization.k8s.io"

    /// Roles before their bindings.
    static var objects: [(ResourceType, Object)] {
        let parsed = entries(BootstrapTable.clusterRoles)
        var objects: [(ResourceType, Object)] = parsed.map { (.clusterRoles, clusterRole($0, aggregating: parsed)) }
        var bindings: [(ResourceType, Object)] = parsed.filter { !$0.subjects.isEmpty }.map { entry in
            (.clusterRoleBindings, binding(.clusterRoleBindings, named: entry.name, to: "ClusterRole", of: entry))
        }
        for var entry in entries(BootstrapTable.controllers) {
            entry.subjects = ["account:kube-system/\(entry.name)"]
            entry.name = "system:controller:\(entry.name)"
            entry.rules = entry.rules.map(Self.alsoPatching) + [events]
            objects.append((.clusterRoles, clusterRole(entry, aggregating: [])))
            bindings.append((.clusterRoleBindings, binding(.clusterRoleBindings, named: entry.name, to: "ClusterRole", of: entry)))
        }
        for entry in entries(BootstrapTable.roles) {
            let parts = entry.name.split(separator: "/", maxSplits: 1).map(String.init)
            var role = Object(.roles, namespace: parts[0], name: parts[1], ["rules": .array(entry.rules.map(\.json))])
            mark(&role)
            objects.append((.roles, role))
            var binding = binding(.roleBindings, named: parts[1], to: "Role", of: entry)
            binding.namespace = parts[0]
            bindings.append((.roleBindings, binding))
        }
        return objects + bindings
    }

    /// The rules of a role of the table.
    static func rules(ofClusterRole name: String) -> [PolicyRule] {
        entries(BootstrapTable.clusterRoles).first { $0.name == name }?.rules ?? []
    }

    private struct Entry {
        var name: String
        /// The label by which the role takes others in: `admin`, `edit`, `view`.
        var aggregates: String?
        /// The labels by which others take it in.
        var labels: [String] = []
        var subjects: [String] = []
        var rules: [PolicyRule] = []
    }

    private static let events = PolicyRule(verbs: ["create", "patch", "update"], groups: ["", "events.k8s.io"], resources: ["events"])

    private static func entries(_ table: String) -> [Entry] {
        var entries: [Entry] = []
        for line in table.split(separator: "\n") {
            var words = line.split(separator: " ").map(String.init)
            if line.hasPrefix(" ") {
                entries[entries.count - 1].rules.append(rule(words))
                continue
            }
            var entry = Entry(name: words.removeFirst())
            for word in words where word != ">" {
                switch word.first {
                case "=": entry.aggregates = String(word.dropFirst())
                case "+": entry.labels.append(String(word.dropFirst()))
                default: entry.subjects.append(word)
                }
            }
            entries.append(entry)
        }
        return entries
    }

    private static func rule(_ words: [String]) -> PolicyRule {
        if words == ["EVENTS"] { return events }
        func list(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }
        let verbs = list(words[0]).flatMap { verb in
            switch verb {
            case "read": ["get", "list", "watch"]
            case "write": ["create", "delete", "deletecollection", "patch", "update"]
            default: [verb]
            }
        }.sorted()
        if words[1] == "url" { return PolicyRule(verbs: verbs, paths: words[2...].sorted()) }
        return PolicyRule(
            verbs: verbs, groups: list(words[1]).map { $0 == "core" ? "" : $0 }, resources: list(words[2]),
            names: words.count > 3 ? list(words[3]) : [])
    }

    private static func alsoPatching(_ rule: PolicyRule) -> PolicyRule {
        guard rule.verbs.contains("update"), !rule.verbs.contains("patch") else { return rule }
        var rule = rule
        rule.verbs = (rule.verbs + ["patch"]).sorted()
        return rule
    }

    private static func clusterRole(_ entry: Entry, aggregating others: [Entry]) -> Object {
        var role = Object(.clusterRoles, name: entry.name)
        var rules = entry.rules
        if let name = entry.aggregates {
            role["aggregationRule"] = ["clusterRoleSelectors": [["matchLabels": .object([label(name): "true"])]]]
            rules = gathered(name, from: others)
        }
        role["rules"] = .array(rules.map(\.json))
        mark(&role)
        for name in entry.labels { role.labels[label(name)] = "true" }
        return role
    }

    private static func label(_ name: String) -> String { "rbac.authorization.k8s.io/aggregate-to-\(name)" }

    /// What the aggregating role `name` takes in, as `ClusterRoleAggregation` would find it: so that it is there from the first request.
    private static func gathered(_ name: String, from entries: [Entry]) -> [PolicyRule] {
        var rules: [PolicyRule] = []
        for entry in entries.filter({ $0.labels.contains(name) }).sorted(by: { $0.name < $1.name }) {
            let own = entry.aggregates.map { gathered($0, from: entries) } ?? entry.rules
            for rule in own where !rules.contains(rule) { rules.append(rule) }
        }
        return rules
    }

    private static func mark(_ object: inout Object) {
        object.labels[bootstrapping.key] = bootstrapping.value
        object.annotations[autoupdate] = "true"
    }

    private static func binding(_ type: ResourceType, named name: String, to kind: String, of entry: Entry) -> Object {
        var object = Object(type, name: name)
        object["roleRef"] = ["apiGroup": .string(group), "kind": .string(kind), "name": .string(name)]
        object["subjects"] = .array(
            entry.subjects.map { subject in
                let parts = subject.split(separator: ":", maxSplits: 1).map(String.init)
                guard parts[0] == "account" else {
                    return ["apiGroup": .string(group), "kind": parts[0] == "user" ? "User" : "Group", "name": .string(parts[1])]
                }
                let account = parts[1].split(separator: "/").map(String.init)
                return ["kind": "ServiceAccount", "namespace": .string(account[0]), "name": .string(account[1])]
            })
        mark(&object)
        return object
    }

    /// The live object with what the policy demands and lost; what was added to it stays. An object
    /// whose `autoupdate` is false is left alone, and aggregated rules are the controller's.
    static func reconciled(_ live: Object, _ wanted: Object) -> Object {
        guard live.annotations[autoupdate] != "false" else { return live }
        var object = live
        object.labels.merge(wanted.labels) { _, new in new }
        object.annotations.merge(wanted.annotations) { _, new in new }
        if wanted["aggregationRule"] != nil {
            object["aggregationRule"] = wanted["aggregationRule"]
        } else if let rules = wanted["rules"]?.array {
            let held = PolicyRule.rules(of: live)
            let lost = rules.filter { rule in !PolicyRule.missing([PolicyRule(json: rule)], from: held).isEmpty }
            if !lost.isEmpty { object["rules"] = .array((live["rules"]?.array ?? []) + lost) }
        }
        if let subjects = wanted["subjects"]?.array {
            let held = live["subjects"]?.array ?? []
            let lost = subjects.filter { !held.contains($0) }
            if !lost.isEmpty { object["subjects"] = .array(held + lost) }
        }
        return object
    }
}
