import APIMachinery
import Synchronization

/// A value folded from the visible objects of some kinds, brought up to date by whoever reads it.
///
/// Each read first takes the changes since the last one, so that it sees every write that was
/// answered before it: no task, no lag, and with nothing changed less than a microsecond.
final class StoreFollower<Value: Sendable>: Sendable {
    /// Folds one change in: the kind, the object's version, and whether it is gone.
    typealias Fold = @Sendable (inout Value, ResourceType, ObjectVersion, _ isDeleted: Bool) -> Void

    private struct State {
        var value: Value
        /// nil: to be begun, or begun anew after history ran out.
        var watches: [Watch]?
    }

    private let store: Store
    private let types: [ResourceType]
    private let namespace: String?
    private let empty: Value
    private let fold: Fold
    private let state: Mutex<State>

    /// - Parameter namespace: nil follows the objects of all.
    init(_ store: Store, _ types: [ResourceType], namespace: String? = nil, from empty: Value, fold: @escaping Fold) {
        self.store = store
        self.types = types
        self.namespace = namespace
        self.empty = empty
        self.fold = fold
        state = Mutex(State(value: empty))
    }

    /// Reads the value as of now. `body` runs under the follower's lock: it must be short.
    func read<R: Sendable>(_ body: (borrowing Value) throws -> R) rethrows -> R {
        try state.withLock { state in
            if !catchUp(&state) {
                state.value = empty
                state.watches = nil
                // What is there now comes as added; history cannot run out in between.
                _ = catchUp(&state)
            }
            return try body(state.value)
        }
    }

    /// False when a watch fell too far behind.
    private func catchUp(_ state: inout State) -> Bool {
        do throws(APIStatus) {
            if state.watches == nil {
                var watches: [Watch] = []
                for type in types { watches.append(try store.watch(type, filter: VersionFilter(namespace: namespace), after: nil)) }
                state.watches = watches
            }
            guard let watches = state.watches else { return false }
            for (type, watch) in zip(types, watches) {
                while true {
                    let events = try watch.poll()
                    if events.isEmpty { break }
                    for event in events where event.kind != .bookmark { fold(&state.value, type, event.version, event.kind == .deleted) }
                }
            }
            return true
        } catch {
            return false
        }
    }
}
