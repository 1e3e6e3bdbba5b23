import APIMachinery

/// What one commit asks of the other Applications of its source: an object that moves from one of them to another
/// changes hands, instead of being deleted by the one and made anew by the other.
struct Claims: Sendable {
    /// Applications of one source that are looked at; with more, objects that move are made anew.
    static let countMax = 2_000

    /// Of the Application that asks.
    private let reference: String
    private let holdings: Holdings
    /// Applications that may hold anything: their manifests cannot be read.
    private let unread: [String]

    /// Reads the manifests of every Application of the source, as far as nobody has before.
    ///
    /// - Throws: `APIStatus` when the server cannot answer now; manifests that cannot be read are no error.
    init(beside application: Application, at resolved: Sources.Resolved, renderer: Renderer, client: any ResourceClient) async throws {
        reference = application.reference
        let objects = try await client.list(.applications).items.filter { !$0.isDeleting && application.origin.isNamed(by: $0) }
        holdings = renderer.holdings.holdings(of: application, at: resolved.commit, among: objects)
        unread = try await holdings.read(for: application, at: resolved, renderer: renderer, client: client)
    }

    /// Whether an Application, by this commit, no longer asks for an object.
    func releases(_ reference: String, _ identity: ObjectIdentity) -> Bool { holdings.releases(reference, identity) }

    /// Keeps what is about to be deleted and moves to another Application, or may move to one that cannot be read.
    func keep(_ changes: inout [PlannedChange]) {
        let leaving = Set(changes.lazy.filter { $0.action == .deleted && $0.key.type == .applications }.map { "\($0.key.namespace ?? "")/\($0.key.name)" })
        // One that is about to go takes nothing over.
        let unread = unread.first { !leaving.contains($0) }
        for index in changes.indices where changes[index].action == .deleted {
            if let holder = holdings.holder(of: changes[index].identity, besides: reference) {
                changes[index].keep(because: "moves to Application \(holder)")
            } else if let unread {
                changes[index].keep(because: "Application \(unread) cannot be read: it may move there")
            }
        }
        // The end of a namespace is the end of all that is in it.
        let staying = Dictionary(changes.lazy.filter { $0.action == .kept }.map { ($0.key.namespace ?? "", $0.key) }) { first, _ in first }
        for index in changes.indices where changes[index].action == .deleted && changes[index].key.type == .namespaces {
            if let key = staying[changes[index].key.name] { changes[index].keep(because: "it holds \(key), which stays") }
        }
    }
}

extension PlannedChange {
    fileprivate mutating func keep(because reason: String) {
        action = .kept
        note = reason
        before = nil
    }
}

extension Application {
    /// Whether both read the same commit when nothing holds one of them back.
    func isOfSameSource(as other: Application) -> Bool { origin == other.origin && revision == other.revision && source == other.source }
}

extension Application.Origin {
    /// Whether an Application object, valid or not, reads from here.
    fileprivate func isNamed(by object: Object) -> Bool {
        let source = object.spec["source"]
        return switch self {
        case .repository(let name): source?["repository"]?.string == name
        case .url(let url): source?["url"]?.string == url
        }
    }
}
