import APIMachinery

/// Annotations by which a Deployment and its ReplicaSets remember the rollout. Source: deployment util.
enum DeploymentAnnotation {
    static let revision = "deployment.kubernetes.io/revision"
    static let revisionHistory = "deployment.kubernetes.io/revision-history"
    static let desiredReplicas = "deployment.kubernetes.io/desired-replicas"
    static let maxReplicas = "deployment.kubernetes.io/max-replicas"
    /// Not handed down from a Deployment to its ReplicaSets.
    static let notCopied: Set<String> = [
        "kubectl.kubernetes.io/last-applied-configuration", revision, revisionHistory, desiredReplicas, maxReplicas,
        "deprecated.deployment.rollback.to",
    ]
}

/// A Deployment's strategy in numbers.
struct RolloutParameters: Sendable {
    let replicas: Int
    let isRecreate: Bool
    /// Pods above `replicas` that a rollout may have. Percentages round up.
    let maxSurge: Int
    /// Pods below `replicas` that may be missing. Percentages round down.
    let maxUnavailable: Int
    let progressDeadlineSeconds: Int64?

    init(_ deployment: Object) {
        let spec = deployment.spec
        replicas = Int(spec["replicas"]?.int ?? 1)
        isRecreate = spec["strategy"]?["type"]?.string == "Recreate"
        progressDeadlineSeconds = spec["progressDeadlineSeconds"]?.int.flatMap { $0 == Int64(Int32.max) ? nil : $0 }
        let rolling = spec["strategy"]?["rollingUpdate"]
        if isRecreate {
            (maxSurge, maxUnavailable) = (0, 0)
            return
        }
        maxSurge = min(Int(Int32.max), Self.resolve(rolling?["maxSurge"] ?? "25%", of: replicas, roundingUp: true))
        let unavailable = Self.resolve(rolling?["maxUnavailable"] ?? "25%", of: replicas, roundingUp: false)
        // Both may round to nothing, which would never move.
        maxUnavailable = min(replicas, maxSurge == 0 && unavailable == 0 ? 1 : unavailable)
    }

    /// A count, or a percentage of `total`.
    static func resolve(_ value: JSON, of total: Int, roundingUp: Bool) -> Int {
        if let count = value.int { return max(0, Int(count)) }
        guard let text = value.string, text.hasSuffix("%"), let percent = Int(text.dropLast()) else { return 0 }
        // Of no more than Int32.max replicas, no percentage that a pattern lets through is too much to multiply.
        let product = min(max(0, percent), Int(Int32.max)) * total
        return roundingUp ? (product + 99) / 100 : product / 100
    }

    var sizeAnnotations: [String: String] {
        [DeploymentAnnotation.desiredReplicas: String(replicas), DeploymentAnnotation.maxReplicas: String(replicas + maxSurge)]
    }

    /// How many of `toAdd` replicas (negative: to take) a ReplicaSet gets, `added` being given already.
    func share(of set: Rollout.ScaledSet, toAdd: Int, added: Int) -> Int {
        if set.replicas == 0 || toAdd == 0 || toAdd == added { return 0 }
        let fraction: Int
        if replicas == 0 {
            fraction = -set.replicas
        } else {
            let before = set.object.annotations[DeploymentAnnotation.maxReplicas].flatMap { Int($0) } ?? replicas
            let size = Double(set.replicas) * Double(replicas + maxSurge) / Double(max(1, before))
            fraction = Int(min(size.rounded(), Double(Int32.max))) - set.replicas
        }
        return toAdd > 0 ? min(fraction, toAdd - added) : max(fraction, toAdd - added)
    }
}
