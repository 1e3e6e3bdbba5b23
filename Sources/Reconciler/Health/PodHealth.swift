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
                ? .degraded("cannot be scheduled: \(withoutPreemption(scheduled.message))") : .progressing("waits for a node")
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
                    "\(kind) \(name) \(how), \(count(restarts)); see kubectl logs -n \(pod.namespace) \(pod.name) -c \(name) --previous")
            }
            return .degraded("\(kind) \(name): \(problem(reason, message, image: image(of: name, in: pod)))")
        }
        if let terminated = state["terminated"] {
            guard terminated["exitCode"]?.int ?? 0 != 0 else { return nil }
            return .degraded(
                "\(kind) \(name) \(exit(terminated)); see kubectl logs -n \(pod.namespace) \(pod.name) -c \(name)")
        }
        if kind == "container", container["ready"]?.bool == false, state["running"] != nil {
            let last = container[path: ["lastState", "terminated"]]
            let history = restarts > 0 ? ", \(count(restarts))" + (last.map { " (it \(exit($0)))" } ?? "") : ""
            return unready(pod, name, "container \(name) runs but is not ready\(history)", view: view)
        }
        return nil
    }

    /// Why a container waits, from its reason and the runtime's words.
    private static func problem(_ reason: String, _ message: String, image: String) -> String {
        switch reason {
        case "ErrImagePull", "ImagePullBackOff":
            // The kubelet puts the failure behind "Back-off pulling image …: ErrImagePull: ".
            let cause = message.split(separator: "ErrImagePull: ", maxSplits: 1).last.map(String.init) ?? ""
            guard !cause.isEmpty, !cause.hasPrefix("Back-off") else { return "cannot pull the image \(image)" }
            return "cannot pull the image \(image): \(RootCause.ofPull(cause))"
        case "CreateContainerConfigError": return RootCause.ofConfiguration(message) ?? (message.isEmpty ? reason : "\(reason): \(message)")
        case "RunContainerError", "CreateContainerError", "StartError":
            return message.isEmpty ? reason : "cannot start: \(RootCause.ofStart(message))"
        default: return message.isEmpty ? reason : "\(reason): \(message)"
        }
    }

    private static func image(of container: String, in pod: Object) -> String {
        let all = (pod.spec["initContainers"]?.array ?? []) + (pod.spec["containers"]?.array ?? [])
        return all.first { $0["name"]?.string == container }?["image"]?.string ?? ""
    }

    private static func count(_ restarts: Int64) -> String { restarts == 1 ? "1 restart" : "\(restarts) restarts" }

    /// The scheduler's sentence on preemption is of use only where pods have priorities.
    private static func withoutPreemption(_ message: String) -> String {
        message.firstRange(of: " preemption: ").map { String(message[..<$0.lowerBound]) } ?? message
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
        shortened(text.split(whereSeparator: \.isNewline).last ?? "")
    }

    private static func shortened(_ line: Substring) -> String { line.count > 160 ? line.prefix(160) + "…" : String(line) }

    /// Of a pod that is being started its newest event tells more: an image being pulled, a mount that fails.
    private static func starting(_ pod: Object, _ text: String, view: ClusterView) -> Health {
        var health = Health.progressing(text)
        if let newest = newestEvent(pod, view: view, where: { _ in true }) {
            let (reason, message) = (newest.fields["reason"]?.string ?? "", newest.fields["message"]?.string ?? "")
            if newest.fields["type"]?.string == "Warning" {
                health.reason = RootCause.ofConfiguration(message) ?? "\(reason): \(lastLine(message))"
            } else if reason == "Pulling" {
                health.reason = lastLine(message).lowercasedFirst
            }
        }
        health.wantsEventsIn = pod.namespace
        return health
    }

    /// Of a container that runs and is not ready the probe's own words tell why.
    private static func unready(_ pod: Object, _ container: String, _ text: String, view: ClusterView) -> Health {
        var health = Health.progressing(text)
        let field = "spec.containers{\(container)}"
        let failed = newestEvent(pod, view: view) {
            $0.fields["reason"]?.string == "Unhealthy" && $0.fields["involvedObject"]?["fieldPath"]?.string == field
        }
        if let message = failed?.fields["message"]?.string?.split(whereSeparator: \.isNewline).first { health.reason += ": \(shortened(message))" }
        health.wantsEventsIn = pod.namespace
        return health
    }

    private static func newestEvent(_ pod: Object, view: ClusterView, where isWanted: (Object) -> Bool) -> Object? {
        newestEvent(ObjectKey(.pods, namespace: pod.namespace, name: pod.name), uid: pod.uid, view: view, where: isWanted)
    }

    /// - Parameter uid: of an earlier object of the same name nothing is told.
    static func newestEvent(_ key: ObjectKey, uid: String, view: ClusterView, where isWanted: (Object) -> Bool) -> Object? {
        func time(_ event: Object) -> String {
            let series = event.fields["series"]?["lastObservedTime"]?.string
            return series ?? event.fields["lastTimestamp"]?.string ?? event.fields["eventTime"]?.string ?? event.creationTimestamp
        }
        return view.events(key)
            .filter { $0.fields["involvedObject"]?["uid"]?.string ?? uid == uid && isWanted($0) }
            .max { (time($0), Int($0.resourceVersion) ?? 0) < (time($1), Int($1.resourceVersion) ?? 0) }
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
