import APIMachinery

/// The live objects that a plan is about: of a kind and namespace of which many are asked for, all are
/// read by one list; the others one by one, when somebody asks.
struct LiveLookup: Sendable {
    /// Objects of one kind and namespace from which on a list costs less than asking for each.
    static let listCountMin = 16

    private struct Scope: Hashable {
        var type: ResourceType
        var namespace: String?
    }

    private let client: any ResourceClient
    private var listed: Set<Scope> = []
    private var objects: [ObjectKey: Object] = [:]

    init(_ keys: [ObjectKey], client: any ResourceClient) async throws {
        self.client = client
        let counts = keys.reduce(into: [Scope: Int]()) { $0[Scope(type: $1.type, namespace: $1.namespace), default: 0] += 1 }
        let scopes = counts.filter { $0.value >= Self.listCountMin }.map(\.key)
        let lists = try await concurrentMap(scopes, limit: Planner.concurrencyMax) { scope -> (items: [Object], isAllowed: Bool) in
            do throws(APIStatus) { return (try await client.list(scope.type, namespace: scope.namespace).items, true) } catch {
                // Who may not list may still get each of them.
                if error.reason == .forbidden { return ([], false) }
                // Its kind comes with the same commit.
                guard error.reason == .notFound else { throw error }
                return ([], true)
            }
        }
        let wanted = Set(keys)
        for (scope, (items, isAllowed)) in zip(scopes, lists) where isAllowed {
            listed.insert(scope)
            for object in items {
                let key = ObjectKey(scope.type, namespace: scope.namespace, name: object.name)
                if wanted.contains(key) { objects[key] = object }
            }
        }
    }

    /// nil when there is none.
    func object(_ key: ObjectKey) async throws(APIStatus) -> Object? {
        if let object = objects[key] { return object }
        if listed.contains(Scope(type: key.type, namespace: key.namespace)) { return nil }
        do throws(APIStatus) { return try await client.get(key) } catch {
            if error.reason == .notFound { return nil }
            throw error
        }
    }
}
