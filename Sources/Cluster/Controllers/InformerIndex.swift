import APIMachinery
import Synchronization

/// An informer's objects by a value other than their name, kept up as they change.
///
/// Make it before anything that reads it registers with the informer, so that readers woken by a
/// change see it indexed.
package final class InformerIndex: Sendable {
    private struct State {
        var keys: [String: Set<Informer.Key>] = [:]
        /// Under which values a key stands. Not asked of the old object: the last state of a deleted one
        /// may differ from the one known before.
        var values: [Informer.Key: [String]] = [:]
    }

    private let informer: Informer
    private let state = Mutex(State())

    /// `values` names the entries under which an object is found.
    package init(_ informer: Informer, by values: @escaping @Sendable (Object) -> [String]) {
        self.informer = informer
        informer.onChange { [weak self] change in
            guard let self else { return }
            let come = if case .deleted = change { [String]() } else { values(change.object) }
            let key = Informer.Key(change.object)
            state.withLock { state in
                let gone = state.values[key] ?? []
                guard gone != come else { return }
                for value in gone {
                    state.keys[value]?.remove(key)
                    if state.keys[value]?.isEmpty == true { state.keys[value] = nil }
                }
                for value in come { state.keys[value, default: []].insert(key) }
                state.values[key] = come.isEmpty ? nil : come
            }
        }
    }

    /// The objects under `value`, in no order.
    package subscript(value: String) -> [Object] {
        (state.withLock { $0.keys[value] } ?? []).compactMap { informer.get($0) }
    }
}
