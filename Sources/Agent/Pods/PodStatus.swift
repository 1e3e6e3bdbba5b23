import APIMachinery

/// The pod's `status` as the lifecycle sees it: pure, apart from remembering the conditions' transition times.
extension PodLifecycle {
    /// nil when what the API has is to stand. `hostIPs` are the node's; `runtime` its scheme of
    /// container ids (`containerd`).
    package mutating func status(hostIPs: [String], runtime: String, now: Timestamp) -> JSONObject? {
        if keepsReportedStatus || isGone { return nil }
        let view = StatusView(lifecycle: self, runtime: runtime)
        var status: JSONObject = ["phase": .string(view.phase), "qosClass": .string(pod.qos.rawValue)]
        if pod.object.generation > 0 { status["observedGeneration"] = .int(pod.object.generation) }
        if let startTime { status["startTime"] = .string(startTime.description) }
        if let hostIP = hostIPs.first {
            status["hostIP"] = .string(hostIP)
            status["hostIPs"] = .array(hostIPs.map { ["ip": .string($0)] })
        }
        // An ended pod's address is another pod's soon.
        let addresses = ips.isEmpty && sandboxID != nil && pod.usesHostNetwork ? hostIPs : ips
        if let ip = addresses.first {
            status["podIP"] = .string(ip)
            status["podIPs"] = .array(addresses.map { ["ip": .string($0)] })
        }
        if isOverdue {
            status["reason"] = "DeadlineExceeded"
            status["message"] = "Pod was active on the node longer than the specified deadline"
        }
        let initial = containers.filter { $0.role != .main }.map(view.status)
        if !initial.isEmpty { status["initContainerStatuses"] = .array(initial) }
        status["containerStatuses"] = .array(containers.filter { $0.role == .main }.map(view.status))
        conditions = conditions(view, now: now)
        status["conditions"] = .array(conditions)
        return status
    }

    /// Other writers' conditions as they are, then ours.
    private func conditions(_ view: StatusView, now: Timestamp) -> [JSON] {
        let own = view.conditions
        let names = Set(own.map(\.type))
        let foreign = (pod.object.status["conditions"]?.array ?? []).filter { !names.contains($0["type"]?.string ?? "") }
        return foreign
            + own.map { condition in
                let old = conditions.first { $0["type"]?.string == condition.type }
                let value = condition.isTrue ? "True" : "False"
                let time = old?["status"]?.string == value ? old?["lastTransitionTime"]?.string : nil
                var json: JSONObject = [
                    "type": .string(condition.type), "status": .string(value), "lastProbeTime": .null,
                    "lastTransitionTime": .string(time ?? now.description),
                ]
                if pod.object.generation > 0 { json["observedGeneration"] = .int(pod.object.generation) }
                if let reason = condition.reason { json["reason"] = .string(reason) }
                if let message = condition.message { json["message"] = .string(message) }
                return .object(json)
            }
    }
}

/// Readings of a lifecycle, for its status.
private struct StatusView {
    struct Condition {
        var type: String
        var isTrue: Bool
        var reason: String?
        var message: String?
    }

    let lifecycle: PodLifecycle
    let runtime: String

    private var pod: Pod { lifecycle.pod }
    private var main: [ContainerRecord] { lifecycle.containers.filter { $0.role == .main } }
    private var initial: [ContainerRecord] { lifecycle.containers.filter { $0.role != .main } }

    /// Everything that ran has ended and none of it comes back.
    private var isAtRest: Bool { lifecycle.stage != .active && !lifecycle.containers.contains(where: \.isActive) }

    var phase: String {
        if isAtRest {
            if lifecycle.isOverdue { return "Failed" }
            return main.allSatisfy(\.hasSucceeded) && !main.isEmpty ? "Succeeded" : "Failed"
        }
        // Containers that still stop keep an over pod Running (or, before any ran, Pending).
        return main.contains { $0.state != .waiting && $0.state != .starting || $0.previous != nil } ? "Running" : "Pending"
    }

    private var isInitialized: Bool {
        initial.allSatisfy { record in
            switch record.role {
            case .sidecar: record.isStarted || lifecycle.hasBegun
            default: record.hasSucceeded || lifecycle.hasBegun
            }
        }
    }

    var conditions: [Condition] {
        let succeeded = phase == "Succeeded"
        let failed = phase == "Failed"
        let unready = (initial.filter { $0.role == .sidecar } + main).filter { !$0.isReady }.map(\.name)
        var ready = Condition(type: "ContainersReady", isTrue: unready.isEmpty && !isAtRest)
        if succeeded {
            ready.reason = "PodCompleted"
        } else if failed {
            ready.reason = "PodFailed"
        } else if !ready.isTrue {
            ready.reason = "ContainersNotReady"
            ready.message = "containers with unready status: [\(unready.joined(separator: " "))]"
        }
        var initialized = Condition(type: "Initialized", isTrue: isInitialized)
        if succeeded, !initial.isEmpty || isInitialized {
            initialized.reason = "PodCompleted"
        } else if !isInitialized {
            let names = initial.filter { !($0.role == .sidecar ? $0.isStarted : $0.hasSucceeded) }.map(\.name)
            initialized.reason = "ContainersNotInitialized"
            initialized.message = "containers with incomplete status: [\(names.joined(separator: " "))]"
        }
        return [
            Condition(type: "PodReadyToStartContainers", isTrue: lifecycle.sandboxID != nil), initialized, podReady(ready), ready,
            Condition(type: "PodScheduled", isTrue: true),
        ]
    }

