import Synchronization

/// Whoever answers first: the fetch, its deadline, or a cancellation.
final class FirstAnswer: Sendable {
    enum Place { case early, first, late }

    private enum State {
        case nobodyWaits
        case waiting(CheckedContinuation<Result<Int, GitError>, Never>)
        case given(Result<Int, GitError>)
    }

    private let state = Mutex(State.nobodyWaits)

    /// False when the answer was there before: it is handed on at once.
    func expect(_ waiting: CheckedContinuation<Result<Int, GitError>, Never>) -> Bool {
        let early = state.withLock { state -> Result<Int, GitError>? in
            if case .given(let result) = state { return result }
            state = .waiting(waiting)
            return nil
        }
        if let early { waiting.resume(returning: early) }
        return early == nil
    }

    var isGiven: Bool {
        state.withLock { if case .given = $0 { true } else { false } }
    }

    func give(_ result: Result<Int, GitError>) -> Place {
        let (place, waiting) = state.withLock { state -> (Place, CheckedContinuation<Result<Int, GitError>, Never>?) in
            switch state {
            case .nobodyWaits:
                state = .given(result)
                return (.early, nil)
            case .waiting(let continuation):
                state = .given(result)
                return (.first, continuation)
            case .given: return (.late, nil)
            }
        }
        waiting?.resume(returning: result)
        return place
    }
}
