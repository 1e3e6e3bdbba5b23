import APIMachinery

/// One webhook of a configuration: what it wants to see, and how it is called.
///
/// Source: API reference, admissionregistration.k8s.io/v1. `matchConditions` are CEL, which is not
/// evaluated: such a webhook is called for more than it asked for, never for less.
struct Webhook: Sendable {
    struct Rule: Sendable {
        var operations: Set<String>
        var groups: Set<String>
        var versions: Set<String>
        /// `pods`, `pods/status`, `pods/*`, `*`, `*/*`, `*/scale`.
        var resources: Set<String>
        /// `Cluster`, `Namespaced` or `*`.
        var scope: String
    }

    enum Target: Sendable, Hashable {
        case url(String)
        case service(namespace: String, name: String, path: String, port: Int)
    }

    static let timeoutSeconds: ClosedRange<Int64> = 1...30

    /// Of the configuration and the webhook, in whose order webhooks are called.
    var configuration: String
    var name: String
    var rules: [Rule]
    var isExact: Bool
    var namespaceSelector: LabelSelector
    var objectSelector: LabelSelector
    /// Requests go on where the webhook cannot be asked.
    var isIgnorable: Bool
    var timeout: Duration
    var isReinvoked: Bool
    /// May be called for a dry run.
    var isFreeOfSideEffects: Bool
    /// `v1`, or the older `v1beta1`; nil: neither.
    var reviewVersion: String?
    var target: Target
    /// PEM; empty: the machine's own authorities.
    var authorityPEM: String

    /// The webhooks of a configuration object. Selectors that cannot be read select everything: validation refused them.
    static func all(of configuration: Object) -> [Webhook] {
        (configuration["webhooks"]?.array ?? []).compactMap { Webhook($0, configuration: configuration.name) }
    }

    private init?(_ json: JSON, configuration: String) {
        func texts(_ json: JSON?) -> Set<String> { Set(json?.array?.compactMap(\.string) ?? []) }
        func selector(_ key: String) -> LabelSelector {
            guard let selector = json[key], !selector.isNull else { return .everything }
            return (try? LabelSelector(json: selector)) ?? .everything
        }
        self.configuration = configuration
        name = json["name"]?.string ?? ""
        rules = (json["rules"]?.array ?? []).map { rule in
            Rule(
                operations: texts(rule["operations"]), groups: texts(rule["apiGroups"]), versions: texts(rule["apiVersions"]),
                resources: texts(rule["resources"]), scope: rule["scope"]?.string ?? "*")
        }
        isExact = json["matchPolicy"]?.string == "Exact"
        namespaceSelector = selector("namespaceSelector")
        objectSelector = selector("objectSelector")
        isIgnorable = json["failurePolicy"]?.string == "Ignore"
        let seconds = json["timeoutSeconds"]?.int ?? 10
        timeout = .seconds(min(max(seconds, Self.timeoutSeconds.lowerBound), Self.timeoutSeconds.upperBound))
        isReinvoked = json["reinvocationPolicy"]?.string == "IfNeeded"
        isFreeOfSideEffects = ["None", "NoneOnDryRun"].contains(json["sideEffects"]?.string)
        let versions = json["admissionReviewVersions"]?.array?.compactMap(\.string) ?? []
        reviewVersion = versions.first { $0 == "v1" || $0 == "v1beta1" }
        let client = json["clientConfig"] ?? .null
        if let url = client["url"]?.string, !url.isEmpty {
            target = .url(url)
        } else if let service = client["service"], !service.isNull {
            target = .service(
                namespace: service["namespace"]?.string ?? "", name: service["name"]?.string ?? "", path: service["path"]?.string ?? "",
                port: service["port"]?.int.flatMap { Int(exactly: $0) } ?? 443)
        } else {
            return nil
        }
        authorityPEM = client["caBundle"]?.string.flatMap { Base64.decode($0) }.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Whether the operation may go to any webhook: their own configurations do not, so that a bad one can be repaired.
    static func mayConcern(_ type: ResourceType) -> Bool {
        !(type.group == "admissionregistration.k8s.io" && type.plural.hasSuffix("webhookconfigurations"))
    }

    /// The type as the webhook wants to see it; nil when the request is none of its business.
    ///
    /// - Parameters:
    ///   - versions: the versions in which the resource is served.
    ///   - namespaceLabels: of the object's namespace, or of the object where it is one; nil for other cluster-scoped objects.
    func match(_ request: Admission.Request, object: Object?, versions: [ResourceType], namespaceLabels: [String: String]?) -> ResourceType? {
        let candidates = isExact ? [request.type] : [request.type] + versions.filter { $0.version != request.type.version || $0.group != request.type.group }
        guard let type = candidates.first(where: { type in rules.contains { $0.matches(type, request) } }) else { return nil }
        if let namespaceLabels, !namespaceSelector.matches(namespaceLabels) { return nil }
        if !objectSelector.isEverything {
            guard [object, request.old].contains(where: { $0.map { objectSelector.matches($0.labels) } ?? false }) else { return nil }
        }
        return type
    }
}

extension Webhook.Rule {
    fileprivate func matches(_ type: ResourceType, _ request: Admission.Request) -> Bool {
        func contains(_ values: Set<String>, _ value: String) -> Bool { values.contains("*") || values.contains(value) }
        guard contains(operations, request.operation.rawValue), contains(groups, type.group), contains(versions, type.version) else { return false }
        // The Namespace itself is of the cluster.
        switch scope {
        case "Namespaced" where !type.isNamespaced, "Cluster" where type.isNamespaced: return false
        default: break
        }
        guard let subresource = request.subresource else { return resources.contains("*") || resources.contains("*/*") || resources.contains(type.plural) }
        return ["*/*", "*/\(subresource)", "\(type.plural)/*", "\(type.plural)/\(subresource)"].contains(where: resources.contains)
    }
}
