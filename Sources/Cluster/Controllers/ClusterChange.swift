import APIMachinery

/// One request that a controller wants made, and what the shell tells of its outcome.
package struct ClusterChange: Sendable {
    package enum Operation: Sendable {
        case create(ResourceType, Object)
        /// A merge patch. With `metadata.resourceVersion` in it, it holds only for that version.
        case patch(ObjectKey, JSON, subresource: String?)
        case update(ResourceType, Object, subresource: String?)
        case delete(ObjectKey, DeleteOptions)
        /// Nothing but the event in `success`.
        case record
    }

    /// What the server, not a cache, must say before the request is made.
    package enum Precondition: Sendable {
        /// The object lives, with this uid, and is not being deleted.
        case alive(ObjectKey, uid: String)
        /// No object of this name and uid exists.
        case absent(ObjectKey, uid: String)
    }

    /// An event about `object`; the message may tell of what the server answered.
    package struct Note: Sendable {
        package var object: Object
        package var type: EventRecorder.Kind
        package var reason: String
        package var message: @Sendable (Object) -> String
    }

    package struct FailureNote: Sendable {
        package var object: Object
        package var reason: String
        package var message: @Sendable (APIStatus) -> String
    }

    package var operation: Operation
    package var preconditions: [Precondition] = []
    package var success: Note?
    package var failure: FailureNote?

    package init(_ operation: Operation, preconditions: [Precondition] = []) {
        self.operation = operation
        self.preconditions = preconditions
    }
}

extension ClusterChange {
    package static func create(_ type: ResourceType, _ object: Object) -> ClusterChange { ClusterChange(.create(type, object)) }

    package static func patch(_ key: ObjectKey, _ patch: JSON, subresource: String? = nil) -> ClusterChange {
        ClusterChange(.patch(key, patch, subresource: subresource))
    }

    /// Replaces `status` members: those given are set, null ones removed.
    package static func status(_ type: ResourceType, _ object: Object, _ status: JSON) -> ClusterChange {
        var patch: JSON = ["status": status]
        // The name may be taken by a new object since: a status must not reach that one.
        patch.set(.string(object.uid), at: ["metadata", "uid"])
        return ClusterChange(.patch(ObjectKey(type, object), patch, subresource: "status"))
    }

    /// Deletes exactly the object seen, not another of its name.
    package static func delete(_ type: ResourceType, _ object: Object, _ options: DeleteOptions = DeleteOptions()) -> ClusterChange
    {
        var options = options
        options.preconditionUID = object.uid
        return ClusterChange(.delete(ObjectKey(type, object), options))
    }

    package static func event(_ object: Object, isWarning: Bool = false, _ reason: String, _ message: String) -> ClusterChange {
        var change = ClusterChange(.record)
        change.success = Note(object: object, type: isWarning ? .warning : .normal, reason: reason, message: { _ in message })
        return change
    }

    package func onSuccess(_ object: Object, _ reason: String, _ message: @escaping @Sendable (Object) -> String) -> ClusterChange {
        var copy = self
        copy.success = Note(object: object, type: .normal, reason: reason, message: message)
        return copy
    }

    package func onFailure(_ object: Object, _ reason: String, _ message: @escaping @Sendable (APIStatus) -> String)
        -> ClusterChange
    {
        var copy = self
        copy.failure = FailureNote(object: object, reason: reason, message: message)
        return copy
    }

    package func requiring(_ precondition: Precondition) -> ClusterChange {
        var copy = self
        copy.preconditions.append(precondition)
        return copy
    }
}

extension ObjectKey {
    package init(_ type: ResourceType, _ object: Object) {
        self.init(type, namespace: type.isNamespaced ? object.namespace : nil, name: object.name)
    }
}

/// What one reconciliation wants: changes in steps, then a status, and when to look again.
package struct ControllerPlan: Sendable {
    /// Changes made at the same time. A slow start makes 1, then 2, 4, 8, … at a time, so that a
    /// request that cannot succeed is not made five hundred times at once.
    package struct Step: Sendable {
        package var changes: [ClusterChange]
        package var isSlowStart = false
    }

    /// One after another; the first failure skips the rest.
    package var steps: [Step] = []
    /// Made after the steps; told what failed in them.
    package var status: @Sendable (APIStatus?) -> [ClusterChange] = { _ in [] }
    /// When time alone may change the outcome.
    package var deadline: Timestamp?

    package init() {}
    package init(_ changes: [ClusterChange], deadline: Timestamp? = nil) {
        add(changes)
        self.deadline = deadline
    }

    package mutating func add(_ changes: [ClusterChange], isSlowStart: Bool = false) {
        if !changes.isEmpty { steps.append(Step(changes: changes, isSlowStart: isSlowStart)) }
    }
    package mutating func add(_ change: ClusterChange) { add([change]) }

    package mutating func wake(at time: Timestamp) { deadline = min(deadline ?? time, time) }

    /// Every change that is planned whatever happens, for tests and forecasts.
    package var changes: [ClusterChange] { steps.flatMap(\.changes) }
    package var isEmpty: Bool { steps.isEmpty }
}
