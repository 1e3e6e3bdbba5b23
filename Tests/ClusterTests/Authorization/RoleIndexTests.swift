import APIMachinery
import Testing

@testable import Cluster

/// RBAC as a value: no store, no server.
@Suite(.timeLimit(.minutes(1))) struct RoleIndexTests {
    /// `reader` in `team`, `log-viewer` and `one` for the cluster, bound to alice, the group dev and a service account.
    private static var index: RoleIndex {
        var index = RoleIndex()
        func role(_ namespace: String, _ name: String, _ rules: JSON) {
            index.setRole(RoleIndex.RoleKey(namespace: namespace, name: name), Object(["rules": rules]))
        }
        role("team", "reader", [["verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]]])
        role("", "log-viewer", [["verbs": ["get"], "apiGroups": ["*"], "resources": ["*/log"]]])
        role("", "one", [["verbs": ["update"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["mine"]]])
        role("", "health", [["verbs": ["get"], "nonResourceURLs": ["/healthz", "/logs/*"]]])
        bind("team", "b1", "Role", "reader", ["kind": "User", "name": "alice"], &index)
        bind("team", "b2", "ClusterRole", "one", ["kind": "Group", "name": "dev"], &index)
        bind("", "b3", "ClusterRole", "log-viewer", ["kind": "ServiceAccount", "namespace": "team", "name": "robot"], &index)
        bind("", "b4", "ClusterRole", "health", ["kind": "User", "name": "alice"], &index)
        bind("team", "b5", "ClusterRole", "health", ["kind": "Group", "name": "dev"], &index)
        return index
    }

    private static func bind(_ namespace: String, _ name: String, _ kind: String, _ role: String, _ subject: JSON, _ index: inout RoleIndex) {
        index.setBinding(namespace: namespace, name: name, Object(["roleRef": ["kind": .string(kind), "name": .string(role)], "subjects": [subject]]))
    }

    private static let alice = UserInfo(name: "alice")
    private static let developer = UserInfo(name: "bob", groups: ["dev"])
    private static let robot = UserInfo(name: "system:serviceaccount:team:robot")

    private static func question(
        _ user: UserInfo, _ verb: String, _ resource: String, _ subresource: String = "", in namespace: String = "team", name: String = "", group: String = ""
    ) -> AuthorizationQuestion {
        AuthorizationQuestion(
            user: user, verb: verb,
            target: .resource(group: group, version: "v1", resource: resource, subresource: subresource, namespace: namespace, name: name))
    }

    @Test(
        "bindings and rules decide",
        arguments: [
            (question(alice, "list", "pods"), true), (question(alice, "list", "pods", in: "other"), false),
            (question(alice, "list", "pods", in: ""), false), (question(alice, "delete", "pods"), false),
            (question(alice, "get", "pods", "log"), false), (question(alice, "get", "pods", group: "metrics.k8s.io"), false),
            (question(developer, "update", "configmaps", name: "mine"), true), (question(developer, "update", "configmaps", name: "other"), false),
            (question(developer, "update", "configmaps"), false), (question(robot, "get", "pods", "log", in: "any"), true),
            (question(robot, "get", "pods"), false), (question(UserInfo(name: "eve"), "list", "pods"), false),
            (AuthorizationQuestion(user: alice, verb: "get", target: .path("/logs/today")), true),
            (AuthorizationQuestion(user: alice, verb: "get", target: .path("/log")), false),
            // A RoleBinding grants no paths.
            (AuthorizationQuestion(user: developer, verb: "get", target: .path("/healthz")), false),
        ] as [(AuthorizationQuestion, Bool)])
    func decisions(question: AuthorizationQuestion, isAllowed: Bool) { #expect((Self.index.reason(for: question) != nil) == isAllowed) }

    @Test("the reason names binding, role and subject") func reasons() {
        #expect(
            Self.index.reason(for: Self.question(Self.alice, "get", "pods"))
                == #"RBAC: allowed by RoleBinding "b1/team" of Role "reader" to User "alice""#)
        #expect(
            Self.index.reason(for: Self.question(Self.robot, "get", "pods", "log"))
                == #"RBAC: allowed by ClusterRoleBinding "b3" of ClusterRole "log-viewer" to ServiceAccount "robot/team""#)
    }

    @Test("changes of roles and bindings count from the next question on") func changes() {
        var index = Self.index
        let question = Self.question(Self.alice, "list", "pods")
        let key = RoleIndex.RoleKey(namespace: "team", name: "reader")
        index.setRole(key, nil)
        #expect(index.reason(for: question) == nil)
        index.setRole(key, Object(["rules": [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]]]))
        #expect(index.reason(for: question) != nil)
        index.setBinding(namespace: "team", name: "b1", nil)
        #expect(index.reason(for: question) == nil)
        // A ClusterRoleBinding to a Role means nothing.
        Self.bind("", "odd", "Role", "reader", ["kind": "User", "name": "alice"], &index)
        #expect(index.reason(for: question) == nil)
    }

    @Test("what one rule covers", arguments: [
        (PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"]), PolicyRule(verbs: ["*"], groups: [""], resources: ["pods"]), true),
        (PolicyRule(verbs: ["*"], groups: [""], resources: ["pods"]), PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"]), false),
        (PolicyRule(verbs: ["get"], groups: ["a", "b"], resources: ["x"]), PolicyRule(verbs: ["get"], groups: ["*"], resources: ["*"]), true),
        (PolicyRule(verbs: ["get"], groups: [""], resources: ["pods/log"]), PolicyRule(verbs: ["get"], groups: [""], resources: ["*/log"]), true),
        (PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"], names: ["a"]), PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"]), true),
        (PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"]), PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"], names: ["a"]), false),
        (PolicyRule(verbs: ["get"], paths: ["/a/b"]), PolicyRule(verbs: ["get"], paths: ["/a/*"]), true),
        (PolicyRule(verbs: ["get"], paths: ["/a/*"]), PolicyRule(verbs: ["get"], paths: ["/a/b"]), false),
        (PolicyRule(verbs: ["get"], paths: ["/a"]), PolicyRule.everyResource, false),
    ] as [(PolicyRule, PolicyRule, Bool)])
    func covering(wanted: PolicyRule, held: PolicyRule, isCovered: Bool) { #expect(PolicyRule.missing([wanted], from: [held]).isEmpty == isCovered) }

    @Test("several rules cover one together, and what is missing is named once") func together() {
        let held = [PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"]), PolicyRule(verbs: ["list"], groups: [""], resources: ["pods"])]
        let wanted = PolicyRule(verbs: ["get", "list"], groups: [""], resources: ["pods"])
        #expect(PolicyRule.missing([wanted], from: held).isEmpty)
        let more = PolicyRule(verbs: ["get", "delete"], groups: [""], resources: ["pods", "secrets"])
        #expect(
            PolicyRule.missing([more, more], from: held).map(\.text) == [
                #"{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}"#, #"{APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete"]}"#,
            ])
    }

    @Test("a decision takes microseconds with a thousand bindings") func speed() {
        var index = Self.index
        let wide: JSON = .array((0..<50).map { ["verbs": ["get", "list", "watch"], "apiGroups": ["g\($0)"], "resources": ["r\($0)", "s\($0)"]] })
        index.setRole(RoleIndex.RoleKey(namespace: "", name: "wide"), Object(["rules": wide]))
        for number in 0..<1_000 { Self.bind("ns\(number)", "b", "ClusterRole", "wide", ["kind": "User", "name": "alice"], &index) }
        let question = Self.question(Self.alice, "list", "r49", in: "ns777", group: "g49")
        let clock = ContinuousClock()
        let duration = clock.measure { for _ in 0..<1_000 { #expect(index.reason(for: question) != nil) } }
        // A debug build on a busy machine: the bound is loose by far.
        #expect(duration < .milliseconds(1_000), "\(duration)")
    }

    @Test("the bootstrap policy parses, and its aggregates hold what they take in") func bootstrap() throws {
        let objects = BootstrapPolicy.objects
        func rules(_ name: String) throws -> [PolicyRule] {
            PolicyRule.rules(of: try #require(objects.first { $0.0 == .clusterRoles && $0.1.name == name }).1)
        }
        for name in ["cluster-admin", "system:node", "system:controller:replicaset-controller", "system:kube-scheduler"] { #expect(try !rules(name).isEmpty) }
        let view = try rules("view")
        #expect(PolicyRule.missing(view, from: try rules("edit")).isEmpty)
        #expect(PolicyRule.missing(try rules("edit"), from: try rules("admin")).isEmpty)
        #expect(!PolicyRule.missing([PolicyRule(verbs: ["get"], groups: [""], resources: ["secrets"])], from: view).isEmpty)
        // Every role that is bound exists.
        let roles = Set(objects.filter { $0.0 == .clusterRoles || $0.0 == .roles }.map(\.1.name))
        for (type, binding) in objects where type == .clusterRoleBindings || type == .roleBindings {
            #expect(roles.contains(binding["roleRef", "name"]?.string ?? ""), "\(binding.name)")
        }
    }

    @Test("reconciling keeps what was added, restores what was lost, and respects autoupdate=false") func reconciled() throws {
        let wanted = try #require(BootstrapPolicy.objects.first { $0.1.name == "system:basic-user" && $0.0 == .clusterRoles }).1
        var live = wanted
        live["rules"] = [["verbs": ["get"], "apiGroups": [""], "resources": ["pods"]]]
        let corrected = BootstrapPolicy.reconciled(live, wanted)
        #expect(PolicyRule.missing(PolicyRule.rules(of: wanted), from: PolicyRule.rules(of: corrected)).isEmpty)
        #expect(PolicyRule.rules(of: corrected).contains(PolicyRule(verbs: ["get"], groups: [""], resources: ["pods"])))
        #expect(BootstrapPolicy.reconciled(corrected, wanted) == corrected)
        live.annotations[BootstrapPolicy.autoupdate] = "false"
        #expect(BootstrapPolicy.reconciled(live, wanted) == live)
    }

    @Test("a node's references are those of its own pods, for as long as they are there") func nodeReferences() {
        var references = NodeReferences()
        var pod = Object(.pods, namespace: "n", name: "p", ["spec": ["nodeName": "a", "serviceAccountName": "sa", "volumes": [["name": "v", "secret": ["secretName": "s"]]]]])
        references.set("n", "p", pod)
        let secret = NodeReferences.Reference(resource: "secrets", namespace: "n", name: "s")
        #expect(references.refers("a", to: secret) && !references.refers("b", to: secret) && references.node(ofPod: "p", in: "n") == "a")
        references.set("n", "q", pod)
        references.set("n", "p", nil)
        #expect(references.refers("a", to: secret))
        pod["spec", "volumes"] = []
        references.set("n", "q", pod)
        #expect(!references.refers("a", to: secret))
    }
}
