import APIMachinery

/// Keeps a Namespace that left the repository while it holds what others put there: its deletion
/// would take all of that along.
struct NamespaceGuard: Sendable {
    let client: any ResourceClient
    let types: [ResourceType]
    /// What leaves together with it.
    let leaving: Set<ObjectIdentity>

    /// Made for every namespace, or made by controllers for other objects.
    private static let derived: Set<String> = ["Event", "Endpoints", "EndpointSlice", "Lease"]

    /// nil when nothing stands against the deletion.
    func reasonToKeep(_ namespace: String) async throws(APIStatus) -> String? {
        var others: [String] = []
        for type in types where type.isNamespaced && type.isStored && !Self.derived.contains(type.kind) {
            let objects: [Object]
            do throws(APIStatus) { objects = try await client.list(type, namespace: namespace).items } catch {
                guard error.reason == .notFound || error.reason == .methodNotAllowed else { throw error }
                continue
            }
            for object in objects where object.ownerReferences.isEmpty && !object.isDeleting {
                let key = ObjectKey(type, namespace: namespace, name: object.name)
                let isGiven = type == .serviceAccounts && object.name == "default" || type == .configMaps && object.name == "kube-root-ca.crt"
                if !isGiven, !leaving.contains(ObjectIdentity(key)) { others.append(key.description) }
            }
        }
        guard !others.isEmpty else { return nil }
        let names = others.prefix(3).joined(separator: ", ") + (others.count > 3 ? ", …" : "")
        return "it holds \(others.count) \(others.count == 1 ? "object" : "objects") of others (\(names)); delete it by hand if they may go"
    }
}
