import APIMachinery
import Clibgit2
import Dispatch
import FoundationEssentials
import Synchronization

/// The local copy of a remote repository: every branch and tag, fetched incrementally.
///
/// A copy and nothing more: one that is found damaged is removed and fetched anew.
package final class RemoteMirror: Sendable {
    /// How long one fetch may take before it is given up as unreachable.
    package static let fetchTimeout: Duration = .seconds(120)
    /// Fetches given up that may hang at a time: libgit2 before 1.7 cannot interrupt a silent connection.
    private static let abandonedMax = 4

    package let url: String
    package let path: String
    /// The copy.
    package let repository: Repository
    /// Reads the Secret with the credentials, anew for each fetch.
    private let credentials: (@Sendable () async throws(GitError) -> SourceCredentials)?
    private let clock: any WallClock
    /// Told how long each fetch took.
    private let onFetch: @Sendable (Duration) -> Void
    /// Called when a fetch has moved a branch or tag, with those it was made for.
    private let onMove: (@Sendable (Set<String>) -> Void)?
    private let abandoned = Mutex(0)
    /// One fetch at a time, so that two never write the same refs; a hanging one keeps its queue to itself.
    private let queue = Mutex(DispatchQueue(label: "gitctl.git.fetch"))

    private struct Callers {
        var turns = FetchTurns()
        var waiting: [UInt64: CheckedContinuation<FetchTurns.Turn?, Never>] = [:]
        /// Turns of callers that were not waiting yet.
        var early: [UInt64: FetchTurns.Turn] = [:]
        var names: [UInt64: String] = [:]
        var fetches = 0
    }
    private let callers = Mutex(Callers())

    /// - Parameter access: which credentials it is read with, where more than one may be: they share no copy.
    package init(url: String, directory: String) {
        self.url = url
        path = Self.path(url, access: nil, in: directory)
        repository = Repository(path: path)
        credentials = nil
        clock = SystemClock()
        onFetch = { _ in }
        onMove = nil
    }

    init(
        url: String, access: String?, directory: String, clock: any WallClock, onFetch: @escaping @Sendable (Duration) -> Void = { _ in },
        onMove: @escaping @Sendable (Set<String>) -> Void,
        credentials: (@Sendable () async throws(GitError) -> SourceCredentials)?
    ) {
        self.url = url
        path = Self.path(url, access: access, in: directory)
        repository = Repository(path: path)
        self.credentials = credentials
        self.clock = clock
        self.onFetch = onFetch
        self.onMove = onMove
    }

    static func path(_ url: String, access: String?, in directory: String) -> String {
        let key = access.map { "\(url)\n\($0)" } ?? url
        return "\(directory)/\(ObjectID(hashing: Array(key.utf8)).description.prefix(16)).git"
    }

    /// The URL as it may be shown and logged.
    package var displayURL: String { Self.withoutCredentials(url) }
    /// How often the remote was asked.
    var fetches: Int { callers.withLock { $0.fetches } }

    /// Whether the copy holds a commit, or there is one at all.
    func has(_ commit: ObjectID) async throws(GitError) -> Bool {
        guard FileManager.default.fileExists(atPath: path) else { return false }
        do throws(GitError) {
            _ = try await repository.commit(at: commit.description)
            return true
        } catch {
            guard error.reason == .noRevision else { throw error }
            return false
        }
    }

    /// Brings the copy up to date. Many who ask at once are served by one fetch; one that is cancelled leaves its to the others.
    ///
    /// - Parameters:
    ///   - caller: who asks, for `onMove`.
    ///   - age: a fetch that began so long ago will do, and so will its failure.
    package func fetch(for caller: String = "", age: Duration = .zero, timeout: Duration = fetchTimeout) async throws(GitError) {
        let (id, turn) = callers.withLock { callers in
            let asked = callers.turns.ask(age: age, now: clock.now)
            callers.names[asked.caller] = caller
            return asked
        }
        defer { callers.withLock { _ = $0.names.removeValue(forKey: id) } }
        var settled = turn
        if settled == nil { settled = await wait(id) }
        switch settled {
        case .done(let outcome)?: return try outcome.get()
        case .fetch?: break
        case nil: throw Self.unreachable("the fetch of \(displayURL) was given up")
        }
        var moved = 0
        let start = clock.now
        defer { onFetch(clock.now - start) }
        let outcome: FetchTurns.Outcome
        do throws(GitError) {
            moved = try await heal(timeout: timeout)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        let isGivenUp = if case .failure = outcome { Task.isCancelled } else { false }
        let asking = pass(isGivenUp ? nil : outcome)
        if moved > 0 { onMove?(asking) }
        try outcome.get()
    }

    /// Gives the others their turns; answers who they are, and who fetched.
    private func pass(_ outcome: FetchTurns.Outcome?) -> Set<String> {
        let (resumed, asking) = callers.withLock { callers in
            var resumed: [(CheckedContinuation<FetchTurns.Turn?, Never>, FetchTurns.Turn)] = []
            for answer in callers.turns.ended(outcome, now: clock.now) {
                if let continuation = callers.waiting.removeValue(forKey: answer.caller) {
                    resumed.append((continuation, answer.turn))
                } else {
                    callers.early[answer.caller] = answer.turn
                }
            }
            return (resumed, Set(callers.names.values))
        }
        for (continuation, turn) in resumed { continuation.resume(returning: turn) }
        return asking
    }

    /// nil when the task is cancelled.
    private func wait(_ id: UInt64) async -> FetchTurns.Turn? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let turn = callers.withLock { callers -> FetchTurns.Turn?? in
                    if let turn = callers.early.removeValue(forKey: id) { return .some(turn) }
                    if Task.isCancelled {
                        callers.turns.leave(id)
                        return .some(nil)
                    }
                    callers.waiting[id] = continuation
                    return nil
                }
                if let turn { continuation.resume(returning: turn) }
            }
        } onCancel: {
            let continuation = callers.withLock { callers in
                callers.turns.leave(id)
                return callers.waiting.removeValue(forKey: id)
            }
            continuation?.resume(returning: nil)
        }
    }

    /// A copy that is found damaged is made anew.
    private func heal(timeout: Duration) async throws(GitError) -> Int {
        do throws(GitError) {
            return try await attempt(timeout: timeout)
        } catch {
            guard error.reason == .corrupt || error.reason == .noRepository, FileManager.default.fileExists(atPath: path) else { throw error }
            // The copy is ours and can be had again; the remote's own damage shows again at once.
            // Aside first: a fetch that was given up may still write to it.
            let aside = Sources.unusedPath(beside: path)
            do {
                try FileManager.default.moveItem(atPath: path, toPath: aside)
            } catch let removal {
                throw GitError(.io, "the damaged copy of \(displayURL) in \(path) cannot be removed: \(removal)")
            }
            // What cannot be removed now is found again by its name.
            DispatchQueue.global(qos: .utility).async { try? FileManager.default.removeItem(atPath: aside) }
            return try await attempt(timeout: timeout)
        }
    }

    /// The number of branches and tags that moved.
    private func attempt(timeout: Duration) async throws(GitError) -> Int {
        let hanging = abandoned.withLock { $0 }
        guard hanging < Self.abandonedMax else {
            throw GitError(
                .unreachable, "\(displayURL): \(hanging) earlier fetches still hang",
                remedy: "restart the daemon when the server answers again; the last fetched commit stays in use")
        }
        callers.withLock { $0.fetches += 1 }
        let (url, path, display) = (url, path, displayURL)
        let secret = try await credentials?()
        let answer = FirstAnswer()
        let queue = queue.withLock { $0 }
        let result: Result<Int, GitError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard answer.expect(continuation) else { return }
                queue.async {
                    let result: Result<Int, GitError>
                    do throws(GitError) {
                        result = .success(try Self.fetch(url: url, into: path, display: display, with: secret))
                    } catch {
                        result = .failure(error)
                    }
                    if answer.give(result) == .late { self.abandoned.withLock { $0 -= 1 } }
                }
                DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(timeout.nanoseconds))) {
                    self.abandon(answer, "\(display) did not answer within \(timeout)")
                }
            }
        } onCancel: {
            abandon(answer, "the fetch of \(display) was given up")
        }
        return try result.get()
    }

    static func unreachable(_ message: String) -> GitError {
        GitError(.unreachable, message, remedy: "check the URL and the network; the last fetched commit stays in use")
    }

    /// Lets nobody wait any longer for a fetch, which may hang on in a thread that nothing can stop.
    private func abandon(_ answer: FirstAnswer, _ message: String) {
        let error = Self.unreachable(message)
        guard !answer.isGiven else { return }
        abandoned.withLock { $0 += 1 }
        queue.withLock { $0 = DispatchQueue(label: "gitctl.git.fetch") }
        // One that has just ended, or will not begin, does not hang.
        if answer.give(.failure(error)) != .first { abandoned.withLock { $0 -= 1 } }
    }

    /// `https://user:token@host/x` without `user:token@`; and without what may be one with a slash in it.
    package static func withoutCredentials(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        if RemoteURL.mayHideCredentials(url), let at = url.lastIndex(of: "@") { return String(url[..<scheme.upperBound] + url[url.index(after: at)...]) }
        guard let at = url[scheme.upperBound...].prefix(while: { $0 != "/" }).lastIndex(of: "@") else { return url }
        let user = url[scheme.upperBound..<at]
        guard user.contains(":") || url.hasPrefix("http") else { return url }
        return String(url[..<scheme.upperBound] + url[url.index(after: at)...])
    }
}

extension ObjectID {
    /// The id that git would give a blob of these bytes.
    package init(hashing bytes: [UInt8]) {
        var oid = git_oid()
        _ = bytes.withUnsafeBytes { git_odb_hash(&oid, $0.baseAddress, $0.count, GIT_OBJECT_BLOB) }
        self.init(oid)
    }
}
