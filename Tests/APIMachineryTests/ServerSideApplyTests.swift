import TestSupport
import Testing

@testable import APIMachinery

@Suite(.timeLimit(.minutes(1)))
struct ServerSideApplyTests {
    private let deployments = Schema.builtin.node(ResourceType.deployments.gvk)
    private let start = Timestamp(seconds: 1_800_000_000)

    private func yaml(_ text: String) throws -> Object { try SchemaTests.object("apiVersion: apps/v1\nkind: Deployment\n" + text) }

    private func apply(
        _ text: String, to live: Object?, as manager: String = "gitctl", force: Bool = false, subresource: String = "", at seconds: Int64 = 0
    ) throws -> Object {
        try ServerSideApply.apply(
            yaml(text), to: live, manager: manager, force: force, subresource: subresource, now: start + .seconds(seconds), schema: deployments)
    }

    private func update(
        _ new: Object, from live: Object?, as manager: String = "kubectl-edit", subresource: String = "", at seconds: Int64 = 0
    ) -> Object {
        ServerSideApply.update(new, from: live, manager: manager, subresource: subresource, now: start + .seconds(seconds), schema: deployments)
    }

    private func owned(_ object: Object, by manager: String, operation: String = "Apply", subresource: String = "") -> JSON? {
        object.metadata["managedFields"]?.array?.first {
            $0["manager"]?.string == manager && $0["operation"]?.string == operation && ($0["subresource"]?.string ?? "") == subresource
        }?["fieldsV1"]
    }

    private static let web = """
        metadata: {name: web, namespace: default, labels: {app: web}}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
              - name: web
                image: nginx:1
                ports: [{containerPort: 80}]
                env: [{name: A, value: "1"}, {name: B, value: "2"}]
        """

