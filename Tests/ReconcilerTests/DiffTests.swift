import APIMachinery
import Testing

@testable import Reconciler

@Suite("Plan: differences", .timeLimit(.minutes(1)))
struct DiffTests {
    private func object(_ yaml: String) throws -> Object {
        let value = try #require(try YAML.documents(parsing: Array(yaml.utf8)).first?.value.object)
        return Object(value)
    }

    @Test("fields are named by path, list elements by their name")
    func fields() throws {
        let old = try object("spec: {replicas: 1, containers: [{name: a, image: one, ports: [{containerPort: 80}]}, {name: b, image: two}], args: [1, 2]}")
        let new = try object("spec: {replicas: 2, containers: [{name: a, image: three, ports: [{containerPort: 81}]}, {name: c, image: two}], args: [1]}")
        #expect(
            FieldDiff.changes(old, new) == [
                FieldChange(path: "spec.args", old: [1, 2], new: [1]),
                FieldChange(path: "spec.containers[a].image", old: "one", new: "three"),
                FieldChange(path: "spec.containers[a].ports[80]", old: ["containerPort": 80], new: nil),
                FieldChange(path: "spec.containers[a].ports[81]", old: nil, new: ["containerPort": 81]),
                FieldChange(path: "spec.containers[b]", old: ["image": "two", "name": "b"], new: nil),
                FieldChange(path: "spec.containers[c]", old: nil, new: ["image": "two", "name": "c"]),
                FieldChange(path: "spec.replicas", old: 1, new: 2),
            ])
    }

    @Test("another order of the same elements is a change")
    func order() throws {
        let old = try object("env: [{name: a}, {name: b}]")
        let new = try object("env: [{name: b}, {name: a}]")
        #expect(FieldDiff.changes(old, new) == [FieldChange(path: "env (order)", old: ["a", "b"], new: ["b", "a"])])
    }

    @Test("a unified diff has hunks with context and line numbers as diff -u writes them")
    func unified() {
        let old = (1...20).map(String.init).joined(separator: "\n")
        let new = old.replacing("\n5\n", with: "\nfive\n").replacing("\n18\n", with: "\n")
        #expect(
            LineDiff.unified(old, new, context: 1) == [
                "@@ -4,3 +4,3 @@", " 4", "-5", "+five", " 6", "@@ -17,3 +17,2 @@", " 17", "-18", " 19",
            ])
        #expect(LineDiff.unified("a\n", "a\n").isEmpty)
        #expect(LineDiff.unified("", "a\nb\n") == ["@@ -0,0 +1,2 @@", "+a", "+b"])
    }

    @Test("Secrets show that a value differs and never the value")
    func secrets() throws {
        let old = try object("{apiVersion: v1, kind: Secret, data: {a: b25l, b: c2FtZQ==}}")
        let new = try object("{apiVersion: v1, kind: Secret, data: {a: dHdv, b: c2FtZQ==, c: bmV3}}")
        let (before, after) = SecretMask.apply(old, new)
        let changes = FieldDiff.changes(try #require(before), try #require(after))
        #expect(
            changes == [
                FieldChange(path: "data.a", old: "*** (before)", new: "*** (after)"),
                FieldChange(path: "data.c", old: nil, new: "*** (after)"),
            ])
    }

    @Test("what a repository contains cannot drive a terminal")
    func printable() {
        let change = PlannedChange(
            key: ObjectKey(.configMaps, namespace: "default", name: "c"), action: .changed,
            fields: [FieldChange(path: "data.a", old: "x", new: "\u{1B}[2J\u{7}y")])
        let lines = PlanText().lines(Plan(revision: "", changes: [change]))
        #expect(lines == ["~ ConfigMap default/c", "    data.a: x → \u{FFFD}[2J\u{FFFD}y", "1 changed"])
    }

    @Test("markdown fences are longer than any in the content")
    func markdown() {
        var change = PlannedChange(key: ObjectKey(.configMaps, namespace: "default", name: "c"), action: .changed)
        change.before = Object(.configMaps, name: "c", ["data": ["a": "````"]])
        change.after = Object(.configMaps, name: "c", ["data": ["a": "b"]])
        #expect(PlanReport([.init(application: "web", title: "", plan: Plan(revision: "abcdef0123", changes: [change]))]).markdown.contains("`````diff"))
    }

    @Test("drift is only what a manifest names")
    func fingerprint() throws {
        let wanted = try object("{metadata: {name: a, labels: {x: y}}, spec: {replicas: 2, ports: [{port: 80}]}}")
        let live = try object("{metadata: {name: a, uid: u, labels: {x: y, z: w}}, spec: {replicas: 2, ports: [{port: 80, protocol: TCP}], extra: 1}, status: {a: 1}}")
        let base = Fingerprint.of(live, asNamedBy: wanted)
        var other = live
        other.set(5, at: ["status", "a"])
        other.set("new", at: ["metadata", "labels", "z"])
        other.set(7, at: ["spec", "extra"])
        #expect(Fingerprint.of(other, asNamedBy: wanted) == base)
        other.set(3, at: ["spec", "replicas"])
        #expect(Fingerprint.of(other, asNamedBy: wanted) != base)
        other = live
        other.set([["port": 81, "protocol": "TCP"]], at: ["spec", "ports"])
        #expect(Fingerprint.of(other, asNamedBy: wanted) != base)
        other = live
        other.set(nil, at: ["metadata", "labels", "x"])
        #expect(Fingerprint.of(other, asNamedBy: wanted) != base)
    }
}
