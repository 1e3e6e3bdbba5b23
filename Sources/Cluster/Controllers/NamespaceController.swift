import APIMachinery

/// Empties a namespace that is being deleted, then lets it go.
///
/// Source: kubernetes, pkg/controller/namespace/deletion.
package struct NamespaceController: Controller {
    package struct Snapshot: Sendable {
        package struct Content: Sendable {
            package var type: ResourceType
            package var objects: [Object]
        }

        package var namespace: Object
        /// What the namespace holds now, as the server says.
        package var contents: [Content] = []
        package var failures: [String] = []
    }

    /// How often content is looked at that no informer tells of.
    static let unwatchedInterval = Duration.seconds(2)

    package let name = "namespace-controller"
    let namespaces: Informer
    /// Informers of every namespaced kind, for the news that content is gone.
    let contents: [Informer]
    let custom: CustomInformers?

    package init(namespaces: Informer, contents: [Informer], custom: CustomInformers? = nil) {
        self.namespaces = namespaces
        self.contents = contents
        self.custom = custom
    }

    package var sources: [ControllerSource<Informer.Key>] {
        [.own(namespaces)] + contents.map(source)
    }

    /// Wakes the namespace of what is gone.
    func source(_ informer: Informer) -> ControllerSource<Informer.Key> {
        ControllerSource(informer) { [namespaces] change in
            guard case .deleted(let object) = change, let namespace = namespaces.get(name: object.namespace), namespace.isDeleting
            else { return [] }
            return [Informer.Key(namespace)]
        }
    }

    package func snapshot(of key: Informer.Key, client: any ResourceClient) async throws -> Snapshot? {
        guard let namespace = namespaces.get(key), namespace.isDeleting, !Self.finalizers(of: namespace).isEmpty else { return nil }
        var snapshot = Snapshot(namespace: namespace)
        for type in try await client.resourceTypes() where type.isNamespaced && type.isStored {
            do throws(APIStatus) {
                let objects = try await client.list(type, namespace: namespace.name).items
                if !objects.isEmpty { snapshot.contents.append(Snapshot.Content(type: type, objects: objects)) }
            } catch  where error.reason == .notFound || error.reason == .methodNotAllowed {
                // A kind that left since, or that cannot be listed, holds nothing.
            } catch {
                snapshot.failures.append("\(type): \(error.message)")
            }
        }
        return snapshot
    }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        let namespace = snapshot.namespace
        var plan = ControllerPlan()
        for content in snapshot.contents.sorted(by: { Self.rank($0.type) < Self.rank($1.type) }) {
            plan.add(content.objects.filter { !$0.isDeleting }.map { .delete(content.type, $0, Self.options) })
        }
        let conditions = Self.conditions(snapshot, now: now)
        if !snapshot.contents.isEmpty || !snapshot.failures.isEmpty {
            plan.status = { failure in
                var conditions = conditions
                let message = (snapshot.failures + [failure?.message].compactMap { $0 }).joined(separator: "; ")
                if !message.isEmpty {
                    conditions.set(
                        "NamespaceDeletionContentFailure", true, "ContentDeletionFailed",
                        "Failed to delete all resource types, 1 remaining: \(message)", now: now, isRefreshed: true)
                }
                return StatusPatch(.namespaces, namespace, ["phase": "Terminating", "conditions": conditions.json]).changes
            }
            // Content that ends wakes the namespace, unless its kind is watched by nobody here.
            let watched = Set((contents + (custom?.all ?? [])).map(\.type.groupResource))
            let unwatched = snapshot.contents.filter { !watched.contains($0.type.groupResource) }.flatMap(\.objects)
            if !snapshot.failures.isEmpty || unwatched.contains(where: \.isDeleting) {
                plan.wake(at: now + Self.unwatchedInterval)
            } else if !unwatched.isEmpty {
                // What nothing holds is gone as soon as it is deleted.
                plan.wake(at: now)
            }
            return plan
        }
        var final = namespace
        final.set(JSON(Self.finalizers(of: namespace).filter { $0 != "kubernetes" }), at: ["spec", "finalizers"])
        plan.add(ClusterChange(.update(.namespaces, final, subresource: "finalize")))
        return plan
    }

    private static let options: DeleteOptions = {
        var options = DeleteOptions()
        options.propagation = .background
        return options
    }()

    private static func finalizers(of namespace: Object) -> [String] {
        namespace.spec["finalizers"]?.array?.compactMap(\.string) ?? []
    }

    /// Owners before what they own, so that nothing is made anew; pods late.
    private static func rank(_ type: ResourceType) -> Int {
        switch type {
        case .applications, .deployments, .jobs, .services: 0
        case .replicaSets: 1
        case .pods: 2
        default: 3
        }
    }

    private static func conditions(_ snapshot: Snapshot, now: Timestamp) -> Conditions {
        var conditions = Conditions(snapshot.namespace)
        conditions.set(
            "NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered", "All resources successfully discovered", now: now)
        conditions.set(
            "NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions",
            "All legacy kube types successfully parsed", now: now)
        if snapshot.failures.isEmpty {
            conditions.set(
                "NamespaceDeletionContentFailure", false, "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization", now: now)
        }
        let remaining = snapshot.contents.map { "\($0.type.plural).\($0.type.group) has \($0.objects.count) resource instances" }
        conditions.set(
            "NamespaceContentRemaining", !remaining.isEmpty, remaining.isEmpty ? "ContentRemoved" : "SomeResourcesRemain",
            remaining.isEmpty
                ? "All content successfully removed"
                : "Some resources are remaining: \(remaining.sorted().joined(separator: ", "))",
            now: now, isRefreshed: true)
        var finalizers: [String: Int] = [:]
        for object in snapshot.contents.flatMap(\.objects) { for name in object.finalizers { finalizers[name, default: 0] += 1 } }
        let blocked = finalizers.sorted { $0.key < $1.key }.map { "\($0.key) in \($0.value) resource instances" }
        conditions.set(
            "NamespaceFinalizersRemaining", !blocked.isEmpty, blocked.isEmpty ? "ContentHasNoFinalizers" : "SomeFinalizersRemain",
            blocked.isEmpty
                ? "All content-preserving finalizers finished"
                : "Some content in the namespace has finalizers remaining: \(blocked.joined(separator: ", "))",
            now: now, isRefreshed: true)
        return conditions
    }
}
