import APIMachinery
import Synchronization

/// The Applications made of directories, by what makes them: those of a directory that stays are the same instances, and
/// are checked once.
final class DiscoveredApplications: Sendable {
    /// Discovering Applications that are remembered.
    static let countMax = 4

    /// What makes an Application of a directory.
    struct Maker: Sendable, Hashable {
        var discovery: Discovery
        var namespace: String
        var path: String
        var source: JSON
        var destination: String
        var serviceAccountName: String?

        init(_ discovery: Discovery, of parent: Application) {
            self.discovery = discovery
            namespace = parent.namespace
            path = parent.path
            source = parent.sourceJSON
            destination = parent.destination
            serviceAccountName = parent.serviceAccountName
        }
    }

    struct Made: Sendable {
        var object: RenderedObject
        /// What the schema says against it.
        var problems: [String]
    }

    /// The latest last.
    private let known = Mutex<[(maker: Maker, made: [[String]: Made])]>([])

    /// What is made of directories; `make` is called for those that are new.
    func made(of directories: [[String]], by maker: Maker, _ make: ([String]) -> Made) -> [Made] {
        let earlier = known.withLock { known in known.first { $0.maker == maker }?.made ?? [:] }
        let made = directories.map { earlier[$0] ?? make($0) }
        let new = Dictionary(zip(directories, made)) { first, _ in first }
        known.withLock { known in
            known.removeAll { $0.maker == maker }
            known.append((maker, new))
            if known.count > Self.countMax { known.removeFirst() }
        }
        return made
    }
}
