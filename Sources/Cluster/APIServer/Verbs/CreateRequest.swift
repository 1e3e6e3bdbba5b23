import APIMachinery

extension APIServer {
    /// POST to a collection, or to a subresource that takes documents (`binding`, `eviction`, `token`).
    func create(_ call: Call) throws(APIStatus) -> Reply {
        let options = try call.writeOptions()
        if let subresource = call.route.subresource {
            let key = try call.key
            return later(call) { [registry] () async throws(APIStatus) in
                let gvk = Subresource.named(subresource, of: call.type)?.kind ?? call.type.gvk
                let body = try RequestBody.document(call.request, gvk: gvk)
                let answer = try await registry.createSubresource(key, subresource, body, options: options, context: call.context)
                var response = call.format.response(answer.json, status: .created)
                response.add(call.context.warnings)
                return response
            }
        }
        guard call.route.name == nil else { throw Self.methodNotAllowed }
        if call.type == .bindings { return bind(call, options) }
        return later(call) { [self] () async throws(APIStatus) in
            let (object, context) = try call.written(call.type.gvk)
            let version = try await registry.create(call.type, object, namespace: call.route.namespace, options: options, context: context)
            return respond(version, to: call, status: .created)
        }
    }

    /// POST to `bindings`: the old way to `pods/NAME/binding`, the pod named by the body.
    private func bind(_ call: Call, _ options: WriteOptions) -> Reply {
        later(call) { [registry] () async throws(APIStatus) in
            let body = try RequestBody.document(call.request, gvk: call.type.gvk)
            guard !body.name.isEmpty else { throw .badRequest("name must be provided") }
            let key = ObjectKey(.pods, namespace: call.route.namespace, name: body.name)
            let answer = try await registry.createSubresource(key, "binding", body, options: options, context: call.context)
            return call.format.response(answer.json, status: .created)
        }
    }
}
