import APIMachinery

/// The way out: main containers, then sidecars in reverse, then sandbox and volumes, then the object.
extension PodLifecycle {
    /// Between two tries to stop what the runtime failed to stop.
    static var stopRetry: Duration { .seconds(2) }

    mutating func end(_ reason: EndReason, deadline: Timestamp, now: Timestamp) {
        if let retry = stopRetryAt, retry > now { wake(at: retry) }
        stopContainers(deadline: deadline, now: now)
        guard !containers.contains(where: \.isActive) else { return }
        stopSandbox()
        unmountVolumes()
        guard isSandboxDown, volumes == .none || volumes == .unmounted else { return }
        guard reason == .deleted else {
            stage = .finished
            return
        }
        switch removal {
        case .none:
            removal = .running
            actions.append(.removePod(sandboxes: deadSandboxes))
        case .removed:
            if isGone {
                removal = .done
                stage = .finished
            } else {
                removal = .deletingObject
                actions.append(.deleteObject)
            }
        case .running, .deletingObject, .done: break
        }
    }

    private mutating func stopContainers(deadline: Timestamp, now: Timestamp) {
        if let retry = stopRetryAt {
            if retry > now { return }
            stopRetryAt = nil
        }
        var othersAreActive = false
        for index in containers.indices where containers[index].role != .sidecar {
            if containers[index].isActive { othersAreActive = true }
            guard case .running(let id, let since) = containers[index].state else { continue }
            stop(index, id: id, since: since, deadline: deadline)
        }
        guard !othersAreActive else { return }
        // One after another, the last one started first.
        guard let last = containers.lastIndex(where: \.isActive) else { return }
        if case .running(let id, let since) = containers[last].state { stop(last, id: id, since: since, deadline: deadline) }
    }

    mutating func unstoppable(_ name: String, id: String, now: Timestamp) {
        guard let index = index(name, id: id), case .stopping(_, let since) = containers[index].state else { return }
        event(.warning, "FailedKillPod", "error killing pod: container \(name) did not stop; trying again", container: name)
        containers[index].state = .running(id: id, since: since)
        stopRetryAt = now + Self.stopRetry
    }

    private mutating func stopSandbox() {
        guard case .ready(let id, _, let attempt) = sandbox else { return }
        sandbox = .stopping(id: id, attempt: attempt)
        actions.append(.stopSandbox(id: id))
    }

    private var isSandboxDown: Bool {
        switch sandbox {
        case .none, .stopped, .failed: true
        case .starting, .ready, .stopping: false
        }
    }

    private mutating func unmountVolumes() {
        switch volumes {
        case .mounted, .failed:
            volumes = .unmounting
            actions.append(.unmountVolumes)
        case .none, .mounting, .unmounting, .unmounted: break
        }
    }
}
