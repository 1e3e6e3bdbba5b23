/// A Kubernetes object: a JSON object whose unknown fields survive.
///
/// A value type over shared storage: copies are cheap, and readers of one version share its tree.
/// The accessors read absent or mistyped fields as empty; strict validation is the schema's work.
package struct Object: Sendable {
    package var fields: JSONObject
    /// The tree that `fields` were, or a copy of which they began as: while it is kept, others are given the same.
    package private(set) var origin: SharedFields?

    package init(_ fields: JSONObject) { self.fields = fields }

    package init(_ shared: SharedFields) {
        fields = shared.fields
        origin = shared
    }

    package init(_ type: ResourceType, namespace: String? = nil, name: String, _ fields: JSONObject = [:]) {
        self.fields = fields
        self.fields["apiVersion"] = .string(type.gvk.apiVersion)
        self.fields["kind"] = .string(type.kind)
        self.name = name
        if let namespace { self.namespace = namespace }
    }

    /// The value at a path of member names.
    package subscript(_ path: String...) -> JSON? {
        get { JSON.object(fields)[path: path] }
        set { set(newValue, at: path) }
    }

    package mutating func set(_ value: JSON?, at path: [String]) {
        guard let key = path.first else { return }
        fields.set(value, at: key, rest: path.dropFirst())
    }

    package var json: JSON { .object(fields) }

    package var apiVersion: String { fields["apiVersion"]?.string ?? "" }
    package var kind: String { fields["kind"]?.string ?? "" }
    /// nil when `apiVersion` cannot be parsed or `kind` is empty.
    package var gvk: GroupVersionKind? {
        guard let groupVersion = GroupVersion(apiVersion), !kind.isEmpty else { return nil }
        return GroupVersionKind(groupVersion, kind: kind)
    }

    package var spec: JSON { fields["spec"] ?? .null }
    package var status: JSON { fields["status"] ?? .null }
}

/// The fields of an object that many keep: who made them hands out the same to the next, as long as one of them does.
package final class SharedFields: Sendable {
    package let fields: JSONObject

    package init(_ fields: JSONObject) { self.fields = fields }
}

extension Object: Hashable {
    package static func == (a: Self, b: Self) -> Bool { a.fields == b.fields }
    package func hash(into hasher: inout Hasher) { hasher.combine(fields) }
}

/// Metadata, read and written in place.
extension Object {
    package var metadata: JSONObject { fields["metadata"]?.object ?? [:] }

    private func text(_ key: String) -> String { fields["metadata"]?[key]?.string ?? "" }
    private mutating func setText(_ value: String, _ key: String) {
        set(value.isEmpty ? nil : .string(value), at: ["metadata", key])
    }

    package var name: String {
        get { text("name") }
        set { setText(newValue, "name") }
    }
    /// Empty for cluster-scoped objects.
    package var namespace: String {
        get { text("namespace") }
        set { setText(newValue, "namespace") }
    }
    package var generateName: String { text("generateName") }
    package var uid: String {
        get { text("uid") }
        set { setText(newValue, "uid") }
    }
    package var resourceVersion: String {
        get { text("resourceVersion") }
        set { setText(newValue, "resourceVersion") }
    }
    /// RFC 3339, whole seconds, UTC; empty when unset.
    package var creationTimestamp: String { text("creationTimestamp") }
    /// nil unless a graceful deletion has begun.
    package var deletionTimestamp: String? { fields["metadata"]?["deletionTimestamp"]?.string }
    package var isDeleting: Bool { deletionTimestamp != nil }
    /// Without `managedFields`, half of an object's size, unless it is being deleted: then these tell who holds it.
    package var watchedForm: Object {
        guard fields["metadata"]?["managedFields"] != nil, !isDeleting else { return self }
        var fields = fields
        fields.set(nil, at: "metadata", rest: ["managedFields"])
        return Object(fields)
    }
    package var generation: Int64 {
        get { fields["metadata"]?["generation"]?.int ?? 0 }
        set { set(.int(newValue), at: ["metadata", "generation"]) }
    }
    package var labels: [String: String] {
        get { fields["metadata"]?["labels"]?.stringMap ?? [:] }
        set { set(newValue.isEmpty ? nil : JSON(newValue), at: ["metadata", "labels"]) }
    }
    package var annotations: [String: String] {
        get { fields["metadata"]?["annotations"]?.stringMap ?? [:] }
        set { set(newValue.isEmpty ? nil : JSON(newValue), at: ["metadata", "annotations"]) }
    }
    package var finalizers: [String] {
        get { fields["metadata"]?["finalizers"]?.array?.compactMap(\.string) ?? [] }
        set { set(newValue.isEmpty ? nil : JSON(newValue), at: ["metadata", "finalizers"]) }
    }
    package var ownerReferences: [OwnerReference] {
        get { fields["metadata"]?["ownerReferences"]?.array?.compactMap(OwnerReference.init(json:)) ?? [] }
        set { set(newValue.isEmpty ? nil : .array(newValue.map(\.json)), at: ["metadata", "ownerReferences"]) }
    }
    /// The owner with `controller: true`.
    package var controller: OwnerReference? { ownerReferences.first(where: \.isController) }
}

extension JSON {
    /// An object's members with string values; nil when this is not an object.
    package var stringMap: [String: String]? {
        guard let object else { return nil }
        var map: [String: String] = [:]
        map.reserveCapacity(object.count)
        for member in object { if let value = member.value.string { map[member.key] = value } }
        return map
    }
}

/// One entry of `metadata.ownerReferences`.
package struct OwnerReference: Sendable, Hashable {
    package var apiVersion: String
    package var kind: String
    package var name: String
    package var uid: String
    package var isController: Bool
    package var blocksOwnerDeletion: Bool

    package init(apiVersion: String, kind: String, name: String, uid: String, isController: Bool, blocksOwnerDeletion: Bool) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
        self.isController = isController
        self.blocksOwnerDeletion = blocksOwnerDeletion
    }

    /// A controller reference to `owner`, as Kubernetes' controllers write it.
    package init(controller owner: Object) {
        self.init(
            apiVersion: owner.apiVersion, kind: owner.kind, name: owner.name, uid: owner.uid, isController: true,
            blocksOwnerDeletion: true)
    }

    package init?(json: JSON) {
        guard let uid = json["uid"]?.string else { return nil }
        self.init(
            apiVersion: json["apiVersion"]?.string ?? "", kind: json["kind"]?.string ?? "",
            name: json["name"]?.string ?? "", uid: uid, isController: json["controller"]?.bool ?? false,
            blocksOwnerDeletion: json["blockOwnerDeletion"]?.bool ?? false)
    }

    package var json: JSON {
        var object: JSONObject = [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name), "uid": .string(uid),
        ]
        if isController { object["controller"] = true }
        if blocksOwnerDeletion { object["blockOwnerDeletion"] = true }
        return .object(object)
    }
}
