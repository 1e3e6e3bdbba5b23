import APIMachinery

extension APIServer {
    /// One object, or its `status` or `scale`.
    func get(_ call: Call) throws(APIStatus) -> Reply {
        var options = ListOptions()
        options.resourceVersion = call.query["resourceVersion"] ?? ""
        let version = try registry.get(call.key, subresource: call.route.subresource, options: options, context: call.context)
        return Reply(.now(respond(version, to: call)))
    }
}
