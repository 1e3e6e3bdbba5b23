import APIMachinery

/// What the lifecycle knows of one container.
package struct ContainerRecord: Sendable {
    package enum State: Sendable, Hashable {
        /// Not there: not yet its turn, or it could not be made.
        case waiting
        case starting
        case running(id: String, since: Timestamp)
        /// The runtime was asked to stop it.
        case stopping(id: String, since: Timestamp)
        case exited(id: String, ContainerExit)
    }
    enum Image: Sendable, Hashable {
        case unknown, fetching
        case present(String)
        case failed(Retry, isBackingOff: Bool)
    }

    package internal(set) var container: PodContainer
    package internal(set) var state = State.waiting
    var image = Image.unknown
    /// The failure before a fetch that is under way.
    var lastImageFailure: Retry?
    /// Why it could not be started.
    var failure: Retry?
    /// How often it was made again after the first time.
    package internal(set) var restartCount = 0
    var wasCreated = false
    /// The life before the present one.
    var previous: (id: String, exit: ContainerExit)?
    var backoff = RestartBackoff()
    /// Not before this time is it started again.
    var restartAt: Timestamp?
    var isPostStartPending = false
    /// Verdicts of the probes; true where there is no such probe.
    var isStarted = false
    var isReady = false
    /// By which the runtime knows the image of the present life.
    var imageID = ""
    /// Of the spec that the present life was made from.
    var hash = ""
    /// What the API's status says, for a life that the runtime no longer knows.
    let reported: JSON?

    init(_ container: PodContainer, reported: JSON?) {
        self.container = container
        self.reported = reported
        // Anyone who may write a status may have written it; far below what would overflow.
        if let count = reported?["restartCount"]?.int { restartCount = Int(min(max(count, 0), Int64(Int32.max) / 2)) }
        if let reported, reported["containerID"]?.string?.isEmpty == false {
            wasCreated = true
            previous = Self.exit(reported["state"]?["terminated"]) ?? Self.exit(reported["lastState"]?["terminated"])
        }
    }

    private static func exit(_ json: JSON?) -> (id: String, exit: ContainerExit)? {
        guard let json else { return nil }
        let id = json["containerID"]?.string ?? ""
        return (
            id.firstRange(of: "://").map { String(id[$0.upperBound...]) } ?? id,
            ContainerExit(
                code: Int(json["exitCode"]?.int ?? 0), reason: json["reason"]?.string ?? "", message: json["message"]?.string ?? "",
                startedAt: json["startedAt"]?.string.flatMap(Timestamp.init) ?? Timestamp(seconds: 0),
                finishedAt: json["finishedAt"]?.string.flatMap(Timestamp.init) ?? Timestamp(seconds: 0))
        )
    }

    package var name: String { container.name }
    package var role: PodContainer.Role { container.role }

    /// Of the present life.
    package var id: String? {
        switch state {
        case .waiting, .starting: nil
        case .running(let id, _), .stopping(let id, _), .exited(let id, _): id
        }
    }

    /// A process of it runs, or may soon.
    var isActive: Bool {
        switch state {
        case .starting, .running, .stopping: true
        case .waiting, .exited: false
        }
    }

    var imageFailure: Retry? {
        if case .failed(let retry, _) = image { return retry }
        return nil
    }

    var isRunning: Bool {
        if case .running = state { return true }
        return false
    }

    var hasSucceeded: Bool {
        if case .exited(_, let exit) = state { return exit.code == 0 }
        return false
    }

    var hasFailed: Bool {
        if case .exited(_, let exit) = state { return exit.code != 0 }
        return false
    }

    func restarts(after exit: ContainerExit, _ policy: Pod.RestartPolicy) -> Bool {
        switch (role, policy) {
        case (.sidecar, _), (.main, .always): true
        case (.initial, .never), (.main, .never): false
        case (.initial, _), (.main, .onFailure): exit.code != 0
        }
    }
}

/// Crash back-off: the first restart comes at once, the second after 10 s, then twice as long each
/// time up to 300 s; 10 minutes of running begin anew. Source: Kubernetes docs, "Pod Lifecycle".
struct RestartBackoff: Sendable, Hashable {
    static var range: ClosedRange<Duration> { .seconds(10) ... .seconds(300) }
    static var resetAfter: Duration { .seconds(600) }

    private(set) var delay: Duration?
    private var restartedAt: Timestamp?

    /// When a container that ended at `finished` may start again.
    mutating func restartTime(finished: Timestamp) -> Timestamp {
        if let restartedAt, finished - restartedAt > Self.resetAfter { delay = nil }
        return finished + (delay ?? .zero)
    }

    mutating func restarted(at now: Timestamp) {
        delay = min(delay.map { $0 * 2 } ?? Self.range.lowerBound, Self.range.upperBound)
        restartedAt = now
    }

    /// As an agent finds it that knows only how often a container was restarted.
    mutating func resume(restartCount: Int, startedAt: Timestamp) {
        guard restartCount > 0 else { return }
        delay = min(Self.range.lowerBound * (1 << min(restartCount - 1, 10)), Self.range.upperBound)
        restartedAt = startedAt
    }
}
