import APIMachinery
import NIOHTTP1
import Synchronization

/// OpenAPI v2 and v3, made from the schema when they are asked for and not kept.
///
/// What kubectl reads of them: the `fieldValidation` parameter and the media types of PATCH, merge
/// keys and strategies, and for `explain` the fields. Clients keep the documents by their hash,
/// which is known without making the document.
struct OpenAPI: Sendable {
    private static let formatVersion: UInt64 = 2
    private static let fingerprint = Mutex<UInt64?>(nil)
    private static let json = "application/json"
    /// What is asked for, and the name under which it is sent: some HTTP libraries refuse the former's `@`.
    private static let protobufAccepted: Set = [
        "application/com.github.proto-openapi.spec.v2@v1.0+protobuf", "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
    ]
    private static let protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

    let kinds: KindCatalog

    /// `/openapi/v2`, `/openapi/v3`, `/openapi/v3/api/v1`, `/openapi/v3/apis/GROUP/VERSION`.
    func answer(_ request: Request, types: [ResourceType]) throws(APIStatus) -> Reply {
        let parts = request.path.split(separator: "/").map(String.init).dropFirst()
        let contentType = try Self.contentType(request, isV2: parts.first == "v2")
        switch (parts.first, parts.count) {
        case ("v2", 1): return made(request, .v2, types, contentType)
        case ("v3", 1): return Reply(.now(.cacheable(index(types).encoded(), contentType: Self.json, request: request)))
        case ("v3", 3) where parts[2] == "api": return try groupVersion(request, GroupVersion(group: "", version: parts[3]), types)
        case ("v3", 4) where parts[2] == "apis": return try groupVersion(request, GroupVersion(group: parts[3], version: parts[4]), types)
        default: throw APIServer.unknownPath
        }
    }

    private static func contentType(_ request: Request, isV2: Bool) throws(APIStatus) -> String {
        for type in MediaType.accepted(request.headers.first(name: "accept")) {
            if [json, "*/*", "application/*", "*"].contains(type.name) { return json }
            if isV2, protobufAccepted.contains(type.name) { return protobuf }
        }
        throw APIStatus(.notAcceptable, "only the following media types are accepted: \(json)\(isV2 ? ", \(protobuf)" : "")")
    }

    private func groupVersion(_ request: Request, _ groupVersion: GroupVersion, _ types: [ResourceType]) throws(APIStatus) -> Reply {
        let own = types.filter { $0.gvk.groupVersion == groupVersion }
        guard !own.isEmpty else { throw APIServer.unknownPath }
        return made(request, .v3, own, Self.json)
    }

    /// Off the event loop: a document takes milliseconds to make.
    private func made(_ request: Request, _ dialect: OpenAPIDialect, _ types: [ResourceType], _ contentType: String) -> Reply {
        let custom = types.compactMap(kinds.custom)
        let hash = Self.hash(types, custom)
        let tag = "\"\(hash)\(contentType == Self.json ? "" : "P")\""
        if Response.isKnown(tag, to: request) { return Reply(.now(.notModified(tag))) }
        // A document that was asked for by its hash never changes.
        let isImmutable = request.query["hash"] == hash
        return Reply(
            .later {
                let document = OpenAPIDocument(dialect: dialect, types: types, schema: .unshared(), custom: custom)
                var response = Response(
                    contentType: contentType, body: .bytes(contentType == Self.json ? document.encoded() : document.protobuf()))
                response.tag(tag)
                if isImmutable { response.headers.replaceOrAdd(name: "cache-control", value: "public, immutable") }
                return response
            })
    }

    private func index(_ types: [ResourceType]) -> JSON {
        var paths = JSONObject()
        for (groupVersion, types) in Dictionary(grouping: types, by: \.gvk.groupVersion) {
            let path = groupVersion.group.isEmpty ? "api/\(groupVersion.version)" : "apis/\(groupVersion)"
            let hash = Self.hash(types, types.compactMap(kinds.custom))
            paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(hash)")]
        }
        return ["paths": .object(paths)]
    }

    /// Of everything a document is made from.
    private static func hash(_ types: [ResourceType], _ custom: [CustomVersion]) -> String {
        let builtin = fingerprint.withLock { known in
            let value = known ?? fingerprint(descriptions: FieldDescriptions.table)
            known = value
            return value
        }
        var hash = builtin
        func add(_ text: String) { for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 } }
        for type in types { add("\(type.gvk) \(type.plural) \(type.isNamespaced) \(type.verbs) \(type.subresources.sorted())") }
        for version in custom { add(version.fingerprint) }
        return String(hash, radix: 16, uppercase: true)
    }

    /// Of what every document is made from: its form, the schema, and what is said of the fields.
    static func fingerprint(descriptions: StaticString) -> UInt64 {
        var hash = Schema.fingerprint &+ formatVersion
        descriptions.withUTF8Buffer { for byte in $0 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 } }
        return hash
    }
}

enum OpenAPIDialect: Sendable {
    /// Swagger 2.0.
    case v2
    /// OpenAPI 3.0.
    case v3

    var definitionPrefix: String { self == .v2 ? "#/definitions/" : "#/components/schemas/" }
}
