import APIMachinery
import NIOHTTP1

extension APIServer {
    /// One object in the form the client asked for, with the warnings that the request caused.
    func respond(_ version: ObjectVersion, to call: Call, status: HTTPResponseStatus = .ok) -> Response {
        var response: Response
        switch call.format.shape {
        case .object where call.format == ResponseFormat(): response = Response(body: .object(version))
        case .object: response = call.format.response(version.object.json)
        case .table(let tableVersion):
            let table = Table(
                columns: call.route.subresource == "scale" ? TableColumns.scale : registry.columns(of: call.type), version: tableVersion, includes: .init(call.query["includeObject"]), now: clock.now, hasColumns: true)
            response = call.format.response(table.json([version.object], metadata: ["resourceVersion": .string(version.resourceVersion)]))
        case .partialMetadata(let metaVersion):
            response = call.format.response(Table.partialMetadata(version.object, version: metaVersion))
        }
        response.status = status
        response.add(call.context.warnings)
        return response
    }

    /// A reply made by a task; failures become their `Status`.
    func later(_ call: Call, _ body: @escaping @Sendable () async throws(APIStatus) -> Response) -> Reply {
        Reply(
            .later { [self] in
                defer { audit(call) }
                do throws(APIStatus) { return try await body() } catch {
                    var response = Response(error)
                    response.add(call.context.warnings)
                    return response
                }
            })
    }
}

extension ResponseFormat {
    /// `json` in this encoding.
    func response(_ json: JSON, status: HTTPResponseStatus = .ok) -> Response {
        switch encoding {
        case .yaml: Response(status: status, contentType: "application/yaml", body: .bytes(Array(YAML.encoded(json).utf8)))
        case .json where isPretty:
            Response(status: status, body: .bytes(Array(json.indented().utf8)))
        case .json: Response(status: status, body: .bytes(json.encoded()))
        }
    }
}

extension JSON {
    /// Indented by two spaces, for people.
    fileprivate func indented(by depth: Int = 0) -> String {
        let inner = String(repeating: " ", count: 2 * (depth + 1))
        let outer = String(repeating: " ", count: 2 * depth)
        switch self {
        case .array(let elements) where !elements.isEmpty:
            return "[\n" + elements.map { inner + $0.indented(by: depth + 1) }.joined(separator: ",\n") + "\n\(outer)]"
        case .object(let members) where !members.isEmpty:
            let lines = members.map { "\(inner)\(JSON.string($0.key).text): \($0.value.indented(by: depth + 1))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
        default: return text
        }
    }
}
