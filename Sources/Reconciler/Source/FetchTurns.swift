import APIMachinery

/// Who of those that ask for a fetch does it for all. Pure: callers and ends in, turns out.
///
/// A fetch serves those who asked before it began; whoever comes later waits for the next one, and all of them for the
/// same. If the one who fetches gives up, another one of those it fetched for begins anew.
struct FetchTurns: Sendable {
    typealias Outcome = Result<Void, GitError>

    enum Turn: Sendable {
        /// Fetch, and say how it went with `ended`.
        case fetch
        case done(Outcome)
    }

    /// A caller and the turn that is now its own.
    typealias Answer = (caller: UInt64, turn: Turn)

    private var isRunning = false
    private var next: UInt64 = 0
    /// Served by the fetch under way, with its own caller's name.
    private var served: [UInt64] = []
    /// Came after it began.
    private var waiting: [UInt64] = []
    private var last: (began: Timestamp, outcome: Outcome)?
    private var began = Timestamp(seconds: 0)

    /// - Parameter age: how old what one gets may be; zero for what begins after the call.
    /// - Returns: the caller's number, and its turn if that is settled at once.
    mutating func ask(age: Duration, now: Timestamp) -> (caller: UInt64, turn: Turn?) {
        next += 1
        if let last, age > .zero, now - last.began < age, now >= last.began { return (next, .done(last.outcome)) }
        guard isRunning else {
            isRunning = true
            began = now
            return (next, .fetch)
        }
        if age > .zero { served.append(next) } else { waiting.append(next) }
        return (next, nil)
    }

    /// A caller that waits no longer.
    mutating func leave(_ caller: UInt64) {
        served.removeAll { $0 == caller }
        waiting.removeAll { $0 == caller }
    }

    /// - Parameter outcome: nil when the one who fetched was told to stop.
    mutating func ended(_ outcome: Outcome?, now: Timestamp) -> [Answer] {
        var answers: [Answer] = []
        if let outcome {
            last = (began, outcome)
            answers = served.map { ($0, .done(outcome)) }
            served = []
        }
        served += waiting
        waiting = []
        began = now
        isRunning = !served.isEmpty
        if isRunning { answers.append((served.removeFirst(), .fetch)) }
        return answers
    }
}
