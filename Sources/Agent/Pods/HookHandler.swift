import APIMachinery

/// What a probe or a lifecycle hook does. Source: API reference, core/v1 ProbeHandler and LifecycleHandler.
package enum HookHandler: Sendable, Hashable {
    case exec(command: [String])
    case http(HTTPTarget)
    case tcp(host: String?, port: Port)
    case sleep(Duration)

    package struct HTTPTarget: Sendable, Hashable {
        package var scheme: String
        /// nil is the pod's address.
        package var host: String?
        package var port: Port
        package var path: String
        package var headers: [Header]
    }
    package struct Header: Sendable, Hashable {
        package var name: String
        package var value: String
    }
    /// A number, or the name of one of the container's ports.
    package enum Port: Sendable, Hashable {
        case number(Int)
        case name(String)

        package init(_ json: JSON?) {
            if let number = json?.int { self = .number(Int(number)) } else { self = .name(json?.string ?? "") }
        }

        /// nil when the container has no port of that name.
        package func number(in container: JSON) -> Int? {
            switch self {
            case .number(let number): return number
            case .name(let name):
                if let number = Int(name) { return number }
                return container["ports"]?.array?.first { $0["name"]?.string == name }?["containerPort"]?.int.map(Int.init)
            }
        }
    }

    /// nil when no handler that the agent knows is set.
    package init?(_ json: JSON) {
        if let exec = json["exec"] {
            self = .exec(command: exec["command"]?.array?.compactMap(\.string) ?? [])
        } else if let http = json["httpGet"] {
            let path = http["path"]?.string ?? "/"
            self = .http(
                HTTPTarget(
                    scheme: http["scheme"]?.string?.lowercased() ?? "http", host: http["host"]?.string.flatMap { $0.isEmpty ? nil : $0 },
                    port: Port(http["port"]), path: path.hasPrefix("/") ? path : "/" + path,
                    headers: (http["httpHeaders"]?.array ?? []).map {
                        Header(name: $0["name"]?.string ?? "", value: $0["value"]?.string ?? "")
                    }))
        } else if let tcp = json["tcpSocket"] {
            self = .tcp(host: tcp["host"]?.string.flatMap { $0.isEmpty ? nil : $0 }, port: Port(tcp["port"]))
        } else if let sleep = json["sleep"] {
            self = .sleep(.seconds(sleep["seconds"]?.int ?? 0))
        } else {
            return nil
        }
    }
}
