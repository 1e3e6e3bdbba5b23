import APIMachinery
import Synchronization

/// The streamed answers of the server, so that a shutdown can end them.
final class OpenStreams: Sendable {
    private struct State {
        var signals: [ObjectIdentifier: Signal] = [:]
        var isShut = false
    }

    private let state = Mutex(State())
    private let drained = Signal()

    var count: Int { state.withLock { $0.signals.count } }

    /// False when there are too many, or the server is shutting down.
    func open(_ signal: Signal, max: Int) -> Bool {
        state.withLock { state in
            guard !state.isShut, state.signals.count < max else { return false }
            state.signals[ObjectIdentifier(signal)] = signal
            return true
        }
    }

    func close(_ signal: Signal) {
        let isDrained = state.withLock { state in
            state.signals[ObjectIdentifier(signal)] = nil
            return state.isShut && state.signals.isEmpty
        }
        if isDrained { drained.fire() }
    }

    /// Ends all streams, those to come included; returns when they have ended or `deadline` is over.
    func shutDown(until deadline: Timestamp, clock: any WallClock) async {
        let signals = state.withLock { state in
            state.isShut = true
            return Array(state.signals.values)
        }
        guard !signals.isEmpty else { return }
        for signal in signals { signal.fire() }
        await drained.wait(until: deadline, clock: clock)
    }
}
