import APIMachinery

/// HorizontalPodAutoscalers: v2 is stored. v1 knows one target, the CPU's; the rest of v2 travels
/// through it in annotations, so that a write through v1 loses nothing.
/// Source: kubernetes, pkg/apis/autoscaling/v1/conversion.go.
enum AutoscalerConversion {
    private static let prefix = "autoscaling.alpha.kubernetes.io/"

    static let conversion = Conversion(
        stored: .horizontalPodAutoscalers, toStored: toStored, toServed: toServed)

    /// v2 fields that v1 keeps in annotations: the annotation's name, the path.
    private static let carried: [(name: String, path: [String])] = [
        ("behavior", ["spec", "behavior"]), ("conditions", ["status", "conditions"]),
    ]

    @Sendable private static func toServed(_ stored: Object) -> Object {
        var object = stored.withVersion(ResourceType.horizontalPodAutoscalersV1.gvk.apiVersion)
        for (name, path) in carried { move(path, toAnnotation: name, of: &object) }
        split(&object, ["spec", "metrics"], into: ["spec", "targetCPUUtilizationPercentage"], at: ["target", "averageUtilization"], rest: "metrics")
        split(
            &object, ["status", "currentMetrics"], into: ["status", "currentCPUUtilizationPercentage"], at: ["current", "averageUtilization"],
            rest: "current-metrics")
        return object
    }

    @Sendable private static func toStored(_ served: Object) -> Object {
        var object = served.withVersion(ResourceType.horizontalPodAutoscalers.gvk.apiVersion)
        for (name, path) in carried { move(annotation: name, to: path, of: &object) }
        move(annotation: "metrics", to: ["spec", "metrics"], of: &object)
        move(annotation: "current-metrics", to: ["status", "currentMetrics"], of: &object)
        if let target = object["spec", "targetCPUUtilizationPercentage"] {
            object["spec", "targetCPUUtilizationPercentage"] = nil
            if !target.isNull {
                let metric: JSON = [
                    "type": "Resource",
                    "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": target]],
                ]
                object["spec", "metrics"] = .array([metric] + (object["spec", "metrics"]?.array ?? []))
            }
        }
        if let current = object["status", "currentCPUUtilizationPercentage"] {
            object["status", "currentCPUUtilizationPercentage"] = nil
            let metric: JSON = ["type": "Resource", "resource": ["name": "cpu", "current": ["averageUtilization": current]]]
            object["status", "currentMetrics"] = .array([metric] + (object["status", "currentMetrics"]?.array ?? []))
        }
        return object
    }

    /// Takes the CPU's utilization out of a list of metrics; the others go to an annotation.
    private static func split(_ object: inout Object, _ list: [String], into field: [String], at value: [String], rest name: String) {
        guard let metrics = object.json[path: list]?.array else { return }
        object.set(nil, at: list)
        var others: [JSON] = []
        var utilization: JSON?
        for metric in metrics {
            if utilization == nil, metric["type"] == "Resource", metric["resource"]?["name"] == "cpu",
                let found = metric[path: ["resource"] + value], !found.isNull
            {
                utilization = found
            } else {
                others.append(metric)
            }
        }
        if let utilization { object.set(utilization, at: field) }
        if !others.isEmpty { object["metadata", "annotations", prefix + name] = .string(JSON.array(others).text) }
    }

    private static func move(_ path: [String], toAnnotation name: String, of object: inout Object) {
        guard let value = object.json[path: path], !value.isNull else { return }
        object.set(nil, at: path)
        object["metadata", "annotations", prefix + name] = .string(value.text)
    }

    /// An annotation that is no JSON is left where it is.
    private static func move(annotation name: String, to path: [String], of object: inout Object) {
        guard let text = object["metadata", "annotations", prefix + name]?.string, let value = try? JSON(parsing: Array(text.utf8)) else { return }
        object["metadata", "annotations", prefix + name] = nil
        if object["metadata", "annotations"]?.object?.isEmpty == true { object["metadata", "annotations"] = nil }
        object.set(value, at: path)
    }
}
