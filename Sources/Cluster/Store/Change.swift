import APIMachinery

/// One write to one object, made from the version `expected`.
struct Write: Sendable {
    var resource: GroupResource
    /// The version that must still be the newest; nil: the object must not exist.
    var expected: ObjectVersion?
    /// The new state, or of a deletion the last one. Its `resourceVersion` is set by the store.
    var object: Object
    var isDeletion = false
    /// Who writes, as the history names them.
    var author: String
    /// Nothing but heartbeat times changed: kept in memory alone.
    var isHeartbeat = false
}

/// How much a write costs the disk.
enum Durability: Sendable {
    /// On disk before the answer.
    case durable
    /// On disk within `Store.flushInterval`; no history.
    case lazy
    /// Never on disk.
    case volatile

    static func of(_ resource: GroupResource) -> Durability {
        switch (resource.group, resource.resource) {
        case ("coordination.k8s.io", "leases"): .volatile
        case ("", "events"), ("events.k8s.io", "events"): .lazy
        default: .durable
        }
    }
}

/// A write that has its revision.
struct Change: Sendable {
    enum Operation: Int64, Sendable { case created = 1, updated, deleted }

    var resource: GroupResource
    var operation: Operation
    /// The state after the change; of a deletion the last one, at the revision of the deletion.
    var version: ObjectVersion
    var previous: ObjectVersion?
    var durability: Durability
    var author: String
    var time: Timestamp
}

/// An object's canonical encoding with a hole for the resource version, which is known only under the store's lock.
struct EncodedObject: Sendable {
    private var bytes: [UInt8] = []
    private var hole = 0

    init(_ object: Object) {
        var fields = object.fields
        var metadata = object.metadata
        metadata["resourceVersion"] = ""
        fields["metadata"] = .object(metadata)
        bytes.reserveCapacity(1024)
        bytes.append(UInt8(ascii: "{"))
        for (index, member) in fields.enumerated() {
            Self.key(member.key, isFirst: index == 0, into: &bytes)
            if member.key == "metadata" {
                bytes.append(UInt8(ascii: "{"))
                for (index, member) in metadata.enumerated() {
                    Self.key(member.key, isFirst: index == 0, into: &bytes)
                    if member.key == "resourceVersion" { hole = bytes.count + 1 }
                    member.value.encode(into: &bytes)
                }
                bytes.append(UInt8(ascii: "}"))
            } else {
                member.value.encode(into: &bytes)
            }
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private static func key(_ key: String, isFirst: Bool, into bytes: inout [UInt8]) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        JSON.string(key).encode(into: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    func filled(revision: UInt64) -> [UInt8] {
        let digits = String(revision).utf8
        var filled: [UInt8] = []
        filled.reserveCapacity(bytes.count + digits.count)
        filled += bytes[..<hole]
        filled += digits
        filled += bytes[hole...]
        return filled
    }
}
