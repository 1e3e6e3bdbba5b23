import Testing

@testable import APIMachinery

@Suite("Fields left to others: what is applied, and what counts as the same", .timeLimit(.minutes(1)))
struct IgnoredFieldsTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    private func object(_ yaml: String) throws -> Object {
        Object(try #require(try YAML.documents(parsing: Array(yaml.utf8)).first?.value.object))
    }

    private func deployment(replicas: Int? = 2, image: String = "nginx:1", extra: String = "") throws -> Object {
        try object(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web, namespace: default, annotations: {a/b: one, mine: x}}
            spec:
              \(replicas.map { "replicas: \($0)" } ?? "paused: false")
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  containers: [{name: web, image: "\(image)", args: [a, b]}\(extra)]
                  tolerations: [{key: x, operator: Exists}]
            """)
    }

    private func apply(_ object: Object, to live: Object?, as manager: String = "gitctl") throws -> Object {
        var result = try ServerSideApply.apply(
            object, to: live, manager: manager, force: true, subresource: "", now: Self.now, schema: schema(object))
        if live == nil { result.uid = "u" }
        return result
    }

    private func schema(_ object: Object) -> SchemaNode? { object.gvk.flatMap(Schema.builtin.node) }

    private func ignored(_ pointers: [String], managers: [String] = [], wanted: Object, live: Object) throws -> IgnoredFields {
        IgnoredFields(
            try pointers.map { try JSONPointer($0) }, managers: managers, applier: "gitctl", wanted: wanted, live: live, schema: schema(wanted))
    }

    /// As another client would, by an update through a subresource or the object itself.
    private func set(_ value: JSON, at path: [String], of live: Object, as manager: String, subresource: String = "") -> Object {
        var new = live
        new.set(value, at: path)
        return ServerSideApply.update(new, from: live, manager: manager, subresource: subresource, now: Self.now, schema: schema(live))
    }

    @Test("a field that another manager took is not stated")
    func stripped() throws {
        let live = set(7, at: ["spec", "replicas"], of: try apply(deployment(), to: nil), as: "scaler", subresource: "scale")
        let fields = try ignored(["/spec/replicas"], wanted: deployment(), live: live)
        let (applied, isPinned) = fields.applied(try deployment(), over: live, applier: "gitctl")
        #expect(applied.spec["replicas"] == nil)
        #expect(!isPinned)
        #expect(try apply(applied, to: live) == live)
    }

    @Test("a field that only the applier owns is stated as it is live, so that it neither changes nor falls back to its default")
    func kept() throws {
        let live = try apply(deployment(replicas: 5), to: nil)
        // Also when the manifest states it no longer.
        for wanted in [try deployment(replicas: 2), try deployment(replicas: nil)] {
            let fields = try ignored(["/spec/replicas"], wanted: wanted, live: live)
            let (applied, isPinned) = fields.applied(wanted, over: live, applier: "gitctl")
            #expect(applied.spec["replicas"] == 5)
            #expect(isPinned)
            #expect(try apply(applied, to: live).spec["replicas"] == 5)
        }
    }

    @Test("a list's item is found by its key, whatever its index in the live object")
    func listItem() throws {
        var live = try apply(deployment(), to: nil)
        live = set([["name": "side", "image": "proxy"], ["name": "web", "image": "nginx:2", "args": ["a", "b"]]], at: ["spec", "template", "spec", "containers"], of: live, as: "injector")
        let wanted = try deployment(image: "nginx:3")
        let fields = try ignored(["/spec/template/spec/containers/0/image"], wanted: wanted, live: live)
        let result = try apply(fields.applied(wanted, over: live, applier: "gitctl").object, to: live)
        let images = result.json[path: ["spec", "template", "spec", "containers"]]?.array?.compactMap { $0["image"]?.string }
        #expect(images == ["proxy", "nginx:2"])
        var other = live
        other.set([["name": "side", "image": "proxy"], ["name": "web", "image": "nginx:8", "args": ["a", "b"]]], at: ["spec", "template", "spec", "containers"])
        #expect(fields.without(live) == fields.without(other))
        other.set([["name": "side", "image": "other"], ["name": "web", "image": "nginx:8", "args": ["a", "b"]]], at: ["spec", "template", "spec", "containers"])
        #expect(fields.without(live) != fields.without(other))
    }

    @Test("inside a value that is applied as one, the live part takes the place of the manifest's")
    func atomic() throws {
        let live = set([["key": "y", "operator": "Exists"]], at: ["spec", "template", "spec", "tolerations"], of: try apply(deployment(), to: nil), as: "x")
        let wanted = try deployment()
        let fields = try ignored(["/spec/template/spec/tolerations/0/key", "/spec/template/spec/containers/0/args/1"], wanted: wanted, live: live)
        let (applied, isPinned) = fields.applied(wanted, over: live, applier: "gitctl")
        #expect(applied.json[path: ["spec", "template", "spec", "tolerations"]] == [["key": "y", "operator": "Exists"]])
        #expect(isPinned)
        var changed = live
        changed.set([["key": "z", "operator": "Exists"]], at: ["spec", "template", "spec", "tolerations"])
        #expect(fields.without(live) == fields.without(changed))
        changed.set([["key": "z", "operator": "Equal"]], at: ["spec", "template", "spec", "tolerations"])
        #expect(fields.without(live) != fields.without(changed))
    }

    @Test("what a trusted manager owns is left alone, and nothing beside it")
    func managers() throws {
        var live = try apply(deployment(), to: nil)
        live = set("two", at: ["metadata", "annotations", "a/b"], of: live, as: "cert-manager")
        live = set("nginx:5", at: ["metadata", "annotations", "other"], of: live, as: "someone")
        let wanted = try deployment(replicas: 3)
        let fields = try ignored([], managers: ["cert-manager"], wanted: wanted, live: live)
        let result = try apply(fields.applied(wanted, over: live, applier: "gitctl").object, to: live)
        #expect(result.annotations == ["a/b": "two", "mine": "x", "other": "nginx:5"])
        #expect(result.spec["replicas"] == 3)
        #expect(try ignored([], managers: ["nobody"], wanted: wanted, live: live).isEmpty)
    }

    @Test("an escaped key of a map, and a whole subtree")
    func escaped() throws {
        let live = set("two", at: ["metadata", "annotations", "a/b"], of: try apply(deployment(), to: nil), as: "x")
        let one = try ignored(["/metadata/annotations/a~1b"], wanted: deployment(), live: live)
        #expect(try apply(one.applied(try deployment(), over: live, applier: "gitctl").object, to: live).annotations["a/b"] == "two")
        let all = try ignored(["/spec/template"], wanted: deployment(), live: live)
        let wanted = try deployment(image: "nginx:9")
        #expect(try apply(all.applied(wanted, over: live, applier: "gitctl").object, to: live).spec["template"] == live.spec["template"])
    }

    @Test("kinds without a schema go by names and indices")
    func schemaless() throws {
        let wanted = try object("{apiVersion: example.com/v1, kind: Thing, metadata: {name: a}, spec: {size: 1, parts: [{name: x, weight: 1}]}}")
        let live = set(["size": 4, "parts": [["name": "x", "weight": 9]]], at: ["spec"], of: try apply(wanted, to: nil), as: "operator")
        let fields = try ignored(["/spec/size", "/spec/parts/0/weight"], wanted: wanted, live: live)
        #expect(try apply(fields.applied(wanted, over: live, applier: "gitctl").object, to: live).spec == live.spec)
    }

    @Test("applying twice with fields left to others changes nothing the second time")
    func idempotent() throws {
        var live = set(7, at: ["spec", "replicas"], of: try apply(deployment(), to: nil), as: "scaler")
        let wanted = try deployment(image: "nginx:2")
        let fields = try ignored(["/spec/replicas", "/spec/template/spec/tolerations/0/key"], wanted: wanted, live: live)
        live = try apply(fields.applied(wanted, over: live, applier: "gitctl").object, to: live)
        let again = try ignored(["/spec/replicas", "/spec/template/spec/tolerations/0/key"], wanted: wanted, live: live)
        #expect(try apply(again.applied(wanted, over: live, applier: "gitctl").object, to: live) == live)
    }

    @Test(
        "what is no pointer is told",
        arguments: [
            ("spec", "does not begin with /; write /spec"), ("/a~2", "has a ~ that is neither ~0 (for ~) nor ~1 (for /)"),
            ("/a~", "has a ~ that is neither ~0 (for ~) nor ~1 (for /)"),
        ])
    func malformed(text: String, problem: String) {
        #expect(throws: JSONPointer.Malformed(problem: problem)) { try JSONPointer(text) }
    }

    @Test("a pointer is read and written", arguments: ["", "/", "/a/b", "/a~1b/~0c/0", "/~01"])
    func roundTrip(text: String) throws { #expect(try JSONPointer(text).description == text) }
}
