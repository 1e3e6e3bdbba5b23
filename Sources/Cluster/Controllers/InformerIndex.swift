import APIMachinery
import Synchronization

/// An informer's objects by a value other than their name, kept up as they change.
///
/// Make it before anything that reads it registers with the informer, so that readers woken by a
/// change see it indexed.
package final class InformerIndex: Sendable {
    private let informer: Informer
    private let keys = Mutex<[String: Set<Informer.Key>]>([:])

    /// `values` names the entries under which an object is found.
    package init(_ informer: Informer, by values: @escaping @Sendable (Object) -> [String]) {
        self.informer = informer
        informer.onChange { [weak self] change in
            guard let self else { return }
            let (gone, come): ([String], [String]) =
                switch change {
                case .added(let object): ([], values(object))
                case .updated(let old, let new): (values(old), values(new))
                case .deleted(let object): (values(object), [])
                }
            guard gone != come else { return }
            let key = Informer.Key(change.object)
            keys.withLock { keys in
                for value in gone {
                    keys[value]?.remove(key)
                    if keys[value]?.isEmpty == true { keys[value] = nil }
                }
                for value in come { keys[value, default: []].insert(key) }
            }
        }
    }

    /// The objects under `value`, in no order.
    package subscript(value: String) -> [Object] {
        (keys.withLock { $0[value] } ?? []).compactMap { informer.get($0) }
    }
}
