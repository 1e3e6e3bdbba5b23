import APIMachinery

/// Pods: the status column sums up phase, containers, init containers and deletion as kubectl users know it.
enum PodColumns {
    static let all: [TableColumn] = [
        .name,
        .text("Ready", "Containers that are ready, of those that should be.") { pod in
            let summary = PodSummary(pod)
            return "\(summary.ready)/\(summary.total)"
        },
        .text("Status", "The state of the pod and its containers in one word.") { PodSummary($0).status },
        .text("Restarts", format: "", "How often containers were restarted, and when last.") { pod, now in
            let summary = PodSummary(pod)
            guard summary.restarts > 0, let last = summary.lastRestart else { return String(summary.restarts) }
            return "\(summary.restarts) (\(HumanDuration.text(now - last)) ago)"
        },
        .age,
        .text("IP", wide: true, "The pod's address.") { pod in
            pod.status["podIPs"]?.array?.first?["ip"]?.string?.orNone ?? pod.status["podIP"]?.string?.orNone ?? "<none>"
        },
        .text("Node", wide: true, "The node that the pod is bound to.") { $0.spec["nodeName"]?.string?.orNone ?? "<none>" },
        .text("Nominated Node", wide: true, "The node where room is being made for the pod.") {
            $0.status["nominatedNodeName"]?.string?.orNone ?? "<none>"
        },
        .text("Readiness Gates", wide: true, "Readiness gates that are met, of all.") { pod in
            let gates = pod.spec["readinessGates"]?.array ?? []
            guard !gates.isEmpty else { return "<none>" }
            return "\(gates.count { pod.hasCondition($0["conditionType"]?.string ?? "") })/\(gates.count)"
        },
    ]
}

extension String {
    /// nil when empty.
    var orNone: String? { isEmpty ? nil : self }
}

/// What the columns of a pod say of it. Pure; the rules are those of Kubernetes' printer.
struct PodSummary {
    private(set) var status: String
    private(set) var ready = 0
    private(set) var total: Int
    private(set) var restarts: Int64 = 0
    private(set) var lastRestart: Timestamp?

    init(_ pod: Object) {
        let phase = pod.status["phase"]?.string ?? ""
        let podReason = pod.status["reason"]?.string ?? ""
        status = podReason.isEmpty ? phase : podReason
        total = pod.spec["containers"]?.array?.count ?? 0
        let scheduled = pod.status["conditions"]?.array?.first { $0["type"]?.string == "PodScheduled" }
        if scheduled?["reason"]?.string == "SchedulingGated" { status = "SchedulingGated" }
        let isInitializing = addInitContainers(of: pod)
        if !isInitializing || pod.hasCondition("Initialized") { addContainers(of: pod) }
        guard pod.isDeleting else { return }
        if podReason == "NodeLost" {
            status = "Unknown"
        } else if phase != "Succeeded", phase != "Failed" {
            status = "Terminating"
        }
    }

    private mutating func count(_ container: JSON) {
        restarts += container["restartCount"]?.int ?? 0
        let finished = container["lastState"]?["terminated"]?["finishedAt"]?.string.flatMap(Timestamp.init)
        if let finished { lastRestart = max(lastRestart ?? finished, finished) }
    }

    /// True when an init container still has to end.
    private mutating func addInitContainers(of pod: Object) -> Bool {
        let specs = pod.spec["initContainers"]?.array ?? []
        let sidecars = Set(specs.filter { $0["restartPolicy"]?.string == "Always" }.compactMap { $0["name"]?.string })
        total += sidecars.count
        var sidecarSummary = (restarts: Int64(0), last: Timestamp?.none)
        var isInitializing = false
        for (index, container) in (pod.status["initContainerStatuses"]?.array ?? []).enumerated() {
            count(container)
            let isSidecar = sidecars.contains(container["name"]?.string ?? "")
            if isSidecar { sidecarSummary = (sidecarSummary.restarts + (container["restartCount"]?.int ?? 0), lastRestart) }
            let state = container["state"] ?? .null
            if state["terminated"]?["exitCode"]?.int == 0 { continue }
            if isSidecar, container["started"]?.bool == true {
                if container["ready"]?.bool == true { ready += 1 }
                continue
            }
            if let terminated = state["terminated"] {
                status = "Init:" + Self.reason(terminated)
            } else if let reason = state["waiting"]?["reason"]?.string, !reason.isEmpty, reason != "PodInitializing" {
                status = "Init:" + reason
            } else {
                status = "Init:\(index)/\(specs.count)"
            }
            isInitializing = true
            break
        }
        // Past initialization only the sidecars' restarts count.
        if !isInitializing || pod.hasCondition("Initialized") { (restarts, lastRestart) = sidecarSummary }
        return isInitializing
    }

    private mutating func addContainers(of pod: Object) {
        var isAnyRunning = false
        for container in (pod.status["containerStatuses"]?.array ?? []).reversed() {
            count(container)
            let state = container["state"] ?? .null
            if let reason = state["waiting"]?["reason"]?.string, !reason.isEmpty {
                status = reason
            } else if let terminated = state["terminated"] {
                status = Self.reason(terminated)
            } else if container["ready"]?.bool == true, state["running"] != nil {
                isAnyRunning = true
                ready += 1
            }
        }
        if status == "Completed", isAnyRunning { status = pod.hasCondition("Ready") ? "Running" : "NotReady" }
    }

    private static func reason(_ terminated: JSON) -> String {
        if let reason = terminated["reason"]?.string, !reason.isEmpty { return reason }
        if let signal = terminated["signal"]?.int, signal != 0 { return "Signal:\(signal)" }
        return "ExitCode:\(terminated["exitCode"]?.int ?? 0)"
    }
}
