import APIMachinery

extension HealthRules {
    static let claim: Rule = { object, _ in
        switch object.status["phase"]?.string ?? "Pending" {
        case "Bound": return .healthy
        case "Lost": return .degraded("its volume \(object.spec["volumeName"]?.string ?? "") is gone", isFinal: true)
        default:
            if let problem = (object.status["conditions"]?.array ?? []).compactMap(Condition.init).first(where: { $0.status == .isFalse && !$0.message.isEmpty }) {
                return .progressing("not bound: \(problem.sentence)")
            }
            if let storage = object.spec["storageClassName"]?.string, !storage.isEmpty {
                return .progressing("not bound: waits for a volume of class \(storage)")
            }
            // Nothing provisions for a claim without a class: only a volume that is there, or comes, can be it.
            let wanted = [object.spec[path: ["resources", "requests", "storage"]]?.string].compactMap { $0 }
                + (object.spec["accessModes"]?.array ?? []).compactMap(\.string)
            return .degraded("not bound: no free PersistentVolume without a class offers \(wanted.joined(separator: ", ")); add one")
        }
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
        object.status["phase"]?.string == "Terminating" ? .progressing("being deleted") : .healthy
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
