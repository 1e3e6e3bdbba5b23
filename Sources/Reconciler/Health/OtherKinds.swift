import APIMachinery

extension HealthRules {
    static let claim: Rule = { object, view in
        switch object.status["phase"]?.string ?? "Pending" {
        case "Bound": return .healthy
        case "Lost": return .degraded("its volume \(object.spec["volumeName"]?.string ?? "") is gone", isFinal: true)
        default:
            var health = unbound(object, view)
            health.wantsEventsIn = object.namespace
            return health
        }
    }

    /// Why a claim has no volume.
    private static func unbound(_ object: Object, _ view: ClusterView) -> Health {
        if let problem = (object.status["conditions"]?.array ?? []).compactMap(Condition.init).first(where: { $0.status == .isFalse && !$0.message.isEmpty }) {
            return .progressing("not bound: \(problem.sentence)")
        }
        let key = ObjectKey(.persistentVolumeClaims, namespace: object.namespace, name: object.name)
        let event = newestEvent(key, uid: object.uid, view: view) { _ in true }
        if event?.fields["reason"]?.string == "WaitForFirstConsumer" { return .progressing("not bound: waits for the first pod that uses it") }
        let wanted = ([object.spec[path: ["resources", "requests", "storage"]]?.string].compactMap { $0 }
            + (object.spec["accessModes"]?.array ?? []).compactMap(\.string)).joined(separator: ", ")
        // Nothing provisions for a claim without a class: only a volume that is there, or comes, can be it.
        guard let storage = object.spec["storageClassName"]?.string, !storage.isEmpty else {
            return .degraded("not bound: no free PersistentVolume without a class offers \(wanted); add one")
        }
        let text = "not bound: no free PersistentVolume of class \(storage)\(wanted.isEmpty ? "" : " offers \(wanted)")"
        guard let event, event.fields["type"]?.string == "Warning", let message = event.fields["message"]?.string else { return .progressing(text) }
        return .degraded("\(text): \(message.split(whereSeparator: \.isNewline).last ?? "")")
    }

    /// One that cannot reach what it scales is broken; one without metrics may have them in a moment.
    static let autoscaler: Rule = { object, _ in
        if let able = object.condition("AbleToScale"), able.status == .isFalse { return .degraded(able.sentence) }
        if let active = object.condition("ScalingActive"), active.status == .isFalse, active.reason != "ScalingDisabled" {
            return .progressing(active.sentence)
        }
        return .healthy
    }

    /// How many disruptions it allows at a moment is not its own health.
    static let disruptionBudget: Rule = { object, _ in
        if let observed = object.status["observedGeneration"]?.int, observed < object.generation {
            return .progressing("its controller has not seen the latest change yet")
        }
        if let allowed = object.condition("DisruptionAllowed"), allowed.reason == "SyncFailed" { return .degraded(allowed.sentence) }
        return .healthy
    }

    static let definition: Rule = { object, _ in
        if let accepted = object.condition("NamesAccepted"), accepted.status == .isFalse { return .degraded(accepted.sentence) }
        guard let established = object.condition("Established") else { return .progressing("not established yet") }
        return established.status == .isTrue ? .healthy : .progressing(established.sentence)
    }

    static let volume: Rule = { object, _ in
        switch object.status["phase"]?.string ?? "Pending" {
        case "Failed": .degraded(object.status["message"]?.string ?? "failed")
        case "Pending": .progressing("pending")
        default: .healthy
        }
    }

    /// A load balancer needs an address; other Services are well once they exist.
    static let service: Rule = { object, _ in
        guard object.spec["type"]?.string == "LoadBalancer" else { return .healthy }
        let ingress = object.status[path: ["loadBalancer", "ingress"]]?.array ?? []
        return ingress.isEmpty ? .progressing("waits for a load balancer's address") : .healthy
    }

    static let namespace: Rule = { object, _ in
        object.status["phase"]?.string == "Terminating" ? .progressing(Deletion.sentence(object)) : .healthy
    }

    /// As its own conditions say: an Application may deploy others.
    static let application: Rule = { object, _ in
        if object.spec["suspend"]?.bool == true { return Health(.suspended, "suspended (spec.suspend)") }
        guard let ready = object.condition("Ready"), ready.observedGeneration >= object.generation else {
            return .progressing("not synced yet")
        }
        if ready.status == .isTrue { return .healthy }
        let state = Health.State(rawValue: object.status["health"]?.string ?? "") ?? .progressing
        let synced = object.condition("Synced")
        if synced?.status == .isFalse { return .degraded(ready.sentence) }
        return Health(state == .healthy ? .progressing : state, ready.sentence)
    }
}
