/// The question of a Forecast: what would these writes lead to? Created, answered and never stored, as reviews are.
///
/// `gitctl.dev/v1alpha1` Forecast: `spec.steps` are done in order, as whoever asks.
package struct ForecastSpec: Sendable {
    package enum Step: Sendable {
        /// Server-side apply, taking over fields that others own.
        case apply(Object)
        /// Deleted, and when it is gone applied anew: what an immutable field takes.
        case replace(Object)
        /// In the background; one that is not there is as good. `object` holds apiVersion, kind, namespace and name.
        case delete(Object)

        /// The object written, or what names it.
        package var object: Object {
            switch self {
            case .apply(let object), .replace(let object), .delete(let object): object
            }
        }
    }

    /// Real time that an answer may take, unless the question says otherwise, and at most.
    package static let budgetDefault = Duration.seconds(2)
    package static let budgetMax = Duration.seconds(10)
    package static let stepsMax = 1_000

    package var steps: [Step]
    /// As whose the applied fields count.
    package var fieldManager: String
    /// When it is over, the answer says what is known by then.
    package var budget: Duration

    package init(steps: [Step], fieldManager: String, budget: Duration = budgetDefault) {
        self.steps = steps
        self.fieldManager = fieldManager
        self.budget = budget
    }

    /// Throws `invalid` with the field at fault.
    package init(_ object: Object) throws(APIStatus) {
        let spec = object.spec
        fieldManager = spec["fieldManager"]?.string ?? ""
        let milliseconds = spec["budgetMilliseconds"]?.int
        if let milliseconds, milliseconds < 1 {
            throw Self.invalid("spec.budgetMilliseconds", "Invalid value: \(milliseconds): must be greater than 0")
        }
        budget = milliseconds.map { min(.milliseconds($0), Self.budgetMax) } ?? Self.budgetDefault
        let list = spec["steps"]?.array ?? []
        guard !list.isEmpty else { throw Self.invalid("spec.steps", "Required value: nothing to try") }
        guard list.count <= Self.stepsMax else {
            throw Self.invalid("spec.steps", "Too many: \(list.count): must have at most \(Self.stepsMax) items")
        }
        steps = []
        for (index, entry) in list.enumerated() { steps.append(try Self.step(entry, "spec.steps[\(index)]")) }
        let applies = steps.contains { if case .delete = $0 { false } else { true } }
        guard !fieldManager.isEmpty || !applies else {
            throw Self.invalid("spec.fieldManager", "Required value: is required for steps that apply")
        }
    }

    private static func step(_ entry: JSON, _ path: String) throws(APIStatus) -> Step {
        let members = entry.object?.filter { !$0.value.isNull } ?? []
        guard members.count == 1, let (key, fields) = members.first.map({ ($0.key, $0.value.object) }), let fields else {
            throw invalid(path, "Required value: exactly one of apply, replace and delete, an object")
        }
        let object = Object(fields)
        guard object.gvk != nil else { throw invalid("\(path).\(key)", "Required value: apiVersion and kind") }
        switch key {
        case "apply": return .apply(object)
        case "replace": return .replace(object)
        default:
            guard let gvk = object.gvk, let name = fields["name"]?.string, !name.isEmpty else { throw invalid("\(path).delete.name", "Required value") }
            return .delete(reference(gvk, namespace: fields["namespace"]?.string ?? "", name: name))
        }
    }

    private static func reference(_ gvk: GroupVersionKind, namespace: String, name: String) -> Object {
        var object = Object(["apiVersion": .string(gvk.apiVersion), "kind": .string(gvk.kind)])
        object.name = name
        object.namespace = namespace
        return object
    }

    private static func invalid(_ field: String, _ message: String) -> APIStatus {
        .invalid(
            ResourceType.forecasts.gvk, name: "",
            [APIStatus.Cause(reason: message.hasPrefix("Required") ? "FieldValueRequired" : "FieldValueInvalid", message: message, field: field)])
    }

    /// A step that deletes what `key` names.
    package static func deletion(_ key: ObjectKey) -> Step {
        .delete(reference(key.type.gvk, namespace: key.namespace ?? "", name: key.name))
    }

    /// The Forecast to create.
    package var object: Object {
        let steps = steps.map { step -> JSON in
            switch step {
            case .apply(let object): return ["apply": object.json]
            case .replace(let object): return ["replace": object.json]
            case .delete(let object):
                var fields: JSONObject = ["apiVersion": .string(object.apiVersion), "kind": .string(object.kind), "name": .string(object.name)]
                if !object.namespace.isEmpty { fields["namespace"] = .string(object.namespace) }
                return ["delete": .object(fields)]
            }
        }
        return Object(
            .forecasts, name: "",
            [
                "spec": [
                    "steps": .array(steps), "fieldManager": .string(fieldManager),
                    "budgetMilliseconds": .int(budget.nanoseconds / 1_000_000),
                ]
            ])
    }
}
