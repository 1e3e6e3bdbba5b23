import APIMachinery

/// A pod, or the template of one, as the checks look at it.
struct PodSecuritySubject: Sendable {
    struct Container: Sendable {
        var name: String
        var json: JSON
        var context: JSON { json["securityContext"] ?? .null }
    }

    var annotations: [String: String]
    var spec: JSON
    var context: JSON
    /// Init and ephemeral containers too.
    var containers: [Container]

    init(metadata: JSON, spec: JSON) {
        annotations = metadata["annotations"]?.stringMap ?? [:]
        self.spec = spec
        context = spec["securityContext"] ?? .null
        containers = ["initContainers", "containers", "ephemeralContainers"].flatMap { key in
            (spec[key]?.array ?? []).map { Container(name: $0["name"]?.string ?? "", json: $0) }
        }
    }

    /// The pod is for Windows, and the version knows that some controls mean nothing there.
    func isExempt(_ minor: Int) -> Bool { minor >= 25 && spec["os"]?["name"]?.string == "windows" }

    /// The names of the containers that fulfil a condition.
    func containers(where isWanted: (Container) -> Bool) -> [String] { containers.filter(isWanted).map(\.name) }
}

/// One control of the Pod Security Standards.
struct PodSecurityCheck: Sendable {
    /// What is wrong, and where.
    typealias Violation = (reason: String, detail: String)
    /// The second argument is the policy's minor version.
    typealias Find = @Sendable (PodSecuritySubject, Int) -> Violation?

    var levels: Set<PodSecurityPolicy.Level>
    /// The first minor version that has it.
    var since: Int
    var find: Find

    static let all = baseline + restricted

    static func baseline(since minor: Int = 0, _ find: @escaping Find) -> PodSecurityCheck {
        PodSecurityCheck(levels: [.baseline, .restricted], since: minor, find: find)
    }

    /// Controls of the baseline that the restricted level replaces by stricter ones.
    static func baselineAlone(since minor: Int = 0, _ find: @escaping Find) -> PodSecurityCheck {
        PodSecurityCheck(levels: [.baseline], since: minor, find: find)
    }

    static func restricted(since minor: Int = 0, _ find: @escaping Find) -> PodSecurityCheck {
        PodSecurityCheck(levels: [.restricted], since: minor, find: find)
    }

    /// `container "a"` or `containers "a", "b"`.
    static func named(_ names: [String]) -> String { (names.count == 1 ? "container " : "containers ") + quoted(names) }

    static func quoted(_ values: [String]) -> String { values.map { "\"\($0)\"" }.joined(separator: ", ") }

    static func unique(_ values: [String]) -> [String] { Array(Set(values)).sorted() }

    /// `pod`, `container "a"`, or `pod and containers "a", "b"`; nil for neither.
    static func holders(pod: Bool, _ containers: [String]) -> String? {
        switch (pod, containers.isEmpty) {
        case (false, true): nil
        case (true, true): "pod"
        case (false, false): named(containers)
        case (true, false): "pod and \(named(containers))"
        }
    }
}
