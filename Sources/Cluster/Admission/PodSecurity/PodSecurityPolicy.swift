import APIMachinery

/// A level of the Pod Security Standards at a version. Source: Kubernetes documentation, "Pod Security Standards".
struct PodSecurityPolicy: Sendable, Hashable, CustomStringConvertible {
    enum Level: String, Sendable, CaseIterable, Comparable {
        case privileged, baseline, restricted

        private var strictness: Int { Self.allCases.firstIndex(of: self) ?? 0 }
        static func < (a: Level, b: Level) -> Bool { a.strictness < b.strictness }
    }

    var level: Level
    /// The minor version of Kubernetes 1; nil is the latest.
    var minor: Int?

    var description: String { "\(level.rawValue):\(minor.map { "v1.\($0)" } ?? "latest")" }

    /// `latest` or `v1.N`; nil for anything else.
    static func version(_ text: String) -> Int?? {
        if text == "latest" { return .some(nil) }
        guard text.hasPrefix("v1."), let minor = Int(text.dropFirst(3)), minor >= 0, text == "v1.\(minor)" else { return nil }
        return .some(minor)
    }

    /// Why a pod violates the policy, one text for each check that fails; empty when it does not.
    func violations(metadata: JSON, spec: JSON) -> [String] {
        guard level != .privileged else { return [] }
        let pod = PodSecuritySubject(metadata: metadata, spec: spec)
        let minor = minor ?? .max
        return PodSecurityCheck.all.compactMap { check in
            guard check.levels.contains(level), check.since <= minor else { return nil }
            return check.find(pod, minor).map { "\($0.reason) (\($0.detail))" }
        }
    }
}

/// The modes of a namespace, from its labels.
struct PodSecurityModes: Sendable, Hashable {
    private static let prefix = "pod-security.kubernetes.io/"

    var enforce = PodSecurityPolicy(level: .privileged)
    var audit = PodSecurityPolicy(level: .privileged)
    var warn = PodSecurityPolicy(level: .privileged)
    /// Labels that say nothing, each with what it should have said.
    var errors: [FieldError] = []

    init(_ labels: [String: String]) {
        enforce = policy("enforce", labels, fallback: .restricted)
        audit = policy("audit", labels, fallback: .privileged)
        warn = policy("warn", labels, fallback: .privileged)
        // Enforcing alone warns of what it would refuse in templates.
        if labels[Self.prefix + "warn"] == nil, labels[Self.prefix + "warn-version"] == nil, enforce.level > .privileged { warn = enforce }
    }

    private mutating func policy(_ mode: String, _ labels: [String: String], fallback: PodSecurityPolicy.Level) -> PodSecurityPolicy {
        var policy = PodSecurityPolicy(level: .privileged)
        if let text = labels[Self.prefix + mode] {
            let level = PodSecurityPolicy.Level(rawValue: text)
            policy.level = level ?? fallback
            if level == nil { refuse(mode, text, "must be one of privileged, baseline, restricted") }
        }
        if let text = labels[Self.prefix + mode + "-version"] {
            if let minor = PodSecurityPolicy.version(text) { policy.minor = minor } else { refuse(mode + "-version", text, "must be \"latest\" or \"v1.x\"") }
        }
        return policy
    }

    private mutating func refuse(_ label: String, _ value: String, _ detail: String) {
        errors.append(.invalid(FieldPath([.key("metadata"), .key("labels"), .key(Self.prefix + label)]), .string(value), detail))
    }
}
