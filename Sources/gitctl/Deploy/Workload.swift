import APIMachinery
import Reconciler

/// One line about something that runs or holds data, as `up` and `status` show it.
package struct Workload: Sendable, Hashable {
    package var kind: String
    package var namespace: String
    package var name: String
    /// `2/2`, `Complete`, `Bound`.
    package var ready: String
    package var isReady: Bool
    package var image: String
    package var created: Timestamp?
    /// Why it is not ready; empty when it is, or when nothing says why.
    package var reason: String

    /// The kinds that run or hold data; nil for others.
    package init?(_ object: Object, health: Health) {
        kind = object.kind
        namespace = object.namespace
        name = object.name
        created = Timestamp(object.creationTimestamp)
        image = Self.images(object)
        let status = object.status
        switch kind {
        case "Deployment":
            let wanted = object.spec["replicas"]?.int ?? 1
            let updated = status["updatedReplicas"]?.int ?? 0
            let current = min(updated, status["availableReplicas"]?.int ?? 0)
            ready = "\(status["readyReplicas"]?.int ?? 0)/\(wanted)"
            isReady = (status["observedGeneration"]?.int ?? 0) >= object.generation && current >= wanted
                && (status["replicas"]?.int ?? 0) <= wanted
        case "ReplicaSet", "StatefulSet":
            let wanted = object.spec["replicas"]?.int ?? 1
            ready = "\(status["readyReplicas"]?.int ?? 0)/\(wanted)"
            isReady = (status["readyReplicas"]?.int ?? 0) >= wanted
        case "DaemonSet":
            let wanted = status["desiredNumberScheduled"]?.int ?? 0
            ready = "\(status["numberReady"]?.int ?? 0)/\(wanted)"
            isReady = (status["observedGeneration"]?.int ?? 0) >= object.generation && (status["numberReady"]?.int ?? 0) >= wanted
        case "Pod":
            let phase = status["phase"]?.string ?? "Pending"
            let total = object.spec["containers"]?.array?.count ?? 0
            let count = (status["containerStatuses"]?.array ?? []).count { $0["ready"]?.bool == true }
            ready = phase == "Running" ? "\(count)/\(total)" : phase
            isReady = phase == "Succeeded" || (phase == "Running" && count == total)
        case "Job":
            let conditions = status["conditions"]?.array ?? []
            let end = conditions.first { ["Complete", "Failed"].contains($0["type"]?.string) && $0["status"]?.string == "True" }
            ready = end?["type"]?.string ?? "\(status["succeeded"]?.int ?? 0)/\(object.spec["completions"]?.int ?? 1)"
            isReady = end?["type"]?.string == "Complete"
        case "PersistentVolumeClaim":
            ready = status["phase"]?.string ?? "Pending"
            isReady = ready == "Bound"
        default: return nil
        }
        reason = health.state == .healthy ? "" : health.reason
    }

    private static func images(_ object: Object) -> String {
        let spec = object.kind == "Pod" ? object.spec : object.spec[path: ["template", "spec"]] ?? .null
        return (spec["containers"]?.array ?? []).compactMap { $0["image"]?.string }.joined(separator: ",")
    }
}

extension LiveView {
    /// The workloads among an Application's objects, in the inventory's order.
    func workloads(_ application: Object) -> [Workload] {
        ApplicationStatus(application.status).inventory.compactMap { entry in
            guard let type = type(group: entry.group, kind: entry.kind),
                let object = get(type, namespace: entry.namespace, name: entry.name)
            else { return nil }
            return Workload(object, health: health(of: object, type))
        }
    }
}
