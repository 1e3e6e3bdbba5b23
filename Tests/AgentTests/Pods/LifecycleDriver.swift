import APIMachinery

@testable import Agent

/// Drives a lifecycle by hand: answers its actions, moves its time, and keeps what it said.
struct LifecycleDriver {
    var lifecycle: PodLifecycle
    var now = Timestamp(seconds: 1_000_000)
    /// Everything asked for and not answered yet.
    var open: [PodAction] = []
    /// `Reason: message` of every event.
    var events: [String] = []
    private var serial = 0

    init(_ pod: Object, adopting: ([ObservedSandbox], [ObservedContainer]) = ([], [])) {
        lifecycle = PodLifecycle(Pod(pod))
        send(.observed(adopting.0, adopting.1))
    }

    mutating func send(_ event: PodEvent) {
        lifecycle.handle(event, now: now)
        for action in lifecycle.advance(now: now) {
            if case .event(_, let reason, let message, _) = action { events.append("\(reason): \(message)") } else { open.append(action) }
        }
        // As the agent does: the conditions' transition times are those of the last computed status.
        _ = lifecycle.status(hostIPs: ["192.0.2.1"], runtime: "containerd", now: now)
    }

    mutating func take(_ isWanted: (PodAction) -> Bool) -> PodAction? {
        open.firstIndex(where: isWanted).map { open.remove(at: $0) }
    }

    /// Moves the time to the next wake-up; false when there is none.
    @discardableResult
    mutating func sleep() -> Bool {
        guard let time = lifecycle.wakeAt else { return false }
        now = max(now, time)
        send(.wake)
        return true
    }

    /// Answers everything that is asked for with success, until nothing is.
    mutating func settle() {
        var isBusy = true
        while isBusy {
            isBusy = false
            for action in open {
                guard let answer = success(of: action) else { continue }
                isBusy = true
                open.removeAll { $0 == action }
                for event in answer { send(event) }
                break
            }
        }
    }

    private mutating func success(of action: PodAction) -> [PodEvent]? {
        switch action {
        case .mountVolumes: return [.volumesMounted(refreshAt: nil)]
        case .unmountVolumes: return [.volumesUnmounted]
        case .fetchImage(let name): return [.image(container: name, .success(FetchedImage(reference: "image@sha256:1", message: "present")))]
        case .runSandbox(let attempt): return [.sandboxStarted(id: "sandbox-\(attempt)", ips: ["10.42.0.\(attempt + 2)"])]
        case .stopSandbox(let id): return [.sandboxStopped(id: id)]
        case .startContainer(let name, let count, _, _): return [.containerStarted(name, id: "\(name)-\(count)", at: now)]
        case .stopContainer(let name, let id, _): return [.containerExited(name, id: id, exit(143))]
        case .removePod: return [.podRemoved]
        case .deleteObject: return [.objectDeleted]
        case .refreshVolumes: return [.volumesRefreshed(refreshAt: nil)]
        case .removeContainer, .hastenStop, .startProbes, .stopProbes, .event: return []
        }
    }

    func exit(_ code: Int) -> ContainerExit {
        ContainerExit(code: code, reason: "", message: "", startedAt: now, finishedAt: now)
    }

    /// The container's process ends by itself.
    mutating func end(_ name: String, code: Int) {
        guard let id = record(name).id else { return }
        send(.containerExited(name, id: id, exit(code)))
    }

    mutating func delete(grace: Int = 30) {
        var pod = lifecycle.pod.object
        pod.set(.string(now.description), at: ["metadata", "deletionTimestamp"])
        pod.set(JSON(grace), at: ["metadata", "deletionGracePeriodSeconds"])
        send(.changed(Pod(pod)))
    }

    func record(_ name: String) -> ContainerRecord { lifecycle.containers.first { $0.name == name }! }

    func status() -> JSON {
        var lifecycle = lifecycle
        return .object(lifecycle.status(hostIPs: ["192.0.2.1"], runtime: "containerd", now: now) ?? [:])
    }

    func state(_ name: String) -> JSON {
        let status = status()
        let all = (status["containerStatuses"]?.array ?? []) + (status["initContainerStatuses"]?.array ?? [])
        return all.first { $0["name"]?.string == name }?["state"] ?? .null
    }

    func waitingReason(_ name: String) -> String? { state(name)["waiting"]?["reason"]?.string }
    func phase() -> String { status()["phase"]?.string ?? "" }

    func condition(_ type: String) -> String? {
        status()["conditions"]?.array?.first { $0["type"]?.string == type }?["status"]?.string
    }

    /// Names of containers asked to start, in order, as of now.
    var starting: [String] {
        open.compactMap { if case .startContainer(let name, _, _, _) = $0 { name } else { nil } }
    }
    var stopping: [String] {
        open.compactMap { if case .stopContainer(let name, _, _) = $0 { name } else { nil } }
    }
}

extension Object {
    /// A pod as the API server hands it out.
    static func pod(
        restartPolicy: String = "Always", _ spec: JSONObject = [:], containers: [JSON] = [["name": "web", "image": "web:1"]],
        initial: [JSON] = []
    ) -> Object {
        var spec = spec
        spec["restartPolicy"] = .string(restartPolicy)
        spec["containers"] = .array(containers)
        if !initial.isEmpty { spec["initContainers"] = .array(initial) }
        spec["terminationGracePeriodSeconds"] = spec["terminationGracePeriodSeconds"] ?? 30
        var pod = Object(.pods, namespace: "default", name: "pod", ["spec": .object(spec)])
        pod.uid = "uid"
        pod.generation = 1
        return pod
    }
}
