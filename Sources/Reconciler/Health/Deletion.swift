import APIMachinery

/// What an object that is being deleted still waits for, and who is to let it go.
enum Deletion {
    /// What some finalizers wait for. Source: Kubernetes documentation, "Finalizers"; storage object in use
    /// protection; KEP-2307.
    private static let meanings = [
        "kubernetes.io/pvc-protection": "a pod still uses it", "kubernetes.io/pv-protection": "a claim is still bound to it",
        "foregroundDeletion": "its dependents go first", "orphan": "its dependents are let go first",
        "service.kubernetes.io/load-balancer-cleanup": "its load balancer is still there",
        "batch.kubernetes.io/job-tracking": "its Job has not counted it yet",
    ]

    /// Conditions of a Namespace that tell what keeps it.
    private static let namespaceConditions = [
        "NamespaceDeletionDiscoveryFailure", "NamespaceDeletionGroupVersionParsingFailure", "NamespaceDeletionContentFailure",
        "NamespaceContentRemaining", "NamespaceFinalizersRemaining",
    ]

    /// `being deleted; waits for finalizer example.com/hold (set by operator)`.
    static func sentence(_ object: Object) -> String {
        let remaining = namespaceConditions.compactMap(object.condition).filter { $0.status == .isTrue && !$0.message.isEmpty }
        if !remaining.isEmpty { return "being deleted; " + remaining.map(\.message.lowercasedFirst).joined(separator: "; ") }
        let finalizers = object.finalizers.map { name in
            if let meaning = meanings[name] { return "\(name) (\(meaning))" }
            let managers = object.managers(ofFinalizer: name)
            return managers.isEmpty ? name : "\(name) (set by \(managers.joined(separator: " and ")))"
        }
        if !finalizers.isEmpty {
            return "being deleted; waits for \(finalizers.count == 1 ? "finalizer" : "finalizers") \(finalizers.joined(separator: ", "))"
        }
        if let seconds = object.metadata["deletionGracePeriodSeconds"]?.int, seconds > 0 {
            return "being deleted; its containers have \(seconds) s to stop"
        }
        return "being deleted"
    }
}

extension Object {
    /// Who wrote a finalizer, by name; none where nobody kept track.
    fileprivate func managers(ofFinalizer name: String) -> [String] {
        let element = "v:" + JSON.string(name).text
        let entries = (metadata["managedFields"]?.array ?? []).filter { $0[path: ["fieldsV1", "f:metadata", "f:finalizers", element]] != nil }
        return Set(entries.compactMap { $0["manager"]?.string }).sorted()
    }
}

extension String {
    var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
