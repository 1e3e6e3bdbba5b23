import APIMachinery

/// Reads the bodies of requests: JSON, YAML, and the built-in kinds as protobuf.
enum RequestBody {
    /// Throws `unsupportedMediaType` or, with line and column, `badRequest`.
    static func decode(_ request: Request) throws(APIStatus) -> JSON {
        let type = request.headers.first(name: "content-type").flatMap { MediaType($0) }
        switch type?.name {
        case nil, "application/json", "text/json": return try json(request)
        case "application/yaml", "application/apply-patch+yaml": return try yaml(request)
        case "application/vnd.kubernetes.protobuf": return try ProtobufDecoder.decode(Array(request.body.readableBytesView))
        default:
            throw APIStatus(
                .unsupportedMediaType,
                "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf")
        }
    }

    static func json(_ request: Request) throws(APIStatus) -> JSON {
        guard request.body.readableBytes > 0 else { throw .badRequest("the request has no body; expected a JSON or YAML object") }
        do throws(JSONError) { return try JSON(parsing: request.body.readableBytesView) } catch {
            throw .badRequest("the body of the request is not valid JSON: \(error)")
        }
    }

    /// What is about to be written, and the fields that stood twice in it, in Kubernetes' words. Of those the
    /// last one counts, unless the request's `fieldValidation` refuses them.
    struct Written {
        var value: JSON
        var duplicates: [String] = []
    }

    /// As `decode`, for an object or a patch to which `fieldValidation` applies.
    static func written(_ request: Request, as kind: String? = nil) throws(APIStatus) -> Written {
        switch kind ?? request.headers.first(name: "content-type").flatMap({ MediaType($0) })?.name {
        case nil, "application/json", "text/json": return try writtenJSON(request)
        case "application/yaml", "application/apply-patch+yaml":
            let document = try document(request, allowsDuplicateKeys: true)
            return Written(
                value: document.value, duplicates: document.duplicates.map { "line \($0.line): key \(JSON.string($0.key).text) already set in map" })
        default: return Written(value: try decode(request))
        }
    }

    private static func writtenJSON(_ request: Request) throws(APIStatus) -> Written {
        let bytes = request.body.readableBytesView
        do throws(JSONError) {
            return Written(value: try JSON(parsing: bytes))
        } catch {
            guard error.isDuplicateKey, let found = try? JSON.lastWins(parsing: bytes) else { return Written(value: try json(request)) }
            return Written(value: found.value, duplicates: found.duplicates.map { "duplicate field \"\($0)\"" })
        }
    }

    /// JSON is YAML, and most clients that say YAML send JSON.
    static func yaml(_ request: Request) throws(APIStatus) -> JSON { try document(request, allowsDuplicateKeys: false).value }

    private static func document(_ request: Request, allowsDuplicateKeys: Bool) throws(APIStatus) -> YAMLDocument {
        guard request.body.readableBytes > 0 else { throw .badRequest("the request has no body; expected a YAML object") }
        let documents: [YAMLDocument]
        var limits = YAML.Limits.default
        limits.allowsDuplicateKeys = allowsDuplicateKeys
        do throws(YAMLError) { documents = try YAML.documents(parsing: Array(request.body.readableBytesView), limits: limits) } catch {
            throw .badRequest("the body of the request is not valid YAML: \(error.line):\(error.column): \(error.message)")
        }
        guard documents.count == 1 else { throw .badRequest("the body of the request has \(documents.count) YAML documents; expected one") }
        return documents[0]
    }

    /// The object of a create or update, with `apiVersion` and `kind` filled in where absent.
    ///
    /// Throws `badRequest` when the body is no object, or one of another kind.
    static func object(_ request: Request, gvk: GroupVersionKind) throws(APIStatus) -> Object { try object(try decode(request), gvk: gvk) }

    static func object(_ value: JSON, gvk: GroupVersionKind) throws(APIStatus) -> Object {
        guard case .object(let fields) = value else { throw .badRequest("the body of the request is not an object; expected \(gvk.kind)") }
        var object = Object(fields)
        if object.apiVersion.isEmpty { object["apiVersion"] = .string(gvk.apiVersion) }
        if object.kind.isEmpty { object["kind"] = .string(gvk.kind) }
        guard object.apiVersion == gvk.apiVersion else {
            throw .badRequest("the API version in the data (\(object.apiVersion)) does not match the expected API version (\(gvk.apiVersion))")
        }
        guard object.kind == gvk.kind else { throw .badRequest("the kind in the data (\(object.kind)) does not match the expected kind (\(gvk.kind))") }
        return object
    }

    /// A document that is answered and not stored, such as a review: the same, with the types of its fields checked.
    static func document(_ request: Request, gvk: GroupVersionKind) throws(APIStatus) -> Object {
        let object = try object(request, gvk: gvk)
        try checkTypes(object, gvk)
        return object
    }

    /// The options of a deletion, which every group and version has. What cannot be read must not delete.
    static func deleteOptions(_ request: Request) throws(APIStatus) -> Object {
        let gvk = GroupVersionKind(group: "", version: "v1", kind: "DeleteOptions")
        guard case .object(var fields) = try decode(request) else { throw .badRequest("the body of the request is not an object; expected \(gvk.kind)") }
        fields["apiVersion"] = .string(gvk.apiVersion)
        let options = try object(.object(fields), gvk: gvk)
        try checkTypes(options, gvk)
        return options
    }

    private static func checkTypes(_ object: Object, _ gvk: GroupVersionKind) throws(APIStatus) {
        let mistyped = Schema.builtin.check(object, gvk).filter { $0.kind == .wrongType }
        guard mistyped.isEmpty else {
            throw .badRequest(
                "\(gvk.kind) in version \(JSON.string(gvk.version).text) cannot be handled as a \(gvk.kind): "
                    + mistyped.map(\.description).joined(separator: ", "))
        }
    }
}
