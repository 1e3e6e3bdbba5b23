import APIMachinery

/// The active stage: volumes, images and sandbox side by side, then containers in their order.
extension PodLifecycle {
    static var volumeBackoff: ClosedRange<Duration> { .milliseconds(500) ... .seconds(122) }
    static var imageBackoff: ClosedRange<Duration> { .seconds(10) ... .seconds(300) }
    static var sandboxBackoff: ClosedRange<Duration> { .milliseconds(500) ... .seconds(20) }
    static var startBackoff: ClosedRange<Duration> { .seconds(2) ... .seconds(60) }
    /// How long a failed pull is shown as ErrImagePull before it is shown as ImagePullBackOff.
    static var pullErrorShown: Duration { .seconds(1) }

    mutating func run(now: Timestamp) {
        if let deadline = activeDeadline { wake(at: deadline) }
        replaceChanged(now: now)
        mountVolumes(now: now)
        if let time = volumesRefreshAt {
            if time <= now {
                volumesRefreshAt = nil
                refreshVolumes()
            } else {
                wake(at: time)
            }
        }
        fetchImages(now: now)
        startSandbox(now: now)
        guard let sandbox = sandboxID, volumes == .mounted else { return }
        startContainers(in: sandbox, now: now)
    }

    /// Stops running containers whose image changed in the spec; they start again with the new one.
    private mutating func replaceChanged(now: Timestamp) {
        for index in containers.indices {
            let record = containers[index]
            guard case .running(let id, let since) = record.state, record.role != .initial, !record.hash.isEmpty,
                record.hash != record.container.hash
            else { continue }
            event(.normal, "Killing", "Container \(record.name) definition changed, will be restarted", container: record.name)
            stop(index, id: id, since: since, deadline: now + pod.gracePeriod, isAnnounced: true)
        }
    }

    private mutating func mountVolumes(now: Timestamp) {
        switch volumes {
        case .none: break
        case .failed(let retry) where retry.at <= now: break
        case .failed(let retry): return wake(at: retry.at)
        default: return
        }
        volumes = .mounting
        actions.append(.mountVolumes)
    }

    mutating func volumesFailed(_ message: String, now: Timestamp) {
        event(.warning, "FailedMount", message)
        volumes = .failed(Retry("FailedMount", message, after: lastVolumeFailure, within: Self.volumeBackoff, now: now))
        lastVolumeFailure = volumes.failure
    }

    private mutating func fetchImages(now: Timestamp) {
        for index in containers.indices {
            let record = containers[index]
            guard needsImage(record), record.restartAt.map({ $0 <= now }) ?? true else { continue }
            switch record.image {
            case .unknown: break
            case .failed(let retry, _) where retry.at <= now: break
            case .failed(let retry, let isBackingOff):
                if !isBackingOff, retry.reason == ImageFailure.Reason.pull.rawValue {
                    let shownUntil = retry.at + (Self.pullErrorShown - retry.delay)
                    if shownUntil > now {
                        wake(at: shownUntil)
                        continue
                    }
                    var shown = retry
                    shown.message = "Back-off pulling image \"\(record.container.image)\": ErrImagePull: \(retry.message)"
                    shown.reason = "ImagePullBackOff"
                    containers[index].image = .failed(shown, isBackingOff: true)
                    event(.normal, "BackOff", "Back-off pulling image \"\(record.container.image)\"", container: record.name)
                }
                wake(at: retry.at)
                continue
            default: continue
            }
            containers[index].lastImageFailure = record.imageFailure ?? record.lastImageFailure
            containers[index].image = .fetching
            actions.append(.fetchImage(container: record.name))
        }
    }

    private func needsImage(_ record: ContainerRecord) -> Bool {
        switch record.state {
        case .waiting: !(record.role == .initial && hasBegun)
        case .exited(_, let exit): record.restarts(after: exit, pod.restartPolicy)
        default: false
        }
    }

    mutating func imageResult(_ result: Result<FetchedImage, ImageFailure>, of name: String, now: Timestamp) {
        guard let index = index(name) else { return }
        switch result {
        case .success(let image):
            containers[index].image = .present(image.reference)
            containers[index].lastImageFailure = nil
            event(.normal, "Pulled", image.message, container: name)
        case .failure(let failure):
            if stage == .active {
                if failure.reason == .pull {
                    event(
                        .warning, "Failed", "Failed to pull image \"\(containers[index].container.image)\": \(failure.message)",
                        container: name)
                    event(.warning, "Failed", "Error: ErrImagePull", container: name)
                } else if failure.reason == .neverPull {
                    event(.warning, "ErrImageNeverPull", failure.message, container: name)
                } else {
                    event(.warning, "InspectFailed", failure.message, container: name)
                }
            }
            let retry = Retry(
                failure.reason.rawValue, failure.message, after: containers[index].lastImageFailure, within: Self.imageBackoff, now: now)
            containers[index].image = .failed(retry, isBackingOff: false)
        }
    }

