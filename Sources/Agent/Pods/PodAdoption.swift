import APIMachinery

/// Taking over what the runtime already has: at the agent's start, and after missed events.
extension PodLifecycle {
    mutating func adopt(_ sandboxes: [ObservedSandbox], _ observed: [ObservedContainer], asOf known: Set<String>?, now: Timestamp) {
        if isAdopted { return catchUp(sandboxes, observed, asOf: known, now: now) }
        isAdopted = true
        keepsReportedStatus = pod.isTerminal
        adoptSandbox(sandboxes)
        let mayBeMounted = !sandboxes.isEmpty || pod.isTerminal || pod.isDeleting
        // An active pod's volumes are mounted again, which keeps what is there.
        if mayBeMounted, pod.isTerminal || pod.isDeleting { volumes = .mounted }
        for index in containers.indices {
            adopt(observed.filter { $0.name == containers[index].name }.sorted { $0.createdAt > $1.createdAt }, as: index, now: now)
        }
        hasBegun = zip(containers, containers.map(\.state)).contains { $0.role == .main && $1 != .waiting } && sandboxID != nil
    }

    private mutating func adoptSandbox(_ sandboxes: [ObservedSandbox]) {
        let newest = sandboxes.max { ($0.attempt, $0.createdAt) < ($1.attempt, $1.createdAt) }
        guard let newest else { return }
        deadSandboxes = sandboxes.filter { $0.id != newest.id }.map(\.id)
        if newest.isReady {
            sandbox = .ready(id: newest.id, ips: newest.ips, attempt: newest.attempt)
        } else {
            sandbox = .stopping(id: newest.id, attempt: newest.attempt)
            actions.append(.stopSandbox(id: newest.id))
        }
    }

    /// `lives` are the container's, newest first.
    private mutating func adopt(_ lives: [ObservedContainer], as index: Int, now: Timestamp) {
        guard let newest = lives.first else {
            if let reported = containers[index].reported, reported["state"]?["running"] != nil, containers[index].previous == nil {
                containers[index].previous = (reported["containerID"]?.string ?? "", Self.lost(now))
            }
            return
        }
        let name = containers[index].name
        for life in lives.dropFirst() {
            if case .exited(let exit) = life.state {
                if containers[index].previous == nil || life.id == lives[1].id { containers[index].previous = (life.id, exit) }
            }
        }
        for old in lives.dropFirst(2) { actions.append(.removeContainer(id: old.id)) }
        containers[index].wasCreated = true
        containers[index].restartCount = newest.restartCount
        containers[index].hash = newest.hash
        containers[index].imageID = newest.imageID
        containers[index].backoff.resume(restartCount: newest.restartCount, startedAt: newest.startedAt)
        let isReported = containers[index].reported?["containerID"]?.string?.hasSuffix(newest.id) ?? false
        switch newest.state {
        case .running:
            containers[index].state = .running(id: newest.id, since: newest.startedAt)
            let reported = isReported ? containers[index].reported : nil
            adoptProbes(index, id: newest.id, isStarted: reported?["started"]?.bool ?? false, isReady: reported?["ready"]?.bool ?? false)
        case .exited(let exit):
            containers[index].state = .running(id: newest.id, since: newest.startedAt)
            exited(name, id: newest.id, exit, now: now)
        case .created, .unknown:
            // Made, and never known to run: made once more, under the same count.
            actions.append(.removeContainer(id: newest.id))
            containers[index].wasCreated = false
        }
    }

    /// A container that was ready stays so until a probe says otherwise.
    private mutating func adoptProbes(_ index: Int, id: String, isStarted: Bool, isReady: Bool) {
        let container = containers[index].container
        guard !pod.isDeleting, isStarted || container.probe(.startup) == nil else {
            if !pod.isDeleting { actions.append(.startProbes(container.name, id: id, [.startup], isReady: false)) }
            return
        }
        containers[index].isStarted = true
        containers[index].isReady = isReady || container.probe(.readiness) == nil
        let kinds = container.probes.map(\.kind).filter { $0 != .startup }
        if !kinds.isEmpty { actions.append(.startProbes(container.name, id: id, kinds, isReady: isReady)) }
    }

    /// Events may have been missed: what the runtime no longer runs has ended.
    private mutating func catchUp(
        _ sandboxes: [ObservedSandbox], _ observed: [ObservedContainer], asOf known: Set<String>?, now: Timestamp
    ) {
        for index in containers.indices {
            guard let id = containers[index].id, containers[index].isActive else { continue }
            switch observed.first(where: { $0.id == id })?.state {
            case .exited(let exit): exited(containers[index].name, id: id, exit, now: now)
            case nil where known?.contains(id) == false: break
            case nil: exited(containers[index].name, id: id, Self.lost(now), now: now)
            case .created, .running, .unknown: break
            }
        }
        guard let id = sandboxID, known?.contains(id) ?? true else { return }
        if !sandboxes.contains(where: { $0.id == id && $0.isReady }) { sandboxExited(id) }
    }

    private static func lost(_ now: Timestamp) -> ContainerExit {
        ContainerExit(
            code: 137, reason: "ContainerStatusUnknown", message: "The container could not be located when the pod was terminated",
            startedAt: Timestamp(seconds: 0), finishedAt: now)
    }
}
