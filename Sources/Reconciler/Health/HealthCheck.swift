import APIMachinery

/// When objects of a kind are healthy, as expressions: an entry of `spec.healthCheckExprs`, with Flux's field
/// names and order. Expressions see the object's top-level fields as variables.
/// Source: fluxcd/flux2, rfcs/0009-custom-health-checks.
package struct HealthCheck: Sendable, Hashable {
    private let group: String
    private let kind: String
    /// Where it stands, for messages.
    private let place: String
    private let current: CELExpression
    private let inProgress: CELExpression?
    private let failed: CELExpression?

    package func covers(_ type: ResourceType) -> Bool { type.kind == kind && type.group == group }

    /// Throws a sentence that names the field at fault and the place in the expression.
    static func checks(of spec: JSON) throws(InvalidApplication) -> [HealthCheck] {
        var checks: [HealthCheck] = []
        for (index, json) in (spec["healthCheckExprs"]?.array ?? []).enumerated() {
            checks.append(try HealthCheck(json, place: "spec.healthCheckExprs[\(index)]"))
        }
        return checks
    }

    private init(_ json: JSON, place: String) throws(InvalidApplication) {
        func expression(_ key: String) throws(InvalidApplication) -> CELExpression? {
            guard let text = json[key]?.string, !text.isEmpty else { return nil }
            do throws(CELSyntaxError) { return try CELExpression(text) } catch {
                throw InvalidApplication(description: "\(place).\(key): \(error)")
            }
        }
        guard let version = GroupVersion(json["apiVersion"]?.string ?? "") else {
            throw InvalidApplication(description: "\(place).apiVersion \"\(json["apiVersion"]?.string ?? "")\" cannot be read; write it like apps/v1")
        }
        guard let kind = json["kind"]?.string, !kind.isEmpty else { throw InvalidApplication(description: "\(place).kind is missing; name the kind") }
        guard let current = try expression("current") else {
            throw InvalidApplication(description: "\(place).current is missing; give the expression that is true when the object is healthy")
        }
        group = version.group
        self.kind = kind
        self.place = place
        self.current = current
        inProgress = try expression("inProgress")
        failed = try expression("failed")
    }

    func health(of object: Object) -> Health {
        if let observed = object.status["observedGeneration"]?.int, observed != object.generation {
            return .progressing("its controller has not seen the latest change yet")
        }
        do {
            if try holds(inProgress, "inProgress", object) { return .progressing(Self.words(object) ?? "in progress by \(place).inProgress") }
            if try holds(failed, "failed", object) { return .degraded(Self.words(object) ?? "failed by \(place).failed") }
            if try holds(current, "current", object) { return .healthy }
            return .progressing(Self.words(object) ?? "not healthy yet by \(place).current")
        } catch {
            // Most often a field that its controller has yet to write.
            return .progressing(error.description)
        }
    }

    private func holds(_ expression: CELExpression?, _ name: String, _ object: Object) throws(CELError) -> Bool {
        guard let expression else { return false }
        do throws(CELError) { return try expression.isTrue(object.fields) } catch {
            throw CELError("\(place).\(name): \(error)")
        }
    }

    /// What the object's controller says of it.
    private static func words(_ object: Object) -> String? {
        for type in ["Stalled", "Failed"] {
            if let condition = object.condition(type), condition.status == .isTrue { return condition.sentence }
        }
        return object.condition("Ready").flatMap { $0.status == .isTrue ? nil : $0.sentence }
    }
}
