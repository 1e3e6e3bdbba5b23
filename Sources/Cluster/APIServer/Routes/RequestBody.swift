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

    /// JSON is YAML, and most clients that say YAML send JSON.
    static func yaml(_ request: Request) throws(APIStatus) -> JSON {
        guard request.body.readableBytes > 0 else { throw .badRequest("the request has no body; expected a YAML object") }
        let documents: [YAMLDocument]
        do throws(YAMLError) { documents = try YAML.documents(parsing: Array(request.body.readableBytesView)) } catch {
            throw .badRequest("the body of the request is not valid YAML: \(error.line):\(error.column): \(error.message)")
        }
        guard documents.count == 1 else { throw .badRequest("the body of the request has \(documents.count) YAML documents; expected one") }
        return documents[0].value
    }

    /// The object of a create or update, with `apiVersion` and `kind` filled in where absent.
    ///
    /// Throws `badRequest` when the body is no object, or one of another kind.
    static func object(_ request: Request, gvk: GroupVersionKind) throws(APIStatus) -> Object {
        guard case .object(let fields) = try decode(request) else { throw .badRequest("the body of the request is not an object; expected \(gvk.kind)") }
        var object = Object(fields)
        if object.apiVersion.isEmpty { object["apiVersion"] = .string(gvk.apiVersion) }
        if object.kind.isEmpty { object["kind"] = .string(gvk.kind) }
        guard object.apiVersion == gvk.apiVersion else {
            throw .badRequest("the API version in the data (\(object.apiVersion)) does not match the expected API version (\(gvk.apiVersion))")
        }
        guard object.kind == gvk.kind else { throw .badRequest("the kind in the data (\(object.kind)) does not match the expected kind (\(gvk.kind))") }
        return object
    }
}
