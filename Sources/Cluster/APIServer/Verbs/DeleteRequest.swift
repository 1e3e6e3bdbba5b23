import APIMachinery

extension APIServer {
    /// DELETE of one object: the object where its deletion goes on, else a Status.
    func delete(_ call: Call) throws(APIStatus) -> Reply {
        guard call.route.subresource == nil else { throw Self.methodNotAllowed }
        let options = try call.deleteOptions()
        let key = try call.key
        return later(call) { [self] () async throws(APIStatus) in
            let result = try await registry.delete(key, options: options, context: call.context)
            if result.effect == .deleted, !Strategy.of(call.type).answersDeleted {
                var response = call.format.response(Self.success(key, uid: result.version.uid))
                response.add(call.context.warnings)
                return response
            }
            return respond(result.version, to: call)
        }
    }

    private static func success(_ key: ObjectKey, uid: String) -> JSON {
        var details: JSONObject = ["name": .string(key.name), "kind": .string(key.type.plural), "uid": .string(uid)]
        if !key.type.group.isEmpty { details["group"] = .string(key.type.group) }
        return ["apiVersion": "v1", "kind": "Status", "metadata": [:], "status": "Success", "details": .object(details)]
    }

    /// DELETE of all that the selectors select: what was selected, as a list.
    func deleteCollection(_ call: Call) throws(APIStatus) -> Reply {
        let options = try call.deleteOptions()
        let selection = try call.listOptions()
        guard call.route.namespace != nil || !call.type.isNamespaced else { throw Self.methodNotAllowed }
        return later(call) { [self] () async throws(APIStatus) in
            let deleted = try await registry.deleteCollection(
                call.type, namespace: call.route.namespace, list: selection, options: options, context: call.context)
            return call.format == ResponseFormat() ? splice(deleted, of: call) : convert(deleted, for: call)
        }
    }
}
