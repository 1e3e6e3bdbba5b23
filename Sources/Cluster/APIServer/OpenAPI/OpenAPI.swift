import APIMachinery
import NIOHTTP1
import Synchronization

/// OpenAPI v2 and v3, made from the schema when they are asked for and not kept.
///
/// What kubectl reads of them: the `fieldValidation` parameter and the media types of PATCH, merge
/// keys and strategies, and for `explain` the fields. Clients keep the documents by their hash.
struct OpenAPI: Sendable {
    private static let formatVersion: UInt64 = 1
    private static let schemaFingerprint = Mutex<UInt64?>(nil)

    /// `/openapi/v2`, `/openapi/v3`, `/openapi/v3/api/v1`, `/openapi/v3/apis/GROUP/VERSION`.
    func answer(_ request: Request, types: [ResourceType]) throws(APIStatus) -> Reply {
        let parts = request.path.split(separator: "/").map(String.init).dropFirst()
        let accepted = MediaType.accepted(request.headers.first(name: "accept"))
        guard accepted.contains(where: { ["application/json", "*/*", "application/*"].contains($0.name) }) else {
            throw APIStatus(.notAcceptable, "only the following media types are accepted: application/json")
        }
        switch (parts.first, parts.count) {
        case ("v2", 1): return made(request, .v2, types)
        case ("v3", 1): return Reply(.now(.cacheable(index(types).encoded(), contentType: "application/json", request: request)))
        case ("v3", 3) where parts[2] == "api": return try groupVersion(request, GroupVersion(group: "", version: parts[3]), types)
        case ("v3", 4) where parts[2] == "apis": return try groupVersion(request, GroupVersion(group: parts[3], version: parts[4]), types)
        default: throw APIServer.unknownPath
        }
    }

    private func groupVersion(_ request: Request, _ groupVersion: GroupVersion, _ types: [ResourceType]) throws(APIStatus) -> Reply {
        let own = types.filter { $0.gvk.groupVersion == groupVersion }
        guard !own.isEmpty else { throw APIServer.unknownPath }
        return made(request, .v3, own)
    }

    /// Off the event loop: a document takes milliseconds to make.
    private func made(_ request: Request, _ dialect: OpenAPIDialect, _ types: [ResourceType]) -> Reply {
        Reply(
            .later {
                let document = OpenAPIDocument(dialect: dialect, types: types, schema: .unshared()).encoded()
                return .cacheable(document, contentType: "application/json", request: request)
            })
    }

    private func index(_ types: [ResourceType]) -> JSON {
        var paths = JSONObject()
        for groupVersion in Set(types.map(\.gvk.groupVersion)) {
            let path = groupVersion.group.isEmpty ? "api/\(groupVersion.version)" : "apis/\(groupVersion)"
            let hash = Self.hash(types.filter { $0.gvk.groupVersion == groupVersion })
            paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(hash)")]
        }
        return ["paths": .object(paths)]
    }

    /// Of everything a document is made from.
    private static func hash(_ types: [ResourceType]) -> String {
        let fingerprint = schemaFingerprint.withLock { known in
            let value = known ?? Schema.fingerprint
            known = value
            return value
        }
        var hash = fingerprint &+ formatVersion
        for type in types {
            for byte in "\(type.gvk) \(type.plural) \(type.isNamespaced) \(type.subresources.sorted())".utf8 {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
            }
        }
        return String(hash, radix: 16, uppercase: true)
    }
}

enum OpenAPIDialect: Sendable {
    /// Swagger 2.0.
    case v2
    /// OpenAPI 3.0.
    case v3

    var definitionPrefix: String { self == .v2 ? "#/definitions/" : "#/components/schemas/" }
}
