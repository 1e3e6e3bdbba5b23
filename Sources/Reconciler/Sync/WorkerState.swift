import APIMachinery

/// What one Application's worker knows and has to do. Pure: events in, the next task out.
struct WorkerState: Sendable {
    /// What is asked for; several requests become one.
    struct Request: Sendable, Hashable {
        /// Asks the remote first.
        var fetches = false
        /// The interval has passed: a fetch that another Application had done within it will do.
        var isRoutine = false
        /// Goes through everything, also where the commit is the one applied, and tries again what was given up.
        var isForced = false
        /// Instead of the Application's own revision, until that moves.
        var revision: String?

        mutating func merge(_ other: Request) {
            isRoutine = isRoutine && other.isRoutine
            fetches = fetches || other.fetches
            isForced = isForced || other.isForced
            revision = other.revision ?? revision
        }
    }

    enum Task: Sendable {
        case sync(Request)
        case revert(Set<ObjectIdentity>)
        case health
        /// Deletes the objects of an Application that is going.
        case remove
        case wait(until: Timestamp?)
        case stop
    }

    /// Reverts of one object at once; beyond it each waits twice as long, so that two who disagree do not spin.
    static let revertsMax = 5
    /// The longest of those waits is 2^6 seconds.
    static let revertDoublingsMax = 6
    /// After so long without a revert they count from the beginning.
    static let revertWindow: Duration = .seconds(10)

    private struct Reverts: Sendable {
        var count = 0
        /// When the next one may be.
        var due: Timestamp
    }
    /// The shortest time between two writes of the status that differ in wording only.
    static let wordingInterval: Duration = .seconds(1)
    /// How long something waits before events are asked why: what starts at once needs no reason, and
    /// a namespace may hold thousands of events.
    static let eventsDelay: Duration = .seconds(1)

    var application: Application
    /// Set when the spec cannot be read; `application` is then the last that could.
    var specError: String?
    var status: ApplicationStatus
    /// As the server has it.
    private(set) var written: ApplicationStatus
    var applied: Applied?
    /// The revision asked for by hand, and where the Application's own stood then.
    var pin: (revision: String, tip: ObjectID)?

    private var pending: Request?
    /// What the sync under way was asked for: an interruption makes sense.
    private var running: Request?
    /// Where the sync under way found the source.
    private var runningCommit: ObjectID?
    /// Somebody asked whether the source is elsewhere before that was known.
    private var isToLookAgain = false
    private var dirty: Set<ObjectIdentity> = []
    /// Applied objects that may not be in the cluster as the commit has them, whether or not somebody sees to it.
    private(set) var differing: Set<ObjectIdentity> = []
    private var dirtyNotBefore: [ObjectIdentity: Timestamp] = [:]
    private var reverts: [ObjectIdentity: Reverts] = [:]
    private var wantsHealth = false
    /// Whose health is to be judged, beside that of what was not healthy; nil: of all.
    private var toJudge: Set<ObjectIdentity>?
    private var notHealthy: [ObjectIdentity: Health] = [:]
    private var isStopped = false
    private var failures = 0
    /// The commit that they are of.
    private var failedRevision = ""
    /// The commit and generation that are not tried again unasked.
    private var givenUp: (revision: String, generation: Int64)?
    /// The last attempt ended before an Application that this one depends on was ready.
    var awaitsDependencies = false
    /// Follows the commit in the cluster, for an Application that undoes what fails.
    private var rollout: Rollout?
    private var rolloutDueAt: Timestamp?
    private var isToBeRemoved = true
    private var retryAt: Timestamp?
    private var fetchAt: Timestamp?
    private var judgeAt: Timestamp?
    /// Namespaces whose events tell why something waits, and since when they are wanted.
    private var eventsWanted: [String: Timestamp] = [:]
    private(set) var eventsDueAt: Timestamp?
    private var writtenAt: Timestamp?

    init(application: Application, specError: String?) {
        self.application = application
        self.specError = specError
        status = application.status
        written = application.status
        pending = Request(fetches: true, isForced: true)
    }

    // MARK: Events

    mutating func request(_ request: Request) {
        if pending == nil { pending = request } else { pending?.merge(request) }
    }

