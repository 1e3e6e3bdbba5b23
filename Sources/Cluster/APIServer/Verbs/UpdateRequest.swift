import APIMachinery

extension APIServer {
    /// PUT: replaces an object or one of its subresources.
    func update(_ call: Call) throws(APIStatus) -> Reply {
        let options = try call.writeOptions()
        let key = try call.key
        return later(call) { [self] () async throws(APIStatus) in
            let gvk = call.route.subresource.flatMap { Subresource.named($0, of: call.type)?.kind } ?? call.type.gvk
            let (object, context) = try call.written(gvk)
            guard object.name == key.name else {
                throw .badRequest("the name of the object (\(object.name)) does not match the name on the URL (\(key.name))")
            }
            guard object.namespace.isEmpty || object.namespace == key.namespace ?? "" else {
                throw .badRequest("the namespace of the object (\(object.namespace)) does not match the namespace on the URL (\(key.namespace ?? ""))")
            }
            let result = try await registry.update(key, object, subresource: call.route.subresource, options: options, context: context)
            return respond(result.version, to: call, status: result.effect == .created ? .created : .ok)
        }
    }
}