    private mutating func startSandbox(now: Timestamp) {
        switch sandbox {
        case .none, .stopped: break
        case .failed(_, let retry) where retry.at <= now: break
        case .failed(_, let retry): return wake(at: retry.at)
        default: return
        }
        // Its predecessor's containers are accounted for first.
        guard !containers.contains(where: \.isActive) else { return }
        if case .failed(_, let retry) = sandbox { lastSandboxFailure = retry }
        let attempt = sandbox.attempt + 1
        sandbox = .starting(attempt: attempt)
        actions.append(.runSandbox(attempt: attempt))
    }

    mutating func sandboxFailed(_ message: String, now: Timestamp) {
        guard case .starting(let attempt) = sandbox else { return }
        event(.warning, "FailedCreatePodSandBox", "Failed to create pod sandbox: \(message)")
        sandbox = .failed(
            attempt: attempt,
            Retry("FailedCreatePodSandBox", message, after: lastSandboxFailure, within: Self.sandboxBackoff, now: now))
    }

    /// The sandbox died by itself: its containers go with it, and another one is made.
    mutating func sandboxExited(_ id: String) {
        guard case .ready(id, _, let attempt) = sandbox else { return }
        if stage == .active { event(.normal, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.") }
        sandbox = .stopping(id: id, attempt: attempt)
        actions.append(.stopSandbox(id: id))
    }

    mutating func sandboxStopped(_ id: String) {
        guard case .stopping(id, let attempt) = sandbox else { return }
        sandbox = .stopped(attempt: attempt)
        deadSandboxes.append(id)
        guard stage == .active else { return }
        // Init containers prepare the sandbox that is to come.
        for index in containers.indices where containers[index].role == .initial {
            guard case .exited(let id, let exit) = containers[index].state else { continue }
            containers[index].previous = (id, exit)
            containers[index].state = .waiting
            containers[index].image = .unknown
        }
        hasBegun = false
    }

    mutating func refreshVolumes() {
        if volumes == .mounted, stage == .active { actions.append(.refreshVolumes) }
    }

    /// What waits on an object that was missing is tried at once; what shows one is written anew.
    mutating func retryNow(_ now: Timestamp) {
        refreshVolumes()
        if case .failed(var retry) = volumes {
            retry.at = now
            volumes = .failed(retry)
        }
        for index in containers.indices where containers[index].failure?.reason == StartFailure.Reason.config.rawValue {
            containers[index].failure?.at = now
        }
    }

    // MARK: Containers

    private mutating func startContainers(in sandbox: String, now: Timestamp) {
        for index in containers.indices {
            let record = containers[index]
            switch record.role {
            case .initial:
                if hasBegun || record.hasSucceeded { continue }
                startIfDue(index, in: sandbox, now: now)
                return
            case .sidecar:
                startIfDue(index, in: sandbox, now: now)
                if !hasBegun && !(containers[index].isRunning && containers[index].isStarted) { return }
            case .main:
                hasBegun = true
                startIfDue(index, in: sandbox, now: now)
            }
        }
    }

    private mutating func startIfDue(_ index: Int, in sandbox: String, now: Timestamp) {
        let record = containers[index]
        switch record.state {
        case .waiting: break
        case .exited(_, let exit) where record.restarts(after: exit, pod.restartPolicy): break
        default: return
        }
        if let time = record.restartAt, time > now { return wake(at: time) }
        if let failure = record.failure, failure.at > now { return wake(at: failure.at) }
        guard case .present(let image) = record.image else { return }
        if case .exited(let id, let exit) = record.state {
            // Only the last dead life is kept.
            if let old = record.previous, old.id != id, !old.id.isEmpty { actions.append(.removeContainer(id: old.id)) }
            containers[index].previous = (id, exit)
        }
        if record.wasCreated {
            containers[index].restartCount += 1
            containers[index].backoff.restarted(at: now)
        }
        containers[index].state = .starting
        containers[index].isStarted = false
        containers[index].isReady = false
        containers[index].hash = record.container.hash
        containers[index].imageID = image
        actions.append(
            .startContainer(record.name, restartCount: containers[index].restartCount, sandbox: sandbox, image: image))
    }

    mutating func started(_ name: String, id: String, at time: Timestamp) {
        guard let index = index(name), case .starting = containers[index].state else { return }
        containers[index].state = .running(id: id, since: time)
        containers[index].wasCreated = true
        containers[index].failure = nil
        containers[index].restartAt = nil
        containers[index].image = .unknown
        event(.normal, "Created", "Created container: \(name)", container: name)
        event(.normal, "Started", "Started container \(name)", container: name)
        containers[index].isPostStartPending = containers[index].container.postStart != nil
        if !containers[index].isPostStartPending { beginProbes(index) }
    }

    mutating func postStarted(_ name: String, id: String, failure: String?, now: Timestamp) {
        guard let index = index(name, id: id) else { return }
        containers[index].isPostStartPending = false
        guard case .running(_, let since) = containers[index].state else { return }
        guard let failure else { return beginProbes(index) }
        event(.warning, "FailedPostStartHook", "PostStartHook failed: \(failure)", container: name)
        event(.normal, "Killing", "FailedPostStartHook", container: name)
        stop(index, id: id, since: since, deadline: now + pod.gracePeriod, isAnnounced: true)
    }

    /// The startup probe alone, where there is one; else those that it would hold back.
    private mutating func beginProbes(_ index: Int) {
        let container = containers[index].container
        guard let id = containers[index].id, stage == .active else { return }
        if container.probe(.startup) != nil {
            actions.append(.startProbes(container.name, id: id, [.startup], isReady: false))
        } else {
            hasStarted(index, id: id)
        }
    }

    private mutating func hasStarted(_ index: Int, id: String) {
        let container = containers[index].container
        containers[index].isStarted = true
        if container.probe(.readiness) == nil { containers[index].isReady = true }
        let kinds = container.probes.map(\.kind).filter { $0 != .startup }
        if !kinds.isEmpty { actions.append(.startProbes(container.name, id: id, kinds, isReady: containers[index].isReady)) }
    }

    mutating func probed(_ name: String, id: String, _ kind: ProbeSpec.Kind, _ verdict: ProbeCounter.Verdict, now: Timestamp) {
        guard let index = index(name, id: id), case .running(_, let since) = containers[index].state else { return }
        switch (kind, verdict) {
        case (.readiness, _): containers[index].isReady = verdict == .success
        case (.startup, .success):
            actions.append(.stopProbes(name, [.startup]))
            hasStarted(index, id: id)
        case (.liveness, .success): break
        case (.startup, .failure), (.liveness, .failure):
            guard stage == .active else { return }
            event(
                .normal, "Killing", "Container \(name) failed \(kind.title.lowercased()) probe, will be restarted", container: name)
            let grace = containers[index].container.probe(kind)?.gracePeriod ?? pod.gracePeriod
            stop(index, id: id, since: since, deadline: now + grace, isAnnounced: true)
        }
    }

    mutating func notStarted(_ name: String, _ failure: StartFailure, now: Timestamp) {
        guard let index = index(name), case .starting = containers[index].state else { return }
        event(.warning, "Failed", "Error: \(failure.message)", container: name)
        if let exited = failure.exited {
            containers[index].wasCreated = true
            containers[index].state = .running(id: exited.id, since: exited.exit.startedAt)
            self.exited(name, id: exited.id, exited.exit, now: now)
        } else {
            // The attempt made no container, so it is no restart.
            if containers[index].wasCreated { containers[index].restartCount -= 1 }
            containers[index].state = containers[index].previous.map { .exited(id: $0.id, $0.exit) } ?? .waiting
        }
        containers[index].failure = Retry(
            failure.reason.rawValue, failure.message, after: containers[index].failure, within: Self.startBackoff, now: now)
    }

    mutating func exited(_ name: String, id: String, _ exit: ContainerExit, now: Timestamp) {
        guard let index = index(name, id: id) else { return }
        if case .exited = containers[index].state { return }
        containers[index].state = .exited(id: id, exit)
        containers[index].isReady = false
        containers[index].isStarted = false
        containers[index].isPostStartPending = false
        containers[index].image = .unknown
        actions.append(.stopProbes(name, ProbeSpec.Kind.allCases))
        guard stage == .active, containers[index].restarts(after: exit, pod.restartPolicy) else { return }
        let time = containers[index].backoff.restartTime(finished: exit.finishedAt)
        containers[index].restartAt = time
        if time > now {
            event(.warning, "BackOff", "Back-off restarting failed container \(name) in pod \(pod.fullName)", container: name)
        }
    }

    mutating func stop(_ index: Int, id: String, since: Timestamp, deadline: Timestamp, isAnnounced: Bool = false) {
        let name = containers[index].name
        if !isAnnounced { event(.normal, "Killing", "Stopping container \(name)", container: name) }
        containers[index].state = .stopping(id: id, since: since)
        actions.append(.stopProbes(name, [.startup, .liveness]))
        actions.append(.stopContainer(name, id: id, deadline: deadline))
    }
}