    mutating func stop() { isStopped = true }

    /// A new version of the Application object; true when it asks for something.
    mutating func update(_ new: Application, specError: String?) -> Bool {
        let old = application
        var new = new
        if specError != nil {
            // What it asked for last stays in force, a suspension included.
            let read = new
            new = old
            new.generation = read.generation
            (new.isDeleting, new.hasFinalizer) = (read.isDeleting, read.hasFinalizer)
        }
        // The status is ours: what the server has is what we wrote.
        new.status = old.status
        application = new
        self.specError = specError
        if new.syncRequest != old.syncRequest, new.syncRequest != nil { request(Request(fetches: true, isForced: true)) }
        if new.generation != old.generation || new.allowsEmpty != old.allowsEmpty || specError != nil {
            let isMoved = new.origin != old.origin || new.revision != old.revision || new.source != old.source
            if isMoved {
                pin = nil
                running?.revision = nil
            }
            request(Request(fetches: isMoved))
        }
        guard new.isDeleting, !old.isDeleting else { return pending != nil }
        // What failed before has nothing to do with the end.
        failures = 0
        retryAt = nil
        return true
    }

    /// The finalizer is off: the Application goes, or waits for the finalizers of others.
    mutating func isRemoved() {
        isToBeRemoved = false
        retryAt = nil
    }

    /// Something that belongs to an object changed in the cluster.
    mutating func observe(dependentOf identity: ObjectIdentity) {
        guard applied?.records[identity] != nil else { return }
        wantsHealth = true
        toJudge?.insert(identity)
    }

    /// An object changed in the cluster.
    mutating func observe(_ identity: ObjectIdentity, _ live: Object?) {
        guard let record = applied?.records[identity] else { return }
        wantsHealth = true
        toJudge?.insert(identity)
        guard let live else {
            dirty.insert(identity)
            differing.insert(identity)
            return
        }
        guard !record.isNewer(than: live) else { return }
        guard !live.isDeleting, record.matches(live) else {
            differing.insert(identity)
            if !live.isDeleting { dirty.insert(identity) }
            return
        }
        differing.remove(identity)
        if record.resourceVersion != live.resourceVersion { applied?.records[identity] = record.seen(live) }
    }

    /// An object was put back; nil: it was left to somebody else.
    mutating func putBack(_ identity: ObjectIdentity, _ record: Applied.Record?) {
        applied?.verified = nil
        applied?.records[identity] = record
        if record == nil { differing.insert(identity) } else { differing.remove(identity) }
    }

    /// A sync did not come to its end: the next one compares everything, since what is in the cluster is of two commits.
    mutating func brought(inPart written: [ObjectIdentity: Applied.Record]) { applied?.keep(written) }

    mutating func needsHealth() { wantsHealth = true }

    /// A commit is in the cluster: `written` are the objects that it changed, `looked` those that were looked at for it.
    mutating func brought(to new: Applied, written: some Sequence<ObjectIdentity>, looked: some Sequence<ObjectIdentity>) {
        // Another generation may have other rules of health.
        if applied?.generation == new.generation { toJudge?.formUnion(written) } else { toJudge = nil }
        differing.subtract(looked)
        applied = new
        notHealthy = notHealthy.filter { new.records[$0.key] != nil }
        wantsHealth = true
    }

    /// Takes the records to judge now. What is healthy is so by itself alone: until it changes, it is not looked at again.
    mutating func takeRecordsToJudge() -> [Applied.Record] {
        guard let applied else { return [] }
        guard let identities = toJudge else {
            toJudge = []
            return Array(applied.records.values)
        }
        toJudge = []
        var records = identities.compactMap { applied.records[$0] }
        for identity in notHealthy.keys where !identities.contains(identity) {
            if let record = applied.records[identity], HealthRules.looksFurther(record.rendered.key.type) { records.append(record) }
        }
        return records
    }

    /// They could not be judged yet.
    mutating func giveBack(_ records: [Applied.Record]) { toJudge?.formUnion(records.lazy.map(\.rendered.identity)) }

