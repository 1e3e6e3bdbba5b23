import APIMachinery

/// What one commit asks of the Applications of its source: an object that moves from one of them to another
/// changes hands, instead of being deleted by the one and made anew by the other.
struct Claims: Sendable {
    /// Applications of one source that are looked at; with more, objects that move are made anew.
    static let countMax = 2_000

    /// Which Application's manifests hold an object.
    private var holders: [ObjectIdentity: String] = [:]
    /// Applications whose manifests of the commit could be read.
    private var known: Set<String> = []

    /// Reads the manifests of every other Application of the source, as far as they can be read.
    init(beside application: Application, at resolved: Sources.Resolved, renderer: Renderer, client: any ResourceClient) async throws {
        let others = try await client.list(.applications).items.compactMap { try? Application($0) }.filter {
            $0.reference != application.reference && !$0.isDeleting && !$0.isSuspended && $0.isOfSameSource(as: application)
        }
        guard others.count <= Self.countMax else { return }
        for other in others {
            // One that is broken neither claims nor gives up anything.
            guard let rendered = try? await renderer.render(resolved, for: other, client: client) else { continue }
            known.insert(other.reference)
            for object in rendered.objects where object.order?.hook == nil { holders[object.identity] = other.reference }
        }
    }

    /// The Application that the commit gives an object to; nil for none.
    func holder(of identity: ObjectIdentity) -> String? { holders[identity] }

    /// Whether an Application, by this commit, no longer asks for an object.
    func releases(_ reference: String, _ identity: ObjectIdentity) -> Bool { known.contains(reference) && holders[identity] != reference }
}

extension Application {
    /// Whether both read the same commit when nothing holds one of them back.
    func isOfSameSource(as other: Application) -> Bool { origin == other.origin && revision == other.revision && source == other.source }
}
