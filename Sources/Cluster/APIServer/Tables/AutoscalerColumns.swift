import APIMachinery

/// HorizontalPodAutoscalers, of either version: rows are made from the stored one.
enum AutoscalerColumns {
    /// Targets listed before `+ N more...`.
    private static let targetsMax = 2

    static let all: [TableColumn] = [
        .name,
        .text("Reference", "What is scaled.") { "\($0["spec", "scaleTargetRef", "kind"]?.string ?? "")/\($0["spec", "scaleTargetRef", "name"]?.string ?? "")" },
        .text("Targets", "The metrics as they are and as they should be.") { targets(stored($0)) },
        .text("MinPods", "The least number of pods.") { $0.spec["minReplicas"].plainText ?? "<unset>" },
        .text("MaxPods", "The greatest number of pods.") { $0.spec["maxReplicas"].plainText ?? "0" },
        .text("Replicas", "The number of pods now.") { $0.status["currentReplicas"].plainText ?? "0" }, .age,
    ]

    private static func stored(_ object: Object) -> Object {
        object.apiVersion == ResourceType.horizontalPodAutoscalersV1.gvk.apiVersion ? AutoscalerConversion.conversion.toStored(object) : object
    }

    private static func targets(_ autoscaler: Object) -> String {
        let metrics = autoscaler.spec["metrics"]?.array ?? []
        let current = autoscaler.status["currentMetrics"]?.array ?? []
        if metrics.isEmpty { return "<none>" }
        let texts = metrics.enumerated().map { index, metric in text(metric, index < current.count ? current[index] : nil) }
        return texts.prefix(targetsMax).joined(separator: ", ") + (texts.count > targetsMax ? " + \(texts.count - targetsMax) more..." : "")
    }

    private static func text(_ metric: JSON, _ status: JSON?) -> String {
        let type = metric["type"]?.string ?? ""
        let member = type.prefix(1).lowercased() + type.dropFirst()
        guard let source = metric[member] else { return "<unknown type>" }
        let target = source["target"]
        func now(_ key: String) -> String? { status?[member]?["current"]?[key].plainText }
        let isAverage = target?["averageValue"].plainText
        switch type {
        case "Resource", "ContainerResource":
            let name = source["name"]?.string ?? ""
            if let isAverage { return "\(name): \(now("averageValue") ?? "<unknown>")/\(isAverage)" }
            let wanted = target?["averageUtilization"].plainText.map { $0 + "%" } ?? "<auto>"
            return "\(name): \(now("averageUtilization").map { $0 + "%" } ?? "<unknown>")/\(wanted)"
        case "Pods": return "\(now("averageValue") ?? "<unknown>")/\(isAverage ?? "")"
        default:
            if let isAverage { return "\(now("averageValue") ?? "<unknown>")/\(isAverage) (avg)" }
            return "\(now("value") ?? "<unknown>")/\(target?["value"].plainText ?? "")"
        }
    }
}
