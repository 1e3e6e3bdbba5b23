import APIMachinery

/// Everything that happens to one pod on its node, as a value: events in, actions out.
///
/// No clock, no I/O, no waiting: the shell (`PodExecutor`) executes the actions, each of which
/// answers with an event, and calls `advance` again at `wakeAt`. `advance` is level-triggered: it
/// compares the state with what should be, so that an event lost or doubled does no harm.
/// Source: Kubernetes docs, "Pod Lifecycle".
package struct PodLifecycle: Sendable {
    package enum Stage: Sendable, Hashable {
        /// Containers are started and restarted.
        case active
        /// Containers, sandbox and volumes go away, for `reason`; processes are killed at `deadline`.
        case ending(EndReason, deadline: Timestamp)
        /// Nothing runs, nothing is mounted. A later deletion still removes what is kept for reading.
        case finished
    }
    package enum EndReason: Sendable, Hashable { case completed, deadlineExceeded, deleted }

    package internal(set) var pod: Pod
    package internal(set) var stage = Stage.active
    var volumes = Volumes.none
    package internal(set) var sandbox = Sandbox.none
    /// One for each of `pod.containers`, in that order.
    package internal(set) var containers: [ContainerRecord]
    /// Sandboxes to be removed with the pod: dead predecessors of the present one.
    var deadSandboxes: [String] = []
    var removal = Removal.none
    /// The API object is gone: nothing is reported any more.
    var isGone = false
    package internal(set) var startTime: Timestamp?
    /// The conditions as last computed: where transition times come from.
    var conditions: [JSON]

    /// The main containers' turn has come in the present sandbox: init containers are not run again.
    var hasBegun = false
    /// What the API said at adoption stands: the pod was over already.
    var keepsReportedStatus = false
    var isAdopted = false
    /// It ran longer than activeDeadlineSeconds.
    var isOverdue = false
    var lastVolumeFailure: Retry?
    /// When a token in a volume is to be renewed.
    var volumesRefreshAt: Timestamp?
    var lastSandboxFailure: Retry?
    var stopRetryAt: Timestamp?

    /// When to call `advance` next though nothing happens; nil is never.
    package internal(set) var wakeAt: Timestamp?
    var actions: [PodAction] = []

    /// `pod` as the API has it; its status tells what an earlier life of the agent reported.
    package init(_ pod: Pod) {
        self.pod = pod
        containers = pod.containers.map { ContainerRecord($0, reported: Self.reportedStatus(of: $0, in: pod)) }
        conditions = pod.object.status["conditions"]?.array ?? []
        startTime = pod.object.status["startTime"]?.string.flatMap(Timestamp.init)
    }

    private static func reportedStatus(of container: PodContainer, in pod: Pod) -> JSON? {
        let field = container.role == .main ? "containerStatuses" : "initContainerStatuses"
        return pod.object.status[field]?.array?.first { $0["name"]?.string == container.name }
    }

    /// Nothing is left to do, now or on any event but a deletion.
    package var isOver: Bool { stage == .finished && (removal == .done || isGone) }

    // MARK: Parts of the state

    enum Volumes: Sendable, Hashable {
        case none, mounting, mounted, unmounting, unmounted
        case failed(Retry)

        var failure: Retry? {
            if case .failed(let retry) = self { return retry }
            return nil
        }
    }

    package enum Sandbox: Sendable, Hashable {
        case none
        case starting(attempt: Int)
        case ready(id: String, ips: [String], attempt: Int)
        case failed(attempt: Int, Retry)
        /// Being stopped; afterwards, in an active pod, another one follows.
        case stopping(id: String, attempt: Int)
        case stopped(attempt: Int)

        var attempt: Int {
            switch self {
            case .none: -1
            case .starting(let attempt), .ready(_, _, let attempt), .failed(let attempt, _), .stopping(_, let attempt),
                .stopped(let attempt):
                attempt
            }
        }
    }

    enum Removal: Sendable, Hashable { case none, running, removed, deletingObject, done }

    // MARK: Events

    package mutating func handle(_ event: PodEvent, now: Timestamp) {
        switch event {
        case .changed(let new): change(to: new)
        case .gone: isGone = true
        case .observed(let sandboxes, let containers, let known): adopt(sandboxes, containers, asOf: known, now: now)
        case .volumesMounted(let refreshAt):
            volumes = .mounted
            volumesRefreshAt = refreshAt
            lastVolumeFailure = nil
        case .volumesRefreshed(let refreshAt): volumesRefreshAt = refreshAt
        case .volumesFailed(let message): volumesFailed(message, now: now)
        case .volumesUnmounted: volumes = .unmounted
        case .referencesChanged: retryNow(now)
        case .image(let name, let result): imageResult(result, of: name, now: now)
        case .sandboxStarted(let id, let ips):
            guard case .starting(let attempt) = sandbox else { return }
            sandbox = .ready(id: id, ips: ips, attempt: attempt)
            lastSandboxFailure = nil
        case .sandboxFailed(let message): sandboxFailed(message, now: now)
        case .sandboxExited(let id): sandboxExited(id)
        case .sandboxStopped(let id): sandboxStopped(id)
        case .containerStarted(let name, let id, let startedAt): started(name, id: id, at: startedAt)
        case .containerNotStarted(let name, let failure): notStarted(name, failure, now: now)
        case .postStart(let name, let id, let failure): postStarted(name, id: id, failure: failure, now: now)
        case .containerExited(let name, let id, let exit): exited(name, id: id, exit, now: now)
        case .containerUnstoppable(let name, let id): unstoppable(name, id: id, now: now)
        case .probe(let name, let id, let kind, let verdict): probed(name, id: id, kind, verdict, now: now)
        case .podRemoved: removal = .removed
        case .objectDeleted:
            removal = .done
            stage = .finished
        case .wake: break
        }
    }

    /// Compares what is with what should be, and returns what to do about the difference.
    package mutating func advance(now: Timestamp) -> [PodAction] {
        wakeAt = nil
        // Before the runtime was asked what it has, nothing may be made twice.
        guard isAdopted else { return [] }
        if startTime == nil { startTime = now }
        if stage == .active, let reason = endReason(now: now) { begin(reason, now: now) }
        if case .ending(let reason, let deadline) = stage, reason != .deleted, pod.isDeleting || isGone {
            stage = .ending(.deleted, deadline: min(deadline, now + pod.gracePeriod))
        }
        hasten(now: now)
        if stage == .finished, pod.isDeleting || isGone, removal == .none { begin(.deleted, now: now) }
        switch stage {
        case .active: run(now: now)
        case .ending(let reason, let deadline): end(reason, deadline: deadline, now: now)
        case .finished: break
        }
        defer { actions = [] }
        return actions
    }

    private func endReason(now: Timestamp) -> EndReason? {
        if pod.isDeleting || isGone { return .deleted }
        if let deadline = activeDeadline, deadline <= now { return .deadlineExceeded }
        return pod.isTerminal || isCompleted ? .completed : nil
    }

    var activeDeadline: Timestamp? {
        guard let startTime, let limit = pod.activeDeadline else { return nil }
        return startTime + limit
    }

    private mutating func begin(_ reason: EndReason, now: Timestamp) {
        stage = .ending(reason, deadline: now + pod.gracePeriod)
        if reason == .deadlineExceeded {
            isOverdue = true
            event(.normal, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
        }
    }

    /// A deletion whose grace period was shortened meanwhile.
    private mutating func hasten(now: Timestamp) {
        guard case .ending(let reason, let deadline) = stage, pod.isDeleting, now + pod.gracePeriod < deadline else { return }
        stage = .ending(reason, deadline: now + pod.gracePeriod)
        for case .stopping(let id, _) in containers.map(\.state) {
            actions.append(.hastenStop(id: id, deadline: now + pod.gracePeriod))
        }
    }

    /// All that runs has run to its end, and the restart policy asks for no more.
    private var isCompleted: Bool {
        if containers.contains(where: { $0.role == .initial && $0.hasFailed && pod.restartPolicy == .never }) { return true }
        let main = containers.filter { $0.role == .main }
        return !main.isEmpty
            && main.allSatisfy { record in
                guard case .exited(_, let exit) = record.state else { return false }
                return !record.restarts(after: exit, pod.restartPolicy)
            }
    }

    /// A shorter grace period, a new image, or the deletion.
    private mutating func change(to new: Pod) {
        if new.object.labels != pod.object.labels || new.object.annotations != pod.object.annotations { refreshVolumes() }
        pod = new
        for index in containers.indices {
            guard let container = new.container(containers[index].name) else { continue }
            containers[index].container = container
        }
    }

    // MARK: Small tools

    mutating func event(_ kind: EventRecorder.Kind, _ reason: String, _ message: String, container: String? = nil) {
        actions.append(.event(kind, reason: reason, message: message, container: container))
    }

    mutating func wake(at time: Timestamp) { wakeAt = min(wakeAt ?? time, time) }

    func index(_ name: String) -> Int? { containers.firstIndex { $0.name == name } }

    /// The record of `name` if it is about the container `id`.
    func index(_ name: String, id: String) -> Int? { index(name).flatMap { containers[$0].id == id ? $0 : nil } }

    package var sandboxID: String? {
        if case .ready(let id, _, _) = sandbox { return id }
        return nil
    }

    package var ips: [String] {
        if case .ready(_, let ips, _) = sandbox { return ips }
        return []
    }
}

/// A failed step: why, and when it is tried again.
package struct Retry: Sendable, Hashable {
    package var reason: String
    package var message: String
    package var delay: Duration
    package var at: Timestamp

    /// Doubles the delay of the failure before, within `range`.
    init(_ reason: String, _ message: String, after previous: Retry?, within range: ClosedRange<Duration>, now: Timestamp) {
        self.reason = reason
        self.message = message
        delay = min(previous.map { $0.delay * 2 } ?? range.lowerBound, range.upperBound)
        at = now + delay
    }
}
