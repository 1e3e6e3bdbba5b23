import APIMachinery
import Reconciler

/// What `status` shows: Applications, the health of every object that they hold, and the pods of those.
package struct StatusReport: Sendable {
    /// An object of an Application, or a pod of one.
    package struct Item: Sendable {
        package var kind: String
        package var namespace: String
        package var name: String
        package var health: String
        /// `2/2`, `Complete`, `Bound`; empty where the kind has no such thing.
        package var ready: String
        /// Why it is not healthy.
        package var reason: String
        package var pods: [Item]

        package init(kind: String, namespace: String, name: String, health: String, ready: String = "", reason: String = "", pods: [Item] = []) {
            self.kind = kind
            self.namespace = namespace
            self.name = name
            self.health = health
            self.ready = ready
            self.reason = reason
            self.pods = pods
        }

        var isHealthy: Bool { health == Health.State.healthy.rawValue }
    }

    package struct Entry: Sendable {
        package var name: ApplicationName
        package var revision: String
        package var subject: String
        package var synced: Condition?
        package var health: String
        package var reason: String
        package var isSuspended: Bool
        package var items: [Item]

        package init(
            name: ApplicationName, revision: String, subject: String, synced: Condition?, health: String, reason: String = "",
            isSuspended: Bool = false, items: [Item]
        ) {
            self.name = name
            self.revision = revision
            self.subject = subject
            self.synced = synced
            self.health = health
            self.reason = reason
            self.isSuspended = isSuspended
            self.items = items
        }
    }

    package var entries: [Entry]

    package var isHealthy: Bool {
        entries.allSatisfy { $0.synced?.status == .isTrue && $0.health == "Healthy" }
    }

    init(_ view: LiveView, only: ApplicationName?) {
        entries = Self.chosen(view.list(.applications), only)
            .sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
            .map { Self.entry($0, view) }
    }

    package init(entries: [Entry]) { self.entries = entries }

    private static func chosen(_ applications: [Object], _ only: ApplicationName?) -> [Object] {
        applications.filter { only == nil || ($0.namespace == only?.namespace && $0.name == only?.name) }
    }

    /// The kinds to look at: those that run something, and all of an Application that is not well. Where one is,
    /// it has said so of all its objects, and thousands need not be read again.
    static func types(_ applications: [Object], only: ApplicationName?, served: [ResourceType]) -> [ResourceType] {
        var types = LiveView.workloadTypes
        var known = Set(types.map(\.groupResource))
        for application in chosen(applications, only) {
            let status = ApplicationStatus(application.status)
            guard status.condition("Healthy")?.status != .isTrue else { continue }
            for entry in status.inventory {
                guard let type = served.first(where: { $0.kind == entry.kind && $0.group == entry.group }),
                    known.insert(type.groupResource).inserted
                else { continue }
                types.append(type)
            }
        }
        return types
    }

    // MARK: One Application

    private static func entry(_ object: Object, _ view: LiveView) -> Entry {
        let status = ApplicationStatus(object.status)
        let synced = status.condition("Synced")
        let healthy = status.condition("Healthy")
        let commit = status.history.first { $0.revision == status.observedRevision }
        let reason = synced?.status == .isFalse ? synced?.message : healthy?.status == .isTrue ? nil : healthy?.message
        return Entry(
            name: ApplicationName(namespace: object.namespace, name: object.name), revision: status.observedRevision,
            subject: commit?.message.split(separator: "\n").first.map(String.init) ?? "", synced: synced, health: status.health,
            reason: reason ?? "", isSuspended: object.spec["suspend"]?.bool ?? false,
            items: status.inventory.map { item($0, view, isSaidToBeHealthy: healthy?.status == .isTrue) })
    }

    private static func item(_ entry: ObjectIdentity, _ view: LiveView, isSaidToBeHealthy: Bool) -> Item {
        var item = Item(kind: entry.kind, namespace: entry.namespace, name: entry.name, health: isSaidToBeHealthy ? "Healthy" : "Unknown")
        guard let type = view.type(group: entry.group, kind: entry.kind) else { return item }
        guard let object = view.get(type, namespace: entry.namespace, name: entry.name) else {
            item.health = Health.State.missing.rawValue
            item.reason = "not in the cluster"
            return item
        }
        item.judge(object, type, view)
        if type != .pods {
            item.pods = view.pods(of: object).map { pod in
                var item = Item(kind: "Pod", namespace: pod.namespace, name: pod.name, health: "")
                item.judge(pod, .pods, view)
                return item
            }
        }
        return item
    }
}

extension StatusReport.Item {
    fileprivate mutating func judge(_ object: Object, _ type: ResourceType, _ view: LiveView) {
        let judged = view.health(of: object, type)
        health = judged.state.rawValue
        reason = judged.reason
        ready = Workload(object, health: judged)?.ready ?? ""
    }

    fileprivate var json: JSON {
        var fields: JSONObject = [
            "kind": .string(kind), "namespace": .string(namespace), "name": .string(name), "ready": .string(ready),
            "health": .string(health), "reason": .string(reason),
        ]
        if !pods.isEmpty { fields["pods"] = .array(pods.map(\.json)) }
        return .object(fields)
    }
}

extension StatusReport {
    /// `{"applications": [{namespace, name, revision, message, synced, health, reason, suspended, objects:
    /// [{kind, namespace, name, ready, health, reason, pods: […]}]}]}`.
    package var json: JSON {
        [
            "applications": .array(
                entries.map { entry in
                    [
                        "namespace": .string(entry.name.namespace), "name": .string(entry.name.name),
                        "revision": .string(entry.revision), "message": .string(entry.subject),
                        "synced": .bool(entry.synced?.status == .isTrue), "health": .string(entry.health),
                        "reason": .string(entry.reason), "suspended": .bool(entry.isSuspended),
                        "objects": .array(entry.items.map(\.json)),
                    ]
                })
        ]
    }
}
