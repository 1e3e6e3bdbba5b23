import APIMachinery

/// What goes along with what is deleted, what of it does not go, and claims that lose their data.
extension Comparison {
    /// Made by controllers for other objects, of no interest of their own.
    private static let derived: Set<String> = ["Event", "Endpoints", "EndpointSlice", "Lease"]

    /// What a deleted owner or namespace takes along, counted by kind.
    var cascades: [Consequence] { cascades(where: { _ in true }) }

    /// The same of what is gone already, with owners that no step makes anew.
    var completeCascades: [Consequence] {
        let written = Set(record.steps.filter { if case .delete = $0 { false } else { true } }.map { ObjectIdentity($0.object) })
        return cascades(where: { after[$0] == nil }).filter { !written.contains($0.subject) }
    }

    private func cascades(where counts: (Key) -> Bool) -> [Consequence] {
        var taken: [ObjectIdentity: [Object]] = [:]
        for (key, object) in before where isGoing(key) && counts(key) && !deletedBySteps.contains(object.uid) {
            guard !Self.derived.contains(object.kind), !isGiven(object), !Self.isPast(object), let taker = taker(of: key, object) else { continue }
            taken[taker, default: []].append(object)
        }
        return taken.map { taker, objects in
            let counts = Dictionary(grouping: objects, by: \.kind).sorted { $0.key < $1.key }.map { $0.value.count.of($0.key) }
            return Consequence(
                .cascade, taker, "\(taker) takes along \(counts.joined(separator: ", "))", names: objects.map { "\($0.kind) \($0.name)" })
        }
    }

    /// A ReplicaSet that its Deployment keeps to be able to go back.
    private static func isPast(_ object: Object) -> Bool {
        object.kind == "ReplicaSet" && object.controller != nil && object.spec["replicas"]?.int == 0
    }

    /// What every namespace has without anybody asking for it.
    private func isGiven(_ object: Object) -> Bool {
        object.kind == "ServiceAccount" && object.name == "default" || object.kind == "ConfigMap" && object.name == RootCAController.configMapName
    }

    /// What a step deletes and something holds.
    var blocked: [Consequence] {
        after.compactMap { key, object -> Consequence? in
            guard deletedBySteps.contains(object.uid), object.isDeleting else { return nil }
            let subject = ObjectIdentity(object)
            if key.resource == ResourceType.namespaces.groupResource {
                let remaining = object.condition("NamespaceFinalizersRemaining")
                let content = remaining?["status"] == "True" ? remaining : object.condition("NamespaceContentRemaining")
                return Consequence(.deletionBlocked, subject, "\(subject) does not go: \(content?["message"]?.string ?? "something is left in it")")
            }
            if key.resource == ResourceType.persistentVolumeClaims.groupResource {
                let users = objects(.pods, in: after).filter { $0.namespace == object.namespace && VolumeProtection.claimNames(of: $0).contains(object.name) }
                if !users.isEmpty {
                    let names = Set(users.map { "\(root(of: $0))" }).sorted().joined(separator: ", ")
                    return Consequence(.deletionBlocked, subject, "\(subject) stays until \(names) no longer \(users.count == 1 ? "uses" : "use") it")
                }
            }
            guard !object.finalizers.isEmpty else { return nil }
            let names = object.finalizers.sorted().joined(separator: ", ")
            let noun = object.finalizers.count == 1 ? "the finalizer" : "finalizers"
            return Consequence(.deletionBlocked, subject, "\(subject) does not go: \(noun) \(names) must be removed first")
        }
    }

    /// Claims that are deleted with a volume behind them, and those that lose theirs.
    var claims: [Consequence] {
        before.compactMap { key, claim -> Consequence? in
            guard key.resource == ResourceType.persistentVolumeClaims.groupResource, let volume = claim.spec["volumeName"]?.string, !volume.isEmpty
            else { return nil }
            let subject = ObjectIdentity(claim)
            if let now = after[key], now.uid == claim.uid, !now.isDeleting {
                guard now.status["phase"] == "Lost", claim.status["phase"] != "Lost" else { return nil }
                return Consequence(.claimLosesData, subject, "\(subject) loses its volume \(volume) with the data on it")
            }
            guard isGoing(key) else { return nil }
            return Consequence(.claimLosesData, subject, "\(subject) is deleted: \(fate(of: volume))")
        }
    }

    /// What becomes of the data on a volume whose claim goes.
    private func fate(of name: String) -> String {
        let key = Key(ResourceType.persistentVolumes.groupResource, namespace: "", name: name)
        guard let volume = after[key] ?? before[key] else { return "its volume \(name) is not there any more" }
        let policy = volume.spec["persistentVolumeReclaimPolicy"]?.string ?? "Retain"
        return policy == "Retain"
            ? "its volume \(name) keeps the data, but no claim gets it again by itself (reclaim policy Retain)"
            : "its volume \(name) is given up with the data on it (reclaim policy \(policy))"
    }
}
