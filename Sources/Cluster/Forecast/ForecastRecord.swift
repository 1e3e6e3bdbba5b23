import APIMachinery

/// What was in a fork and what happened there, as values: all that consequences are read from.
struct ForecastRecord: Sendable {
    /// Names an object of the record.
    struct Key: Hashable, Sendable {
        var resource: GroupResource
        var namespace: String
        var name: String

        init(_ resource: GroupResource, _ object: Object) { self.init(resource, namespace: object.namespace, name: object.name) }

        init(_ resource: GroupResource, namespace: String, name: String) {
            self.resource = resource
            self.namespace = namespace
            self.name = name
        }
    }

    /// One write.
    struct Change: Sendable {
        var resource: GroupResource
        /// After the write; of a deletion the last state.
        var object: Object
        /// Before it; nil when it was created.
        var previous: Object?
        var isDeletion: Bool
        var revision: UInt64

        init(resource: GroupResource, object: Object, previous: Object?, isDeletion: Bool = false, revision: UInt64) {
            self.resource = resource
            self.object = object
            self.previous = previous
            self.isDeletion = isDeletion
            self.revision = revision
        }

        init(_ resource: GroupResource, _ event: StoreEvent) {
            self.init(
                resource: resource, object: event.version.passingObject, previous: event.previous?.passingObject,
                isDeletion: event.kind == .deleted, revision: event.revision)
        }
    }

    struct Refusal: Sendable {
        var subject: ObjectIdentity
        var status: APIStatus
    }

    /// The objects in scope when the fork was made.
    var before: [GroupResource: [Object]]
    /// In order of revision.
    var changes: [Change]
    /// Changes up to this revision were none of the steps' doing.
    var begun: UInt64
    /// Revisions at which time moved on: between two of them everything happened at once.
    var marks: [UInt64]
    var steps: [ForecastSpec.Step]
    var refusals: [Refusal]
}
