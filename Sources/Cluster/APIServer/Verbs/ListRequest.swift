import APIMachinery

extension APIServer {
    /// Lists of more bytes than this that must be decoded (Tables, YAML) are made by a task.
    private static let inlineBytesMax = 256 << 10

    func list(_ call: Call) throws(APIStatus) -> Reply {
        let options = try call.listOptions()
        if call.type.isMeasured {
            return later(call) { [self] () async throws(APIStatus) in
                let list = try await registry.measuredList(call.type, namespace: call.route.namespace, options: options)
                return call.format == ResponseFormat() ? splice(list, of: call) : convert(list, for: call)
            }
        }
        // Selectors on other fields decode every object.
        guard options.fieldSelector.requirements.allSatisfy({ $0.field.hasPrefix("metadata.") }) else {
            return later(call) { [self] () async throws(APIStatus) in
                let list = try registry.list(call.type, namespace: call.route.namespace, options: options, context: call.context)
                return call.format == ResponseFormat() ? splice(list, of: call) : convert(list, for: call)
            }
        }
        let list = try registry.list(call.type, namespace: call.route.namespace, options: options, context: call.context)
        if call.format == ResponseFormat() { return Reply(.now(splice(list, of: call))) }
        let size = list.items.reduce(0) { $0 + $1.bytes.count }
        if size <= Self.inlineBytesMax { return Reply(.now(convert(list, for: call))) }
        return Reply(.later { [self] in convert(list, for: call) })
    }

    /// The answer in the store's own bytes.
    func splice(_ list: VersionList, of call: Call) -> Response {
        var bytes = Array("{\"apiVersion\":\"\(call.type.gvk.apiVersion)\",\"kind\":\"\(call.type.kind)List\",\"metadata\":".utf8)
        Self.metadata(of: list).encode(into: &bytes)
        bytes.append(contentsOf: ",\"items\":[".utf8)
        var response = Response(body: .list(head: bytes, items: list.items, tail: Array("]}".utf8)))
        response.add(call.context.warnings)
        return response
    }

    static func metadata(of list: VersionList) -> JSON {
        var metadata: JSONObject = ["resourceVersion": .string(list.resourceVersion)]
        if !list.continueToken.isEmpty { metadata["continue"] = .string(list.continueToken) }
        if let count = list.remainingItemCount { metadata["remainingItemCount"] = JSON(count) }
        return .object(metadata)
    }

    /// The answer as a Table, as metadata alone, as YAML or indented.
    func convert(_ list: VersionList, for call: Call) -> Response {
        let json: JSON
        switch call.format.shape {
        case .table(let version):
            let table = Table(
                columns: registry.columns(of: call.type), version: version, includes: .init(call.query["includeObject"]), now: clock.now,
                hasColumns: true)
            json = table.json(list.items.map(\.object), metadata: Self.metadata(of: list))
        case .partialMetadata(let version):
            json = [
                "apiVersion": "meta.k8s.io/\(version)", "kind": "PartialObjectMetadataList", "metadata": Self.metadata(of: list),
                "items": .array(list.items.map { Table.partialMetadata($0.object, version: version) }),
            ]
        case .object:
            json = [
                "apiVersion": .string(call.type.gvk.apiVersion), "kind": "\(call.type.kind)List", "metadata": Self.metadata(of: list),
                "items": .array(list.items.map(\.object.json)),
            ]
        }
        var response = call.format.response(json)
        response.add(call.context.warnings)
        return response
    }
}
