import APIMachinery
import Crypto

/// The hash of its content at the end of a generated object's name, so that a change of content is a change of name.
enum GeneratedNames {
    static func addHashes(to map: inout ResourceMap) throws {
        for resource in map.resources where resource.isEnabled(.needsHashSuffix) {
            let hash = try Self.hash(resource)
            try resource.rememberID()
            try resource.setName("\(resource.name)-\(hash)")
        }
        map.invalidate()
    }

    /// Ten characters. Vowels and ones that look alike are replaced, so that no word comes of it.
    private static func hash(_ resource: Resource) throws -> String {
        let digest = SHA256.hash(data: Array(try content(of: resource).utf8))
        let hex = digest.prefix(5).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        let replacements: [Character: Character] = ["0": "g", "1": "h", "3": "k", "a": "m", "e": "t"]
        return String(hex.map { replacements[$0] ?? $0 })
    }

    /// What kustomize hashes: kind and data; the name is left empty.
    private static func content(of resource: Resource) throws -> String {
        var members: JSONObject = ["kind": .string(resource.kind), "name": ""]
        func member(_ key: String) throws -> JSON {
            try resource.value[key].map { $0.isScalar ? .string($0.text) : try $0.json().withDoubles } ?? ""
        }
        members["data"] = try member("data")
        switch resource.kind {
        case "ConfigMap":
            let binary = try member("binaryData")
            if binary.object != nil { members["binaryData"] = binary }
        case "Secret":
            members["type"] = try member("type")
            let texts = try member("stringData")
            if texts.object != nil { members["stringData"] = texts }
        default:
            throw KustomizeFailure(
                "only ConfigMaps and Secrets get a hash in their name; remove the annotation \(Resource.Memory.needsHashSuffix.key) from \(resource.id.shown)",
                at: resource.place)
        }
        return GoJSON.encoded(.object(members))
    }
}

extension JSON {
    /// Integers as floating-point numbers: Go's JSON decoder makes them that when it does not know better.
    fileprivate var withDoubles: JSON {
        switch self {
        case .int(let number): .double(Double(number))
        case .array(let elements): .array(elements.map(\.withDoubles))
        case .object(let members): .object(members.mapValues(\.withDoubles))
        default: self
        }
    }
}
