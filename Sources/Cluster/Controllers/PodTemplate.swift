import APIMachinery

/// A workload's pod template, and the pods made from it.
struct PodTemplate {
    let json: JSON

    init(_ owner: Object) { json = owner.spec["template"] ?? [:] }

    var labels: [String: String] { json["metadata"]?["labels"]?.stringMap ?? [:] }

    /// A pod as the template describes it, owned by `owner`, to be named by the server.
    func pod(for owner: Object) -> Object {
        var pod = Object(.pods, namespace: owner.namespace, name: "")
        var metadata: JSONObject = [
            "generateName": .string("\(owner.name)-"), "namespace": .string(owner.namespace),
            "ownerReferences": [OwnerReference(controller: owner).json],
        ]
        for key in ["labels", "annotations", "finalizers"] {
            if let value = json["metadata"]?[key], !value.isNull { metadata[key] = value }
        }
        pod.fields["metadata"] = .object(metadata)
        pod.fields["spec"] = json["spec"] ?? [:]
        return pod
    }

    /// The template as it is compared and hashed: nothing that means the same as its absence, no hash label.
    var canonical: JSON {
        var copy = json.withoutNulls
        copy.set(nil, at: ["metadata", "creationTimestamp"])
        copy.set(nil, at: ["metadata", "labels", Self.hashLabel])
        for key in ["labels", "annotations"] where copy["metadata"]?[key]?.object?.isEmpty == true {
            copy.set(nil, at: ["metadata", key])
        }
        if copy["metadata"]?.object?.isEmpty == true { copy.set(nil, at: ["metadata"]) }
        return copy
    }

    static let hashLabel = "pod-template-hash"

    /// A short name of the template, the same wherever and whenever it is computed: FNV-1a of the
    /// canonical encoding, in letters that spell no word. `collisions` makes another one.
    func hash(collisions: Int64) -> String {
        var hash: UInt32 = 2_166_136_261
        func mix(_ bytes: some Sequence<UInt8>) { for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 } }
        mix(canonical.encoded())
        if collisions > 0 { mix(String(collisions).utf8) }
        let letters = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
        return String(decoding: String(hash).utf8.map { letters[Int($0) % letters.count] }, as: UTF8.self)
    }
}