    @Test("A creation owns what it states, in Kubernetes' FieldsV1")
    func creation() throws {
        let object = try apply(Self.web, to: nil)
        let entry = try #require(object.metadata["managedFields"]?.array?.first)
        #expect(
            entry == [
                "apiVersion": "apps/v1", "fieldsType": "FieldsV1", "manager": "gitctl", "operation": "Apply", "time": "2027-01-15T08:00:00Z",
                "fieldsV1": [
                    "f:metadata": ["f:labels": ["f:app": [:]]],
                    "f:spec": [
                        "f:replicas": [:], "f:selector": [:],
                        "f:template": [
                            "f:metadata": ["f:labels": ["f:app": [:]]],
                            "f:spec": [
                                "f:containers": [
                                    "k:{\"name\":\"web\"}": [
                                        ".": [:], "f:image": [:], "f:name": [:],
                                        "f:env": [
                                            "k:{\"name\":\"A\"}": [".": [:], "f:name": [:], "f:value": [:]],
                                            "k:{\"name\":\"B\"}": [".": [:], "f:name": [:], "f:value": [:]],
                                        ],
                                        "f:ports": ["k:{\"containerPort\":80,\"protocol\":\"TCP\"}": [".": [:], "f:containerPort": [:]]],
                                    ]
                                ]
                            ],
                        ],
                    ],
                ],
            ], "\(entry.text)")
        var fields = object.fields
        fields.set(nil, at: "metadata", rest: ["managedFields"])
        #expect(try fields == yaml(Self.web).fields)
    }

    @Test("Applying the same again changes nothing, its time included, defaults or not")
    func noChange() throws {
        let created = try apply(Self.web, to: nil)
        #expect(try apply(Self.web, to: created, at: 60) == created)
        let defaulted = Schema.builtin.defaulted(created)
        #expect(defaulted != created)
        #expect(try apply(Self.web, to: defaulted, at: 60) == defaulted)
        let second = try apply("metadata: {name: web, labels: {app: web}}\n", to: defaulted, as: "other", at: 70)
        #expect(try apply(Self.web, to: second, at: 80) == second)
    }

    @Test("A quantity or number in another form is no change")
    func canonicalForms() throws {
        let text = "metadata: {name: a}\nspec: {replicas: 1.0, template: {spec: {containers: [{name: a, resources: {limits: {memory: 1024Mi, cpu: 0.5}}}]}}}\n"
        let created = try apply(text, to: nil)
        #expect(created.json[FieldPath(parsing: "spec.template.spec.containers[0].resources.limits")] == ["memory": "1Gi", "cpu": "500m"])
        #expect(try apply(text, to: created, at: 5) == created)
    }

    @Test("A changed value is updated and the entry's time with it")
    func change() throws {
        let created = try apply(Self.web, to: nil)
        let changed = try apply(Self.web.replacing("nginx:1", with: "nginx:2"), to: created, at: 60)
        #expect(changed.json[FieldPath(parsing: "spec.template.spec.containers[0].image")] == "nginx:2")
        #expect(changed.metadata["managedFields"]?.array?.first?["time"] == "2027-01-15T08:01:00Z")
    }

    @Test("What is stated no longer goes, unless another owns it")
    func removal() throws {
        let created = Schema.builtin.defaulted(try apply(Self.web, to: nil))
        let shared = try apply("metadata: {name: web}\nspec: {replicas: 2}\n", to: created, as: "other")
        let less = Self.web.replacing("  replicas: 2\n", with: "").replacing(", {name: B, value: \"2\"}", with: "").replacing(", labels: {app: web}}\nspec", with: "}\nspec")
        let result = try apply(less, to: shared, at: 60)
        #expect(result["spec", "replicas"] == 2, "the other owner keeps it")
        #expect(result.json[FieldPath(parsing: "spec.template.spec.containers[0].env")] == [["name": "A", "value": "1"]])
        #expect(result.metadata["labels"] == nil, "a map that lost its last entry goes")
        #expect(result["spec", "revisionHistoryLimit"] == 10, "what no one owns stays")
        #expect(owned(result, by: "other") == ["f:spec": ["f:replicas": [:]]])
        let last = try apply("metadata: {name: web}\n", to: result, as: "other", at: 90)
        #expect(last["spec", "replicas"] == nil && owned(last, by: "other") == nil)
    }

    @Test("A list item goes with its defaults, and stays with what another owns in it")
    func itemRemoval() throws {
        let two = """
            metadata: {name: web}
            spec: {template: {spec: {containers: [{name: a, image: x}, {name: b, image: y}]}}}
            """
        let one = "metadata: {name: web}\nspec: {template: {spec: {containers: [{name: a, image: x}]}}}\n"
        let created = Schema.builtin.defaulted(try apply(two, to: nil))
        let removed = try apply(one, to: created)
        #expect(removed.json[FieldPath(parsing: "spec.template.spec.containers")]?.array?.count == 1)
        let sidecar = "metadata: {name: web}\nspec: {template: {spec: {containers: [{name: b, tty: true}]}}}\n"
        let shared = try apply(sidecar, to: created, as: "other")
        let kept = try apply(one, to: shared)
        let item = try #require(kept.json[FieldPath(parsing: "spec.template.spec.containers[1]")])
        #expect(item["name"] == "b" && item["tty"] == true && item["image"] == nil && item["imagePullPolicy"] != nil)
    }

    @Test("A different value that another owns is a conflict in Kubernetes' words; an equal one is shared")
    func conflicts() throws {
        let created = try apply(Self.web, to: nil)
        var edited = created
        edited["spec", "replicas"] = 5
        let live = update(edited, from: created, as: "kubectl")
        #expect(owned(live, by: "gitctl")?[path: ["f:spec", "f:replicas"]] == nil, "a plain write takes the field")
        let error = #expect(throws: APIStatus.self) { try apply(Self.web, to: live) }
        #expect(error?.message == #"Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas"#)
        #expect(error?.reason == .conflict && error?.code == 409)
        #expect(error?.causes == [.init(reason: "FieldManagerConflict", message: #"conflict with "kubectl" using apps/v1"#, field: ".spec.replicas")])

        let shared = try apply(Self.web.replacing("replicas: 2", with: "replicas: 5"), to: live)
        #expect(owned(shared, by: "kubectl", operation: "Update") == ["f:spec": ["f:replicas": [:]]])
        #expect(owned(shared, by: "gitctl")?[path: ["f:spec", "f:replicas"]] == [:])

        let forced = try apply(Self.web, to: live, force: true)
        #expect(forced["spec", "replicas"] == 2 && owned(forced, by: "kubectl", operation: "Update") == nil)
    }

    @Test("Several conflicts are listed by manager, items by their keys")
    func severalConflicts() throws {
        let created = try apply(Self.web, to: nil)
        let other = try apply(
            "metadata: {name: web, labels: {app: shop}}\nspec: {template: {spec: {containers: [{name: web, image: caddy}]}}}\n", to: created,
            as: "zoe", force: true)
        let error = #expect(throws: APIStatus.self) { try apply(Self.web, to: other) }
        #expect(
            error?.message == """
                Apply failed with 2 conflicts: conflicts with "zoe":
                - .metadata.labels.app
                - .spec.template.spec.containers[name="web"].image
                """)
    }

    @Test("Atomic fields are owned whole, sets by value")
    func atomicsAndSets() throws {
        let created = try apply("metadata: {name: a, finalizers: [x/a]}\nspec: {selector: {matchLabels: {a: b}}}\n", to: nil)
        #expect(owned(created, by: "gitctl") == ["f:metadata": ["f:finalizers": ["v:\"x/a\"": [:]]], "f:spec": ["f:selector": [:]]])
        let second = try apply("metadata: {name: a, finalizers: [x/b]}\n", to: created, as: "other")
        #expect(second.finalizers == ["x/a", "x/b"])
        let third = try apply("metadata: {name: a}\nspec: {selector: {matchLabels: {a: b}}}\n", to: second)
        #expect(third.finalizers == ["x/b"])
        #expect(throws: APIStatus.self) { try apply("metadata: {name: a}\nspec: {selector: {matchLabels: {c: d}}}\n", to: third, as: "other") }
    }

    @Test(
        "Applied items keep the configuration's order, others their place",
        arguments: [
            (["a", "b"], ["b", "a"], ["b", "a"]), (["a", "b", "c"], ["c"], ["a", "b", "c"]), (["a", "x", "b"], ["b", "a"], ["x", "b", "a"]),
            (["a"], ["n", "a"], ["n", "a"]), (["x", "a"], ["a", "n"], ["x", "a", "n"]), ([], ["a"], ["a"]), (["x", "y"], ["n"], ["x", "y", "n"]),
        ])
    func order(live: [String], config: [String], expected: [String]) throws {
        func containers(_ names: [String]) -> String {
            "metadata: {name: a}\nspec: {template: {spec: {containers: [\(names.map { "{name: '\($0)'}" }.joined(separator: ", "))]}}}\n"
        }
        let object = update(try yaml(containers(live)), from: nil)
        let applied = try apply(containers(config), to: object, force: true)
        let names = applied.json[FieldPath(parsing: "spec.template.spec.containers")]?.array?.compactMap { $0["name"]?.string }
        #expect(Set(names ?? []) == Set(expected) && names?.filter(config.contains) == config, "\(names ?? [])")
        #expect(names == expected, "\(names ?? [])")
    }

    @Test("Status and scale have entries of their own")
    func subresources() throws {
        let created = try apply(Self.web + "\nstatus: {replicas: 9}\n", to: nil)
        #expect(created["status"] == nil)
        var reported = created
        reported["status"] = ["replicas": 2, "conditions": [["type": "Available", "status": "True"]]]
        let live = update(reported, from: created, as: "controller", subresource: "status")
        #expect(
            owned(live, by: "controller", operation: "Update", subresource: "status") == [
                "f:status": [
                    "f:conditions": [".": [:], "k:{\"type\":\"Available\"}": [".": [:], "f:status": [:], "f:type": [:]]], "f:replicas": [:],
                ]
            ])
        #expect(try apply(Self.web, to: live, at: 9) == live, "an apply does not touch the status")
        var scaled = live
        scaled["spec", "replicas"] = 7
        let result = update(scaled, from: live, as: "hpa", subresource: "scale")
        let error = #expect(throws: APIStatus.self) { try apply(Self.web, to: result) }
        #expect(error?.message.contains(#"conflict with "hpa" with subresource "scale" using apps/v1: .spec.replicas"#) == true)
        let status = try apply("metadata: {name: web, labels: {z: z}}\nspec: {replicas: 1}\nstatus: {observedGeneration: 3}\n", to: live, as: "gitctl", subresource: "status")
        #expect(status["status", "observedGeneration"] == 3 && status["spec", "replicas"] == 2 && status.labels == ["app": "web"])
        #expect(owned(status, by: "gitctl", subresource: "status") == ["f:status": ["f:observedGeneration": [:]]])
    }

    @Test("Plain writes are tracked; an unchanged one leaves the times alone")
    func updates() throws {
        let created = update(try yaml(Self.web), from: nil, as: "kubectl-create")
        #expect(owned(created, by: "kubectl-create", operation: "Update")?[path: ["f:metadata", "f:labels"]] == [".": [:], "f:app": [:]])
        #expect(update(created, from: created, as: "kubectl-create", at: 60) == created)
        var changed = created
        changed["spec", "replicas"] = nil
        changed["spec", "paused"] = true
        let live = update(changed, from: created, as: "kubectl-edit", at: 60)
        #expect(owned(live, by: "kubectl-edit", operation: "Update") == ["f:spec": ["f:paused": [:]]])
        #expect(owned(live, by: "kubectl-create", operation: "Update")?[path: ["f:spec", "f:replicas"]] == nil)
        var cleared = live
        cleared["metadata", "managedFields"] = [[:]]
        #expect(update(cleared, from: live).metadata["managedFields"] == nil)
        var forgotten = live
        forgotten["metadata", "managedFields"] = nil
        #expect(update(forgotten, from: live) == live, "a client that does not know managedFields does not delete them")
    }

    @Test("Fields from before tracking belong to before-first-apply")
    func untracked() throws {
        var live = try yaml(Self.web)
        live["metadata", "creationTimestamp"] = "2026-01-01T00:00:00Z"
        let error = #expect(throws: APIStatus.self) { try apply(Self.web.replacing("replicas: 2", with: "replicas: 3"), to: live) }
        #expect(error?.message == #"Apply failed with 1 conflict: conflict with "before-first-apply" using apps/v1: .spec.replicas"#)
        let same = try apply(Self.web, to: live)
        #expect(owned(same, by: "before-first-apply", operation: "Update") != nil && owned(same, by: "gitctl") != nil)
    }

    @Test("Old updaters share an entry beyond ten")
    func manyUpdaters() throws {
        var live = update(try yaml(Self.web), from: nil, as: "m0")
        for index in 1...30 {
            var next = live
            next["metadata", "annotations", "a\(index)"] = "x"
            live = update(next, from: live, as: "m\(index)", at: Int64(index))
        }
        let entries = live.metadata["managedFields"]?.array ?? []
        #expect(entries.count == 10 && entries.contains { $0["manager"] == "ancient-changes" })
        #expect(owned(live, by: "ancient-changes", operation: "Update")?[path: ["f:metadata", "f:annotations", "f:a5"]] == [:])
    }

    @Test(
        "A list that cannot be merged is refused",
        arguments: [
            ("[{image: x}]", "spec.template.spec.containers[0]: an item of this list needs its key field name; add it"),
            ("[{name: a}, {name: a}]", #"spec.template.spec.containers[1]: duplicate entries for key [name="a"]; remove one of them"#),
        ])
    func badLists(containers: String, message: String) throws {
        let error = #expect(throws: APIStatus.self) {
            try apply("metadata: {name: a}\nspec: {template: {spec: {containers: \(containers)}}}\n", to: nil)
        }
        #expect(error?.reason == .badRequest && error?.message == message, "\(error?.message ?? "")")
    }

    @Test("Without a schema maps merge and lists are one value")
    func withoutSchema() throws {
        func apply(_ text: String, to live: Object?, as manager: String) throws -> Object {
            try ServerSideApply.apply(
                SchemaTests.object("apiVersion: e/v1\nkind: Custom\nmetadata: {name: a}\n" + text), to: live, manager: manager, force: false,
                subresource: "", now: start, schema: nil)
        }
        let one = try apply("spec: {a: 1, list: [1]}\n", to: nil, as: "one")
        let two = try apply("spec: {b: 2}\n", to: one, as: "two")
        #expect(two["spec"] == ["a": 1, "b": 2, "list": [1]])
        #expect(owned(one, by: "one") == ["f:spec": [".": [:], "f:a": [:], "f:list": [:]]])
        #expect(throws: APIStatus.self) { try apply("spec: {list: [1, 2]}\n", to: two, as: "two") }
        let gone = try apply("spec: {a: 1}\n", to: two, as: "one")
        #expect(gone["spec"] == ["a": 1, "b": 2])
    }

    @Test("managedFields must not be applied")
    func appliedManagedFields() {
        #expect(throws: APIStatus.self) { try apply("metadata: {name: a, managedFields: [{manager: x}]}\n", to: nil) }
    }

    @Test("Random applies and writes end in what was stated, and never trap", arguments: 0..<40)
    func fuzz(seed: UInt64) throws {
        var fuzz = Fuzz(seed: seed)
        var live: Object?
        let node = fuzz.below(5) == 0 ? nil : deployments
        for step in 0..<30 {
            guard case .object(var fields) = fuzz.object(depth: 5) else { continue }
            fields["apiVersion"] = "apps/v1"
            fields["kind"] = "Deployment"
            if fuzz.below(2) == 0 { fields["spec"] = ["template": ["spec": ["containers": .array((0..<fuzz.below(4)).map { _ in ["name": .string(fuzz.pick(["a", "b", "c"])), "image": fuzz.value(depth: 0)] })]]] }
            let object = Object(fields)
            let manager = fuzz.pick(["one", "two", "three"])
            let now = start + .seconds(step)
            if fuzz.below(3) == 0 {
                live = ServerSideApply.update(object, from: live, manager: manager, subresource: fuzz.pick(["", "status"]), now: now, schema: node)
                continue
            }
            guard let result = try? ServerSideApply.apply(object, to: live, manager: manager, force: fuzz.below(2) == 0, subresource: "", now: now, schema: node)
            else { continue }
            let again = try ServerSideApply.apply(object, to: result, manager: manager, force: false, subresource: "", now: now + .seconds(100), schema: node)
            let isSame = again == result
            #expect(isSame, "\(object.json.text)\n\(live?.json.text ?? "")\n\(result.json.text)\n\(again.json.text)")
            live = result
        }
    }

    @Test("Set operations agree with sets of paths", arguments: 0..<30)
    func setAlgebra(seed: UInt64) {
        var fuzz = Fuzz(seed: seed)
        func random() -> FieldSet {
            var set = FieldSet()
            for _ in 0..<fuzz.below(8) {
                var node = FieldSet.leaf
                for _ in 0...fuzz.below(3) { node = ["f:\(fuzz.pick(["a", "b", "c"]))": .object(node)] }
                set = set.union(FieldSet(node))
            }
            return set
        }
        for _ in 0..<50 {
            let a = random()
            let b = random()
            let (pa, pb) = (Set(a.paths), Set(b.paths))
            #expect(Set(a.union(b).paths) == pa.union(pb))
            #expect(Set(a.subtracting(b).paths) == pa.subtracting(pb))
            #expect(Set(a.intersection(b).paths) == pa.intersection(pb))
            #expect(a.union(b) == b.union(a) && a.subtracting(a).isEmpty)
        }
    }
}