    /// Takes in what came of the records; answers how all objects do.
    mutating func judged(_ items: [HealthSummary.Item]) -> HealthSummary {
        for item in items { notHealthy[item.identity] = item.health.state == .healthy ? nil : item.health }
        return HealthSummary(
            notHealthy.map { HealthSummary.Item(identity: $0.key, health: $0.value) }, total: applied?.records.count ?? 0)
    }

    var isSyncing: Bool { running != nil }

    mutating func begins(_ request: Request) {
        running = request
        runningCommit = nil
        isToLookAgain = false
        awaitsDependencies = false
    }

    /// Whether something was asked for that cannot wait for the end of the sync under way.
    var isToGiveWay: Bool { pending != nil || isStopped || application.isDeleting }

    /// The sync under way has found the source at a commit; whether it has to be looked at once more.
    mutating func found(_ commit: ObjectID) -> Bool {
        runningCommit = commit
        defer { isToLookAgain = false }
        return isToLookAgain
    }

    /// Whether the source is no longer where the sync under way found it.
    mutating func isElsewhere(_ tip: ObjectID) -> Bool {
        guard let expected = pin?.tip ?? runningCommit else {
            isToLookAgain = true
            return false
        }
        return tip != expected
    }

    /// The sync under way is over. One that was interrupted is still owed, together with what came meanwhile.
    mutating func ended(isDone: Bool) {
        defer { running = nil }
        // It ended before it had found the source.
        if isToLookAgain { request(Request()) }
        isToLookAgain = false
        guard !isDone, var owed = running else { return }
        if let pending { owed.merge(pending) }
        pending = owed
    }

    /// What of its commit `application` is made of, where all of that is in the cluster and nothing is asked for: a commit in
    /// which that is the same changes nothing.
    func restingFootprint(of application: Application) -> RenderFootprint? {
        guard let applied, applied.generation == application.generation, specError == nil, pending == nil, differing.isEmpty,
            status.condition("Synced")?.status == .isTrue, application.substitute?.from.isEmpty ?? true
        else { return nil }
        return applied.footprint
    }

    // MARK: Results

    mutating func succeeded(now: Timestamp) {
        failures = 0
        givenUp = nil
        retryAt = nil
        scheduleFetch(now: now)
    }

    /// - Parameters:
    ///   - isWaiting: nothing is wrong; what is missing comes as an event.
    ///   - revision: of the commit, where it got that far.
    ///   - isRetried: whether another attempt makes sense by itself.
    mutating func failed(now: Timestamp, isWaiting: Bool, revision: String = "", isRetried: Bool = true) {
        scheduleFetch(now: now)
        if isWaiting, awaitsDependencies || application.isFromOwnRepository {
            retryAt = nil
            return
        }
        if revision != failedRevision { failures = 0 }
        failedRevision = revision
        failures += 1
        retryAt = isRetried ? application.policy.retry.wait(afterFailures: failures).map { now + $0 } : nil
        if application.isDeleting {
            retryAt = retryAt ?? now + application.policy.retry.longest
            return
        }
        if retryAt == nil { givenUp = (revision, application.generation) }
    }

    /// A commit that failed before was not tried again.
    mutating func leftAlone(now: Timestamp) { scheduleFetch(now: now) }

    /// Whether a commit failed in such a way that only a word from somebody has it tried again.
    func hasGivenUp(_ commit: Commit) -> Bool {
        givenUp.map { $0.revision == commit.id.description && $0.generation == application.generation } ?? false
    }

    // MARK: The rollout

    /// A commit is in the cluster, and this is how its objects do.
    mutating func rolls(to commit: Commit, _ summary: HealthSummary) {
        guard summary.isSettled else { return }
        rollout = nil
        status.lastHealthyRevision = commit.id.description
    }

    /// Begins to follow a commit, where its failure is to be undone.
    mutating func followRollout(of commit: Commit, now: Timestamp) {
        rollout = application.policy.revertsOnFailure && status.lastHealthyRevision != commit.id.description
            ? Rollout(revision: commit.id.description, start: now, timeout: application.policy.timeout) : nil
    }

