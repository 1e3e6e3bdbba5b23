import APIMachinery
import Testing

@testable import Reconciler

@Suite("Health: expressions of the Application's own", .timeLimit(.minutes(1)))
struct HealthCheckTests {
    private func application(_ checks: JSON) throws -> Application {
        try Application(Object(.applications, namespace: "n", name: "a", ["spec": ["source": ["repository": "a"], "healthCheckExprs": checks]]))
    }

    private static let widgets = ResourceType(group: "example.com", version: "v1", kind: "Widget", plural: "widgets")
    private static let checks: JSON = [
        [
            "apiVersion": "example.com/v1", "kind": "Widget", "inProgress": "has(status.phase) && status.phase == 'Building'",
            "failed": "status.?conditions.orValue([]).exists(c, c.type == 'Broken' && c.status == 'True')", "current": "status.phase == 'Done'",
        ]
    ]

    /// An object's fields, and how it is.
    static let cases: [(object: JSONObject, state: Health.State, reason: String)] = [
        (["status": ["phase": "Done"]], .healthy, ""),
        (["status": ["phase": "Building"]], .progressing, "in progress by spec.healthCheckExprs[0].inProgress"),
        (["status": ["phase": "Building", "conditions": [["type": "Ready", "status": "False", "reason": "Wait", "message": "for paint"]]]], .progressing, "Wait: for paint"),
        (["status": ["phase": "Done", "conditions": [["type": "Broken", "status": "True"]]]], .degraded, "failed by spec.healthCheckExprs[0].failed"),
        (["status": ["phase": "Else"]], .progressing, "not healthy yet by spec.healthCheckExprs[0].current"),
        (["status": [:]], .progressing, "spec.healthCheckExprs[0].current: no such key: phase"),
        ([:], .progressing, "spec.healthCheckExprs[0].inProgress: no such attribute: status"),
        (["metadata": ["generation": 2], "status": ["phase": "Done", "observedGeneration": 1]], .progressing, "its controller has not seen the latest change yet"),
    ]

    @Test("each in its order, and the first that holds", arguments: cases.indices)
    func health(index: Int) throws {
        let (fields, state, reason) = Self.cases[index]
        var view = ClusterView(dependents: { _, _ in [] }, object: { _ in nil })
        view.checks = try application(Self.checks).healthChecks
        let health = HealthRules.health(of: Object(fields), type: Self.widgets, view: view)
        #expect(health.state == state)
        #expect(health.reason == reason)
    }

    @Test("a rule of the Application goes before the one by kind")
    func overrides() throws {
        var view = ClusterView(dependents: { _, _ in [] }, object: { _ in nil })
        view.checks = try application([["apiVersion": "v1", "kind": "Service", "current": "spec.type == 'LoadBalancer'"]]).healthChecks
        let health = HealthRules.health(of: Object(["spec": ["type": "LoadBalancer"]]), type: .services, view: view)
        #expect(health == .healthy)
    }

    static let invalid: [(JSON, String)] = [
        ([["apiVersion": "v1", "kind": "A", "current": "status.phase = 'x'"]], "spec.healthCheckExprs[0].current: 1:14: unexpected character \"=\""),
        ([["apiVersion": "v1", "kind": "A", "current": "true", "failed": "status.phase =="]], "spec.healthCheckExprs[0].failed: 1:16: unexpected the end"),
        ([["apiVersion": "v1", "kind": "A"]], "spec.healthCheckExprs[0].current is missing; give the expression that is true when the object is healthy"),
        ([["apiVersion": "a/b/c", "kind": "A", "current": "true"]], "spec.healthCheckExprs[0].apiVersion \"a/b/c\" cannot be read; write it like apps/v1"),
        ([["apiVersion": "v1", "kind": "", "current": "true"]], "spec.healthCheckExprs[0].kind is missing; name the kind"),
    ]

    @Test("an expression that cannot be read is refused with its place", arguments: invalid.indices)
    func refuses(index: Int) throws {
        let (checks, message) = Self.invalid[index]
        let error = #expect(throws: InvalidApplication.self) { try application(checks) }
        #expect(error?.description == message)
    }
}
