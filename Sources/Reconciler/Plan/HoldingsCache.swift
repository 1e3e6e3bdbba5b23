import APIMachinery
import Synchronization

/// The holdings of the sources that were asked about last.
final class HoldingsCache: Sendable {
    static let countMax = 4

    private struct Key: Hashable {
        /// An Application as it is written.
        struct Reader: Hashable {
            var uid: String
            var generation: Int64
        }

        var origin: Application.Origin
        var revision: String?
        var source: SourceOptions
        var commit: ObjectID
        var readers: [Reader]
    }

    /// The latest last.
    private let known = Mutex<[(key: Key, holdings: Holdings)]>([])

    /// - Parameter objects: the Applications that read the repository of `application`.
    func holdings(of application: Application, at commit: Commit, among objects: [Object]) -> Holdings {
        let key = Key(
            origin: application.origin, revision: application.revision, source: application.source, commit: commit.id,
            readers: objects.map { Key.Reader(uid: $0.uid, generation: $0.generation) })
        return known.withLock { known in
            if let index = known.firstIndex(where: { $0.key == key }) {
                let found = known.remove(at: index)
                known.append(found)
                return found.holdings
            }
            let holdings = Holdings(of: application, among: objects)
            known.append((key, holdings))
            if known.count > Self.countMax { known.removeFirst() }
            return holdings
        }
    }
}
