import APIMachinery
import Synchronization

/// One pod on the node: its lifecycle behind a lock, and the order in which its status is written.
///
/// An idle pod costs no task: `send` advances the lifecycle in the caller's task and hands the
/// actions to the controller's executor.
final class PodEntry: Sendable {
    struct State {
        var lifecycle: PodLifecycle
        /// As the API has it, as far as this agent knows.
        var written: JSONObject
        var pending: JSONObject?
        var isWriting = false
        var deletesObject = false
        /// Exits heard of before the start of the same container was.
        var earlyExits: Set<String> = []
        var probes: [ProbeKey: ProbeRun] = [:]
        var observers: [WeakSignal] = []
    }
    struct ProbeKey: Hashable {
        var container: String
        var kind: ProbeSpec.Kind
    }

    let uid: String
    let state: Mutex<State>

    init(_ pod: Pod) {
        uid = pod.uid
        state = Mutex(State(lifecycle: PodLifecycle(pod), written: pod.object.status.object ?? [:]))
    }

    var pod: Pod { state.withLock { $0.lifecycle.pod } }
    var ips: [String] { state.withLock { $0.lifecycle.ips } }

    /// Has `signal` fire at every event of the pod for as long as someone holds it.
    func observe(_ signal: Signal) {
        state.withLock { state in
            state.observers.removeAll { $0.signal == nil }
            state.observers.append(WeakSignal(signal: signal))
        }
    }

    /// Ends probes, all of a container's or those of some kinds.
    func stopProbes(_ container: String, _ kinds: [ProbeSpec.Kind]) {
        let runs = state.withLock { state in kinds.compactMap { state.probes.removeValue(forKey: ProbeKey(container: container, kind: $0)) } }
        for run in runs { run.stop() }
    }
}

struct WeakSignal {
    weak var signal: Signal?
}