    /// Why the rollout has failed, once; nil while it may succeed.
    mutating func rolloutFailure(_ summary: HealthSummary, now: Timestamp) -> String? {
        guard var following = rollout else { return nil }
        _ = following.handle(.health(revision: following.revision, summary), now: now)
        let lines = following.tick(now: now)
        rollout = following.outcome == nil ? following : nil
        rolloutDueAt = rollout?.nextDeadline
        guard following.outcome == .failed, let line = lines.last else { return nil }
        return String(line.dropFirst(line.hasPrefix("failed: ") ? 8 : 0))
    }

    private mutating func scheduleFetch(now: Timestamp) {
        if case .url = application.origin, !application.isSuspended { fetchAt = now + application.interval } else { fetchAt = nil }
    }

    /// Counts a revert that may happen now (nil), or says when it may.
    mutating func allowRevert(of identity: ObjectIdentity, now: Timestamp) -> Timestamp? {
        var entry = reverts[identity] ?? Reverts(due: now)
        guard now >= entry.due else { return entry.due }
        if now - entry.due > Self.revertWindow { entry.count = 0 }
        entry.count += 1
        let doublings = entry.count - Self.revertsMax + 1
        entry.due = doublings < 1 ? now : now + .seconds(1 << min(doublings, Self.revertDoublingsMax))
        reverts[identity] = entry
        return nil
    }

    mutating func revertLater(_ identity: ObjectIdentity, at time: Timestamp) { dirtyNotBefore[identity] = time }

    mutating func wrote(_ status: ApplicationStatus, now: Timestamp) {
        written = status
        writtenAt = now
        judgeAt = nil
    }

    /// When the status may be written; nil is now.
    func statusDelay(now: Timestamp) -> Timestamp? {
        guard let writtenAt, status != written, status.withoutWording == written.withoutWording,
            now < writtenAt + Self.wordingInterval
        else { return nil }
        return writtenAt + Self.wordingInterval
    }

    /// Of the namespaces whose events are wanted, those where they have been for long enough; health
    /// is judged again when it is the others' turn.
    mutating func dueEvents(_ wanted: Set<String>, now: Timestamp) -> Set<String> {
        eventsWanted = wanted.reduce(into: [:]) { $0[$1] = eventsWanted[$1] ?? now }
        eventsDueAt = eventsWanted.values.map { $0 + Self.eventsDelay }.filter { $0 > now }.min()
        return Set(eventsWanted.lazy.filter { $0.value + Self.eventsDelay <= now }.map(\.key))
    }

    mutating func judgeLater(at time: Timestamp) { judgeAt = time }

    // MARK: The next task

    mutating func next(now: Timestamp) -> Task {
        if isStopped { return .stop }
        if application.isDeleting { return nextOfEnd(now: now) }
        if let retryAt, retryAt <= now { request(Request(isForced: true)) }
        if let fetchAt, fetchAt <= now { request(Request(fetches: true, isRoutine: true)) }
        if let request = pending {
            pending = nil
            retryAt = nil
            if request.fetches { fetchAt = nil }
            return .sync(request)
        }
        for (identity, time) in dirtyNotBefore where time <= now {
            dirtyNotBefore[identity] = nil
            dirty.insert(identity)
        }
        if !dirty.isEmpty {
            defer { dirty = [] }
            return .revert(dirty)
        }
        if let judgeAt, judgeAt <= now { wantsHealth = true }
        if let eventsDueAt, eventsDueAt <= now { wantsHealth = true }
        if let rolloutDueAt, rolloutDueAt <= now {
            self.rolloutDueAt = nil
            wantsHealth = true
        }
        if wantsHealth {
            wantsHealth = false
            judgeAt = nil
            eventsDueAt = nil
            return .health
        }
        return .wait(until: ([retryAt, fetchAt, judgeAt, eventsDueAt, rolloutDueAt].compactMap { $0 } + dirtyNotBefore.values).min())
    }

    /// An Application that is going neither syncs nor reverts; its objects go with it where a finalizer of ours is on.
    private mutating func nextOfEnd(now: Timestamp) -> Task {
        guard application.hasFinalizer, isToBeRemoved else { return .wait(until: nil) }
        if let retryAt, retryAt > now { return .wait(until: retryAt) }
        return .remove
    }
}
