import APIMachinery

/// Deletes the objects of a CustomResourceDefinition that is being deleted, then lets it go.
///
/// Source: kubernetes, apiextensions-apiserver pkg/controller/finalizer.
package struct CustomResourceCleanup: Controller {
    static let finalizer = "customresourcecleanup.apiextensions.k8s.io"

    package struct Snapshot: Sendable {
        package var definition: Object
        /// nil when its kind was never served: there are no objects then.
        package var type: ResourceType?
        /// As the server says.
        package var objects: [Object]
    }

    package let name = "customresource-cleanup-controller"
    let custom: CustomInformers

    package init(_ custom: CustomInformers) { self.custom = custom }

    package var sources: [ControllerSource<Informer.Key>] { [.own(custom.definitions)] }

    /// Wakes the definition of a kind whose object is gone.
    func source(_ informer: Informer) -> ControllerSource<Informer.Key> {
        let key = Informer.Key(namespace: "", name: informer.type.groupResource.description)
        return ControllerSource(informer) { change in
            if case .deleted = change { return [key] }
            return []
        }
    }

    package func snapshot(of key: Informer.Key, client: any ResourceClient) async throws -> Snapshot? {
        guard let definition = custom.definitions.get(key), definition.isDeleting, definition.finalizers.contains(Self.finalizer) else { return nil }
        guard let type = CustomInformers.type(of: definition) else { return Snapshot(definition: definition, type: nil, objects: []) }
        // From then on every object that goes is told of.
        await custom.informer(type.groupResource)?.waitUntilSynced()
        do throws(APIStatus) {
            return Snapshot(definition: definition, type: type, objects: try await client.list(type, namespace: nil).items)
        } catch {
            guard error.reason == .notFound else { throw error }
            return Snapshot(definition: definition, type: nil, objects: [])
        }
    }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        var plan = ControllerPlan()
        if let type = snapshot.type, !snapshot.objects.isEmpty {
            let alive = snapshot.objects.filter { !$0.isDeleting }
            plan.add(alive.map { .delete(type, $0) })
            return plan
        }
        let definition = snapshot.definition
        plan.add(.finalizers(.customResourceDefinitions, definition, definition.finalizers.filter { $0 != Self.finalizer }))
        return plan
    }
}
