import APIMachinery

/// What a sync of a commit would do to the cluster, object by object. Holds no Secret's value.
package struct Plan: Sendable {
    package var revision: String
    /// The commit's objects in path order, then what is deleted or kept.
    package var changes: [PlannedChange]
    /// Objects besides, which are known to be in the cluster as the commit has them.
    package var untouched = 0
    /// Objects that the server refuses; a plan with any is not applied.
    package var failures: [PlanFailure]
    package var warnings: [String]
    /// What the commit runs in the course of a sync, in path order.
    package var hooks: [PlannedHook] = []
    /// What it leads to; nil where nobody asked, or it leads to nothing.
    package var consequences: PlanConsequences?
    /// Names the content that the hooks belong to; empty without hooks.
    var hooksDigest = ""

    package init(revision: String, changes: [PlannedChange], failures: [PlanFailure] = [], warnings: [String] = []) {
        self.revision = revision
        self.changes = changes
        self.failures = failures
        self.warnings = warnings
    }

    package func count(_ action: PlannedChange.Action) -> Int {
        changes.lazy.filter { $0.action == action }.count + (action == .unchanged ? untouched : 0)
    }

    /// All that it is about.
    var objectCount: Int { changes.count + untouched }

    /// Whether a sync would write anything.
    package var hasChanges: Bool { changes.contains { $0.action != .unchanged && $0.action != .kept } || hooks.contains(where: \.runs) }

    /// Whether there is anything to say of it.
    var isNews: Bool { hasChanges || !warnings.isEmpty || changes.contains { $0.action == .kept } }

    /// Whether some object is to wait for others.
    var isOrdered: Bool { !hooks.isEmpty || changes.contains { $0.rendered?.order != nil } }
}

/// One object that is run in the course of a sync.
package struct PlannedHook: Sendable {
    package var key: ObjectKey
    package var hook: SyncOrder.Hook
    package var wave: Int
    /// False when it has run for this content before.
    package var runs: Bool
    var rendered: RenderedObject

    package var identity: ObjectIdentity { ObjectIdentity(key) }
}

/// One object of a plan.
package struct PlannedChange: Sendable {
    package enum Action: String, Sendable, Hashable, CaseIterable {
        case created, changed
        /// Deleted and created anew, because its manifest allows that and an immutable field changes.
        case replaced
        /// Pruned: it left the repository.
        case deleted
        /// It left the repository but stays, for the reason in `note`.
        case kept
        case unchanged
    }

    package var key: ObjectKey
    package var action: Action
    /// What differs; empty for objects that are created, deleted or unchanged.
    package var fields: [FieldChange]
    /// Why, where it is not plain.
    package var note: String
    /// Both sides without noise and with Secrets masked, for unified output.
    package var before: Object?
    package var after: Object?

    /// As the server has it; unmasked, so never shown.
    var live: Object?
    /// What is applied; nil for what is deleted or kept.
    var rendered: RenderedObject?

    package init(
        key: ObjectKey, action: Action, fields: [FieldChange] = [], note: String = "", before: Object? = nil, after: Object? = nil
    ) {
        self.key = key
        self.action = action
        self.fields = fields
        self.note = note
        self.before = before
        self.after = after
    }

    /// - Parameter live: nil where nobody looked, because it is known.
    init(unchanged rendered: RenderedObject, live: Object? = nil) {
        self.init(key: rendered.key, action: .unchanged)
        self.rendered = rendered
        self.live = live
    }

    package var identity: ObjectIdentity { ObjectIdentity(key) }

    /// Whether the object is in the cluster and not the Application's yet.
    func takesOver(for application: Application) -> Bool {
        action == .changed && live.map { $0.annotations[Application.annotation] != application.reference } ?? false
    }
}

/// One field that differs.
package struct FieldChange: Sendable, Hashable {
    /// `spec.template.spec.containers[web].image`: elements of lists by their name where they have one.
    package var path: String
    /// nil when the field is added.
    package var old: JSON?
    /// nil when the field is removed.
    package var new: JSON?

    package init(path: String, old: JSON?, new: JSON?) {
        self.path = path
        self.old = old
        self.new = new
    }
}

/// An object that the server refuses.
package struct PlanFailure: Error, Sendable {
    package var object: RenderedObject
    package var status: APIStatus
    /// Said after each message; empty where the message says all.
    package var hint: String

    package init(object: RenderedObject, status: APIStatus, hint: String = "") {
        self.object = object
        self.status = status
        self.hint = hint
    }

    /// One message per field at fault: path of the field and text.
    package var messages: [(field: FieldPath, text: String)] {
        let remedy = Self.isImmutable(status)
            ? "; an immutable field cannot change in place: give the object a new name, or let gitctl delete and recreate it with the annotation \(Application.replaceAnnotation): enabled, or spec.sync.replace of the Application"
            : hint
        guard !status.causes.isEmpty else { return [(FieldPath(), "\(object.key): \(masked(status.message))\(remedy)")] }
        let hidden = Hidden(object)
        return status.causes.map { cause in
            let field = FieldPath(parsing: cause.field)
            if hidden.isNear(field) { return (field, "\(object.key): \(cause.field): the value, which a variable from a Secret makes, is refused and not shown; check its type and form\(remedy)") }
            let text = cause.field.isEmpty || cause.message.contains(cause.field) ? cause.message : "\(cause.field): \(cause.message)"
            return (field, "\(object.key): \(masked(text))\(remedy)")
        }
    }

    /// Messages of validation quote the value at fault, which for a Secret must not be seen.
    private func masked(_ text: String) -> String {
        let text = Hidden(object).text(text)
        guard object.key.type == .secrets, let value = text.firstRange(of: "Invalid value: ") else { return text }
        return text[..<value.lowerBound] + "Invalid value (not shown)"
    }

    /// Whether a field that cannot change in place changed. The API has no reason of its own for it:
    /// reason Invalid with this wording is what Kubernetes' validation answers (apimachinery,
    /// api/validation `FieldImmutableErrorMsg`; several kinds have words of their own). All that is wrong
    /// must be that: an object that is invalid besides would be deleted, and could not be made anew.
    /// Only consulted for a remedy, and for objects that may be replaced.
    static func isImmutable(_ status: APIStatus) -> Bool {
        guard status.reason == .invalid else { return false }
        return (status.causes.isEmpty ? [status.message] : status.causes.map(\.message)).allSatisfy { message in
            immutability.contains { message.contains($0) }
        }
    }

    /// Most kinds · Pod · StatefulSet · Service's addresses · PriorityClass · bindings of roles · StorageClass.
    private static let immutability = [
        "immutable", "pod updates may not change fields other than", "updates to statefulset spec for fields other than",
        "may not change once set", "may not be changed in an update", "cannot change roleRef", "updates to parameters are forbidden",
        "updates to provisioner are forbidden", "updates to reclaimPolicy are forbidden",
    ]
}
