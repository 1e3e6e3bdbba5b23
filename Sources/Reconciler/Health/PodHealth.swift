import APIMachinery

extension HealthRules {
    /// Waiting reasons that pass by themselves.
    private static let passing: Set<String> = ["ContainerCreating", "PodInitializing", ""]

    static let pod: Rule = { object, view in
        let status = object.status
        switch status["phase"]?.string ?? "Pending" {
        case "Succeeded": return .healthy
        case "Failed":
            let reason = status["reason"]?.string ?? ""
            let message = status["message"]?.string ?? ""
            return .degraded(reason.isEmpty ? exit(of: object) : message.isEmpty ? reason : "\(reason): \(message)")
        default: break
        }
        if let scheduled = object.condition("PodScheduled"), scheduled.status == .isFalse {
            if let claim = unboundClaim(of: object, view: view) { return claim }
            return scheduled.reason == "Unschedulable"
                ? .degraded("cannot be scheduled: \(scheduled.message)") : .progressing("waits for a node")
        }
        if object.spec["nodeName"]?.string ?? "" == "" { return .progressing("waits for a node") }
        for (list, kind) in [("initContainerStatuses", "init container"), ("containerStatuses", "container")] {
            for container in status[list]?.array ?? [] {
                if let found = cause(container, kind: kind, pod: object, view: view) { return found }
            }
        }
        if let ready = object.condition("Ready"), ready.status == .isTrue { return .healthy }
        if (status["containerStatuses"]?.array ?? []).isEmpty { return starting(object, "starting", view: view) }
        return .progressing("not ready yet")
    }

    /// What is wrong with one container; nil when it is not the reason.
    private static func cause(_ container: JSON, kind: String, pod: Object, view: ClusterView) -> Health? {
        let name = container["name"]?.string ?? ""
        let state = container["state"] ?? .null
        let restarts = container["restartCount"]?.int ?? 0
        if let waiting = state["waiting"] {
            let reason = waiting["reason"]?.string ?? ""
            let message = waiting["message"]?.string ?? ""
            if passing.contains(reason) {
                guard kind == "container" || reason == "ContainerCreating" else { return nil }
                return starting(pod, "\(kind) \(name) starting", view: view)
            }
            if reason == "CrashLoopBackOff" {
                let last = container[path: ["lastState", "terminated"]]
                let how = last.map { exit($0) } ?? "exited"
                return .degraded(
                    "\(kind) \(name) \(how), \(restarts) restarts; see kubectl logs -n \(pod.namespace) \(pod.name) -c \(name) --previous")
            }
            return .degraded("\(kind) \(name): \(message.isEmpty ? reason : "\(reason): \(message)")")
        }
        if let terminated = state["terminated"] {
            guard terminated["exitCode"]?.int ?? 0 != 0 else { return nil }
            return .degraded(
                "\(kind) \(name) \(exit(terminated)); see kubectl logs -n \(pod.namespace) \(pod.name) -c \(name)")
        }
        if kind == "container", container["ready"]?.bool == false, state["running"] != nil {
            let last = container[path: ["lastState", "terminated"]]
            let history = restarts > 0 ? ", \(restarts) restarts" + (last.map { " (it \(exit($0)))" } ?? "") : ""
            return .progressing("container \(name) runs but is not ready\(history)")
        }
        return nil
    }

    /// `exited with code 1 (Error: message)`, with the last line of its termination message.
    private static func exit(_ terminated: JSON) -> String {
        let reason = terminated["reason"]?.string ?? ""
        let hint = lastLine(terminated["message"]?.string ?? "")
        if reason == "OOMKilled" { return "was killed: out of memory (raise resources.limits.memory)" }
        var text = "exited with code \(terminated["exitCode"]?.int ?? 0)"
        if let signal = terminated["signal"]?.int, signal > 0 { text += " by signal \(signal)" }
        if !hint.isEmpty { text += " (\(hint))" } else if !reason.isEmpty, reason != "Error", reason != "Completed" { text += " (\(reason))" }
        return text
    }

    /// How the first container that failed ended.
    static func exit(of pod: Object) -> String {
        for list in ["initContainerStatuses", "containerStatuses"] {
            for container in pod.status[list]?.array ?? [] {
                guard let terminated = container[path: ["state", "terminated"]], terminated["exitCode"]?.int ?? 0 != 0 else { continue }
                let name = container["name"]?.string ?? ""
                return "container \(name) \(exit(terminated)); see kubectl logs -n \(pod.namespace) \(pod.name) -c \(name)"
            }
        }
        return "failed"
    }

    private static func lastLine(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
        return line.count > 160 ? line.prefix(160) + "…" : line
    }

    /// Of a pod that is being started its newest event tells more: an image being pulled, a mount that fails.
    private static func starting(_ pod: Object, _ text: String, view: ClusterView) -> Health {
        let events = view.events(ObjectKey(.pods, namespace: pod.namespace, name: pod.name))
            .filter { $0.fields["involvedObject"]?["uid"]?.string ?? pod.uid == pod.uid }
        func time(_ event: Object) -> String {
            let series = event.fields["series"]?["lastObservedTime"]?.string
            return series ?? event.fields["lastTimestamp"]?.string ?? event.fields["eventTime"]?.string ?? event.creationTimestamp
        }
        let newest = events.max { (time($0), Int($0.resourceVersion) ?? 0) < (time($1), Int($1.resourceVersion) ?? 0) }
        var health = Health.progressing(text)
        if let newest {
            let (reason, message) = (newest.fields["reason"]?.string ?? "", newest.fields["message"]?.string ?? "")
            if newest.fields["type"]?.string == "Warning" {
                health.reason = "\(reason): \(lastLine(message))"
            } else if reason == "Pulling" {
                health.reason = lastLine(message).lowercasedFirst
            }
        }
        health.wantsEventsIn = pod.namespace
        return health
    }

    /// A claim that is missing or not bound, which the scheduler waits for.
    private static func unboundClaim(of pod: Object, view: ClusterView) -> Health? {
        for volume in pod.spec["volumes"]?.array ?? [] {
            guard let name = volume[path: ["persistentVolumeClaim", "claimName"]]?.string else { continue }
            let key = ObjectKey(.persistentVolumeClaims, namespace: pod.namespace, name: name)
            guard let object = view.object(key) else { continue }
            let found = claim(object, view)
            if found.state != .healthy { return found.under("PersistentVolumeClaim \(name)") }
        }
        return nil
    }
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
