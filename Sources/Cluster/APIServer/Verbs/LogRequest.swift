import APIMachinery

extension APIServer {
    /// `pods/NAME/log`: the node's agent streams, the client's connection sets the pace.
    func log(_ call: Call) throws(APIStatus) -> Reply {
        let key = try call.key
        let options = try logOptions(call)
        let pod = try registry.get(key, options: ListOptions(), context: call.context).object
        let container = try Self.container(call.query["container"], of: pod)
        guard pod.spec["nodeName"]?.string?.isEmpty == false else {
            throw .badRequest("pod \(pod.name) does not have a host assigned")
        }
        guard let nodeEndpoint else {
            throw APIStatus(.serviceUnavailable, "this server runs without a node agent: there are no logs to read")
        }
        return Reply(
            .stream { writer throws(APIStatus) in
                let chunks = try await nodeEndpoint.logs(namespace: pod.namespace, pod: pod.name, container: container, options: options)
                do {
                    try await writer.begin(contentType: "text/plain")
                    for try await chunk in chunks where !chunk.isEmpty { try await writer.write([chunk]) }
                } catch {
                    // The head is sent: the stream's end is all that can be said.
                    return
                }
            })
    }

    private func logOptions(_ call: Call) throws(APIStatus) -> LogOptions {
        var options = LogOptions()
        options.follow = try call.query.bool("follow") ?? false
        options.previous = try call.query.bool("previous") ?? false
        options.timestamps = try call.query.bool("timestamps") ?? false
        options.tailLines = try call.query.count("tailLines")
        options.limitBytes = try call.query.count("limitBytes")
        options.sinceSeconds = try call.query.count("sinceSeconds")
        options.sinceTime = call.query["sinceTime"]
        if let time = options.sinceTime {
            guard options.sinceSeconds == nil else { throw .badRequest("at most one of `sinceTime` or `sinceSeconds` may be specified") }
            guard Timestamp(time) != nil else { throw .badRequest("sinceTime: Invalid value: \"\(time)\": expected an RFC 3339 time, such as 2026-01-02T03:04:05Z") }
        }
        return options
    }

    /// The container to read: the one asked for, else the only one.
    static func container(_ requested: String?, of pod: Object) throws(APIStatus) -> String {
        func names(_ field: String) -> [String] { (pod.spec[field]?.array ?? []).compactMap { $0["name"]?.string } }
        let containers = names("containers")
        let initContainers = names("initContainers")
        if let requested, !requested.isEmpty {
            guard (containers + initContainers + names("ephemeralContainers")).contains(requested) else {
                throw .badRequest("container \(requested) is not valid for pod \(pod.name)")
            }
            return requested
        }
        if containers.count == 1 { return containers[0] }
        var text = "a container name must be specified for pod \(pod.name), choose one of: [\(containers.joined(separator: " "))]"
        if !initContainers.isEmpty { text += " or one of the init containers: [\(initContainers.joined(separator: " "))]" }
        throw .badRequest(text)
    }
}