    /// Ready: the containers are, and so is every readiness gate.
    private func podReady(_ containers: Condition) -> Condition {
        var ready = containers
        ready.type = "Ready"
        let gates = (pod.spec["readinessGates"]?.array ?? []).compactMap { $0["conditionType"]?.string }
        let conditions = pod.object.status["conditions"]?.array ?? []
        let closed = gates.filter { gate in
            !conditions.contains { $0["type"]?.string == gate && $0["status"]?.string == "True" }
        }
        if ready.isTrue, !closed.isEmpty {
            ready.isTrue = false
            ready.reason = "ReadinessGatesNotReady"
            ready.message = "the status of pod readiness gate \"\(closed[0])\" is not \"True\", but False"
        }
        return ready
    }

    // MARK: Containers

    func status(_ record: ContainerRecord) -> JSON {
        var status: JSONObject = [
            "name": .string(record.name), "image": .string(record.container.image), "imageID": .string(record.imageID),
            "restartCount": JSON(record.restartCount), "state": state(record),
            "ready": .bool(record.role == .initial ? record.hasSucceeded : record.isReady), "started": .bool(record.isStarted),
            "lastState": .object([:]),
        ]
        if let id = record.id ?? record.previous?.id, !id.isEmpty { status["containerID"] = .string("\(runtime)://\(id)") }
        if let last = lastExit(record) { status["lastState"] = ["terminated": terminated(last.id, last.exit)] }
        return .object(status)
    }

    /// The life before the one that `state` shows: an ended one that waits for its restart counts as before.
    private func lastExit(_ record: ContainerRecord) -> (id: String, exit: ContainerExit)? {
        if case .exited(let id, let exit) = record.state, waitingReason(record) != nil { return (id, exit) }
        return record.previous
    }

    private func state(_ record: ContainerRecord) -> JSON {
        switch record.state {
        case .running(_, let since), .stopping(_, let since): return ["running": ["startedAt": .string(since.description)]]
        case .exited(let id, let exit):
            return waitingReason(record).map(waiting) ?? ["terminated": terminated(id, exit)]
        case .waiting, .starting: return waiting(waitingReason(record) ?? (initialReason(record), nil))
        }
    }

    private func waiting(_ reason: (String, String?)) -> JSON {
        var state: JSONObject = ["reason": .string(reason.0)]
        if let message = reason.1 { state["message"] = .string(message) }
        return ["waiting": .object(state)]
    }

    private func initialReason(_ record: ContainerRecord) -> String {
        record.role == .main && !initial.isEmpty ? "PodInitializing" : "ContainerCreating"
    }

    /// Why it does not run, beyond being on its way.
    private func waitingReason(_ record: ContainerRecord) -> (String, String?)? {
        guard lifecycle.stage == .active else { return nil }
        if case .exited(_, let exit) = record.state, !record.restarts(after: exit, pod.restartPolicy) { return nil }
        // While it is tried again the last failure stands, as in Kubernetes: a state that comes and goes says less.
        if let failure = record.failure { return (failure.reason, failure.message) }
        if let failure = record.imageFailure ?? (record.image == .fetching ? record.lastImageFailure : nil) {
            return (failure.reason, failure.message)
        }
        if case .exited = record.state, record.restartAt != nil, let delay = record.backoff.delay {
            return (
                "CrashLoopBackOff",
                "back-off \(Self.text(delay)) restarting failed container=\(record.name) pod=\(pod.fullName)"
            )
        }
        return nil
    }

    /// As Go prints durations: `10s`, `2m40s`.
    private static func text(_ delay: Duration) -> String {
        let seconds = delay.components.seconds
        return seconds < 60 ? "\(seconds)s" : "\(seconds / 60)m\(seconds % 60)s"
    }

    private func terminated(_ id: String, _ exit: ContainerExit) -> JSON {
        let reason = exit.reason.isEmpty ? (exit.code == 0 ? "Completed" : "Error") : exit.reason
        var json: JSONObject = ["exitCode": JSON(exit.code), "reason": .string(reason), "finishedAt": .string(exit.finishedAt.description)]
        json["startedAt"] = .string(exit.startedAt.description)
        if !id.isEmpty { json["containerID"] = .string("\(runtime)://\(id)") }
        if !exit.message.isEmpty { json["message"] = .string(exit.message) }
        return .object(json)
    }
}
