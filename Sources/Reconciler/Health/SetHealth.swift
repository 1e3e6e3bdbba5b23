import APIMachinery

/// StatefulSet and DaemonSet. Sources: kubernetes-sigs/cli-utils, pkg/kstatus; API reference, apps/v1.
extension HealthRules {
    static let statefulSet: Rule = { object, view in
        let (spec, status) = (object.spec, object.status)
        let wanted = spec["replicas"]?.int ?? 1
        let count = { (key: String) in status[key]?.int ?? 0 }
        if count("observedGeneration") < object.generation { return .progressing("rollout not begun") }
        let ready = "\(count("readyReplicas"))/\(wanted) ready"
        // Pods of a StatefulSet come one after another: the first that fails holds up the rest.
        if count("readyReplicas") < wanted {
            return cause(of: object, lacksPods: count("replicas") < wanted, view: view).under(ready)
        }
        if count("replicas") > wanted {
            let surplus = count("replicas") - wanted
            return .progressing("\(ready) — \(surplus) old \(surplus == 1 ? "replica" : "replicas") to go")
        }
        let strategy = spec["updateStrategy"] ?? .null
        // Pods are replaced when somebody deletes them.
        if strategy["type"]?.string == "OnDelete" { return .healthy }
        let updated = max(0, wanted - (strategy[path: ["rollingUpdate", "partition"]]?.int ?? 0))
        if count("updatedReplicas") < updated, status["currentRevision"] != status["updateRevision"] {
            return .progressing("\(ready) — \(count("updatedReplicas")) of \(updated) replicas updated")
        }
        return .healthy
    }

    static let daemonSet: Rule = { object, view in
        let status = object.status
        let count = { (key: String) in status[key]?.int ?? 0 }
        if count("observedGeneration") < object.generation { return .progressing("rollout not begun") }
        let wanted = count("desiredNumberScheduled")
        let ready = "\(count("numberAvailable"))/\(wanted) nodes ready"
        if count("numberAvailable") < wanted {
            return cause(of: object, lacksPods: count("currentNumberScheduled") < wanted, view: view).under(ready)
        }
        if object.spec[path: ["updateStrategy", "type"]]?.string != "OnDelete", count("updatedNumberScheduled") < wanted {
            return .progressing("\(ready) — \(count("updatedNumberScheduled")) of \(wanted) pods updated")
        }
        return .healthy
    }

    /// Suspended or on its schedule: what a single run comes to is its Job's health.
    static let cronJob: Rule = { object, _ in
        object.spec["suspend"]?.bool == true ? Health(.suspended, "suspended (spec.suspend)") : .healthy
    }

    /// What keeps the pods of a controller from being ready.
    ///
    /// - Parameter lacksPods: it has yet to make some; events of an earlier time tell why it could not then.
    static func cause(of controller: Object, lacksPods: Bool, view: ClusterView) -> Health {
        var health = worstPod(ofOwner: controller.uid, view: view) ?? .progressing("")
        if lacksPods, health.state < .degraded, let key = controller.key {
            let failed = newestEvent(key, uid: controller.uid, view: view) { $0.fields["reason"]?.string == "FailedCreate" }
            if let message = failed?.fields["message"]?.string { health = .degraded("cannot create pods: \(RootCause.ofRefusal(message))") }
        }
        if health.wantsEventsIn == nil { health.wantsEventsIn = controller.namespace }
        return health
    }
}

extension Object {
    /// Of a kind that is built in.
    fileprivate var key: ObjectKey? {
        guard let gvk, let type = ResourceType.builtin.first(where: { $0.gvk == gvk }) else { return nil }
        return ObjectKey(type, namespace: namespace, name: name)
    }
}
