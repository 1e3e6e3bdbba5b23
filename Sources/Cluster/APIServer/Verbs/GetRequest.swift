import APIMachinery

extension APIServer {
    /// One object, or its `status` or `scale`.
    func get(_ call: Call) throws(APIStatus) -> Reply {
        if call.type.isMeasured {
            let key = try call.key
            return later(call) { [self] () async throws(APIStatus) in respond(try await registry.measured(key), to: call) }
        }
        var options = ListOptions()
        options.resourceVersion = call.query["resourceVersion"] ?? ""
        let version = try registry.get(call.key, subresource: call.route.subresource, options: options, context: call.context)
        return Reply(.now(respond(version, to: call)))
    }
}
