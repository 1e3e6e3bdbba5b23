import APIMachinery

extension APIServer {
    /// POST to a collection, or to a subresource that takes documents (`binding`, `eviction`, `token`).
    func create(_ call: Call) throws(APIStatus) -> Reply {
        let options = try call.writeOptions()
        if let subresource = call.route.subresource {
            let key = try call.key
            return later(call) { [registry] () async throws(APIStatus) in
                let gvk = Subresource.named(subresource, of: call.type)?.kind ?? call.type.gvk
                let body = try RequestBody.object(call.request, gvk: gvk)
                let answer = try await registry.createSubresource(key, subresource, body, options: options, context: call.context)
                var response = call.format.response(answer.json, status: .created)
                response.add(call.context.warnings)
                return response
            }
        }
        guard call.route.name == nil else { throw Self.methodNotAllowed }
        return later(call) { [self] () async throws(APIStatus) in
            let object = try RequestBody.object(call.request, gvk: call.type.gvk)
            let version = try await registry.create(
                call.type, object, namespace: call.route.namespace, options: options, context: call.context)
            return respond(version, to: call, status: .created)
        }
    }
}
