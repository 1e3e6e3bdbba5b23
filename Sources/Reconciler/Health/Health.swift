import APIMachinery

/// How an object does, and in one line why.
package struct Health: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable, Comparable {
        case healthy = "Healthy"
        /// Stopped on purpose.
        case suspended = "Suspended"
        /// On its way.
        case progressing = "Progressing"
        /// Not in the cluster.
        case missing = "Missing"
        case degraded = "Degraded"

        /// By gravity: of several objects the worst counts.
        package static func < (a: Self, b: Self) -> Bool {
            (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
        }
    }

    package var state: State
    /// The root cause, as a chain from the object down: `1/2 ready — pod web-x: container web: …`. Empty when healthy.
    package var reason: String
    /// No waiting helps: a Job that failed, a rollout past its deadline.
    package var isFinal: Bool
    /// Events say more than statuses do: look at this namespace's while it lasts.
    var wantsEventsIn: String?

    package init(_ state: State, _ reason: String = "", isFinal: Bool = false) {
        self.state = state
        self.reason = reason
        self.isFinal = isFinal
    }

    static let healthy = Health(.healthy)
    static func progressing(_ reason: String) -> Health { Health(.progressing, reason) }
    static func degraded(_ reason: String, isFinal: Bool = false) -> Health { Health(.degraded, reason, isFinal: isFinal) }

    /// Found inside `whole`: the chain grows by one link at its beginning.
    func under(_ whole: String) -> Health {
        var health = self
        health.reason = reason.isEmpty ? whole : "\(whole) — \(reason)"
        return health
    }
}

/// What rules may look at beside the object itself: the cluster at one moment.
package struct ClusterView: Sendable {
    /// Objects of a type whose ownerReferences name a uid.
    package var dependents: @Sendable (ResourceType, String) -> [Object]
    package var object: @Sendable (ObjectKey) -> Object?
    /// The events about an object, in no order; empty when they are not watched.
    package var events: @Sendable (ObjectKey) -> [Object]
    /// Rules of the Application's own, before those by kind.
    package var checks: [HealthCheck] = []

    package init(
        dependents: @escaping @Sendable (ResourceType, String) -> [Object], object: @escaping @Sendable (ObjectKey) -> Object?,
        events: @escaping @Sendable (ObjectKey) -> [Object] = { _ in [] }
    ) {
        self.dependents = dependents
        self.object = object
        self.events = events
    }
}

/// The rules by kind. Pure over an object and a view.
package enum HealthRules {
    typealias Rule = @Sendable (Object, ClusterView) -> Health

    static let table: [GroupResource: Rule] = [
        ResourceType.deployments.groupResource: deployment,
        ResourceType.replicaSets.groupResource: replicaSet,
        // With the same status as a ReplicaSet's.
        ResourceType.replicationControllers.groupResource: replicaSet,
        ResourceType.statefulSets.groupResource: statefulSet,
        ResourceType.daemonSets.groupResource: daemonSet,
        ResourceType.cronJobs.groupResource: cronJob,
        ResourceType.horizontalPodAutoscalers.groupResource: autoscaler,
        ResourceType.podDisruptionBudgets.groupResource: disruptionBudget,
        ResourceType.customResourceDefinitions.groupResource: definition,
        ResourceType.pods.groupResource: pod,
        ResourceType.jobs.groupResource: job,
        ResourceType.services.groupResource: service,
        ResourceType.persistentVolumeClaims.groupResource: claim,
        ResourceType.persistentVolumes.groupResource: volume,
        ResourceType.namespaces.groupResource: namespace,
        ResourceType.applications.groupResource: application,
    ]

    /// Kinds whose objects the rules look at beyond those that are deployed.
    package static let lookedAt: [ResourceType: [ResourceType]] = [
        .deployments: [.replicaSets, .pods], .replicaSets: [.pods], .replicationControllers: [.pods], .statefulSets: [.pods],
        .daemonSets: [.pods], .jobs: [.pods],
    ]

    /// Whether the rule of a kind looks at more than the object itself.
    static func looksFurther(_ type: ResourceType) -> Bool { lookedAt[type] != nil || type == .pods || type == .persistentVolumeClaims }

    package static func health(of object: Object, type: ResourceType, view: ClusterView) -> Health {
        if object.isDeleting { return .progressing(Deletion.sentence(object).printable) }
        let check = view.checks.first { $0.covers(type) }
        var health = check.map { $0.health(of: object) } ?? (table[type.groupResource] ?? generic)(object, view)
        // Containers and controllers have a say in it, and it is shown on terminals.
        health.reason = health.reason.printable
        return health
    }

    /// Any kind by the conventions that kstatus reads: observedGeneration, and conditions Ready,
    /// Reconciling, Stalled, Available, Failed. No conditions: it is there, so it is well. A condition
    /// made for an earlier generation says nothing of this one.
    /// Source: kubernetes-sigs/cli-utils, pkg/kstatus/README.md.
    static let generic: Rule = { object, _ in
        if let observed = object.status["observedGeneration"]?.int, observed < object.generation {
            return .progressing("its controller has not seen the latest change yet")
        }
        if let stalled = object.condition("Stalled"), stalled.status == .isTrue { return .degraded(stalled.sentence, isFinal: true) }
        if let failed = object.condition("Failed"), failed.status == .isTrue { return .degraded(failed.sentence, isFinal: true) }
        if let reconciling = object.condition("Reconciling"), reconciling.status == .isTrue { return .progressing(reconciling.sentence) }
        for type in ["Ready", "Available"] {
            guard let condition = object.condition(type) else { continue }
            if condition.observedGeneration > 0, condition.observedGeneration < object.generation {
                return .progressing("its controller has not seen the latest change yet")
            }
            return condition.status == .isTrue ? .healthy : .progressing(condition.sentence)
        }
        return .healthy
    }
}

extension Object {
    func condition(_ type: String) -> Condition? {
        (status["conditions"]?.array ?? []).first { $0["type"]?.string == type }.flatMap(Condition.init)
    }
}

extension Condition {
    /// `MinimumReplicasUnavailable: Deployment does not have minimum availability.`
    var sentence: String {
        if message.isEmpty { return reason.isEmpty ? type : reason }
        return reason.isEmpty ? message : "\(reason): \(message)"
    }
}
