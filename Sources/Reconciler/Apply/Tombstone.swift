import APIMachinery

/// What one sync deleted, kept for a while: Secrets of the type `gitctl.dev/tombstone` in the Application's namespace.
///
/// Objects of the cluster, so that it works on any, and Secrets, so that those among the objects stay among Secrets. What
/// is larger than a Secret may be is cut into parts.
package struct Tombstone: Sendable {
    package static let secretType = "gitctl.dev/tombstone"
    /// Of the Secrets: the Application's name, cut where it is longer than a label.
    package static let label = "gitctl.dev/application"
    static let groupLabel = "gitctl.dev/tombstone"
    static let expiresAnnotation = "gitctl.dev/expires"
    static let deletedAnnotation = "gitctl.dev/deleted"
    static let revisionAnnotation = "gitctl.dev/revision"
    /// `2/3`.
    static let partAnnotation = "gitctl.dev/part"
    /// For who looks with kubectl.
    static let objectsAnnotation = "gitctl.dev/objects"

    /// Bytes in one Secret: Kubernetes' limit is 1 MiB, and etcd's 1.5 MiB counts them in base64.
    static let partBytesMax = 700 * 1024
    /// Where `gitctl up` makes Applications.
    private static let administratorNamespace = "gitctl-system"
    private static let namesMax = 10
    private static let nameLengthMax = 63

    package var application: ApplicationReference
    /// The commit that no longer held them.
    package var revision: String
    package var deleted: Timestamp
    package var expires: Timestamp
    /// As they were; without managedFields and status.
    package var objects: [Object]
    /// The Secret that it was read from, the first of several; empty before it is written.
    package var secretName = ""

    /// Namespace and name.
    package struct ApplicationReference: Sendable, Hashable {
        package var namespace: String
        package var name: String
    }

    /// The Secrets to write. The same objects make the same names, so that a sync that is tried again keeps them once.
    func secrets(group: String) -> [Object] {
        let bytes = JSON.array(objects.map(\.json)).encoded()
        let starts = Array(stride(from: 0, to: max(bytes.count, 1), by: Self.partBytesMax))
        let names = objects.prefix(Self.namesMax).map { $0.namespace.isEmpty ? "\($0.kind) \($0.name)" : "\($0.kind) \($0.namespace)/\($0.name)" }
        return starts.enumerated().map { index, start in
            var secret = Object(
                .secrets, namespace: application.namespace, name: "tombstone-\(application.name.prefix(40))-\(group)-\(index)",
                [
                    "type": .string(Self.secretType), "immutable": true,
                    "data": ["objects": .string(Base64.encode(bytes[start..<min(start + Self.partBytesMax, bytes.count)]))],
                ])
            secret.labels = [Self.label: String(application.name.prefix(Self.nameLengthMax)), Self.groupLabel: group]
            secret.annotations = [
                Self.expiresAnnotation: expires.description, Self.deletedAnnotation: deleted.description, Self.revisionAnnotation: revision,
                Self.partAnnotation: "\(index + 1)/\(starts.count)",
                Self.objectsAnnotation: names.joined(separator: ", ") + (objects.count > names.count ? " (and \(objects.count - names.count) more)" : ""),
            ]
            return secret
        }
    }

    /// From the Secrets of a cluster, the newest first. What is not whole, or not ours, is left out.
    package static func read(_ secrets: [Object]) -> [Tombstone] {
        let groups = Dictionary(grouping: secrets.filter { $0.fields["type"]?.string == secretType }) {
            [$0.namespace, $0.labels[label] ?? "", $0.labels[groupLabel] ?? ""]
        }
        return groups.values.compactMap(tombstone).sorted { $0.deleted > $1.deleted }
    }

    private static func tombstone(_ parts: [Object]) -> Tombstone? {
        func part(_ secret: Object) -> (index: Int, count: Int)? {
            let numbers = (secret.annotations[partAnnotation] ?? "").split(separator: "/").compactMap { Int($0) }
            return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
        }
        let sorted = parts.compactMap { secret in part(secret).map { ($0, secret) } }.sorted { $0.0.index < $1.0.index }
        // Counts come from outside: compared before anything is made of them.
        guard let first = sorted.first, sorted.allSatisfy({ $0.0.count == sorted.count }), sorted.map(\.0.index) == Array(1...sorted.count) else {
            return nil
        }
        var bytes: [UInt8] = []
        for (_, secret) in sorted {
            guard let more = secret["data", "objects"]?.string.flatMap({ Base64.decode($0) }) else { return nil }
            bytes += more
        }
        let annotations = first.1.annotations
        // Somebody else's Secret of this type says nothing to us.
        guard let objects = (try? JSON(parsing: bytes))?.array?.compactMap(\.object).map(Object.init),
            let deleted = Timestamp(annotations[deletedAnnotation] ?? ""), let expires = Timestamp(annotations[expiresAnnotation] ?? "")
        else { return nil }
        return Tombstone(
            application: ApplicationReference(namespace: first.1.namespace, name: first.1.labels[label] ?? ""),
            revision: annotations[revisionAnnotation] ?? "", deleted: deleted, expires: expires, objects: objects, secretName: first.1.name)
    }

    /// Whether an object is where those who may write Secrets beside the Application have a say: in its namespace; from the
    /// administrator's own, anywhere. Of any other object a Secret may claim what its author could never have made.
    package func isInReach(_ object: Object) -> Bool {
        application.namespace == Self.administratorNamespace || object.namespace == application.namespace
    }
}

extension Object {
    /// As it can be created again: without what the server and controllers wrote, what ties it to objects that are gone,
    /// and the mark of its Application, whose next sync would not know it.
    package var revived: Object {
        var object = withoutNoise
        object.set(nil, at: ["metadata", "ownerReferences"])
        object.finalizers = object.finalizers.filter { $0 != "foregroundDeletion" && $0 != "orphan" }
        switch object.kind {
        case "Namespace": object.set(nil, at: ["spec", "finalizers"])
        case "Pod": object.set(nil, at: ["spec", "nodeName"])
        case "PersistentVolumeClaim": object.set(nil, at: ["spec", "volumeName"])
        case "PersistentVolume":
            for key in ["uid", "resourceVersion"] where object["spec", "claimRef"] != nil { object.set(nil, at: ["spec", "claimRef", key]) }
        case "Job" where object.spec["manualSelector"]?.bool != true:
            object.set(nil, at: ["spec", "selector"])
            for key in ["batch.kubernetes.io/controller-uid", "controller-uid", "batch.kubernetes.io/job-name", "job-name"] {
                object.set(nil, at: ["spec", "template", "metadata", "labels", key])
            }
        default: break
        }
        return object
    }

    /// A Service without the addresses and ports that others may have got meanwhile.
    var withoutAllocations: Object {
        var object = self
        for key in ["clusterIP", "clusterIPs", "healthCheckNodePort"] { object.set(nil, at: ["spec", key]) }
        let ports = (object.spec["ports"]?.array ?? []).map { port -> JSON in
            var port = port
            port.set(nil, at: ["nodePort"])
            return port
        }
        object.set(.array(ports), at: ["spec", "ports"])
        return object
    }
}
