import APIMachinery
import NIOCore
import NIOPosix

/// Where a Service's port is to be reached from this machine.
package struct Address: Sendable, Hashable {
    package var host: String
    package var port: Int
    package var service: String
    /// `ClusterIP` or `NodePort`.
    package var via: String
    package var isHTTP: Bool

    /// `http://10.43.0.10:80`, or without the scheme where the port does not say that it is HTTP.
    package var text: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return (isHTTP ? "http://" : "") + (isHTTP && port == 80 ? host : "\(host):\(port)")
    }

    /// The TCP addresses of a Service: its cluster addresses, and its node ports on `nodes`.
    package static func all(of service: Object, nodes: [Object]) -> [Address] {
        let spec = service.spec
        let nodeAddress = nodes.lazy.flatMap { $0.status["addresses"]?.array ?? [] }
            .first { $0["type"]?.string == "InternalIP" }?["address"]?.string
        let name = "\(service.namespace)/\(service.name)"
        return (spec["ports"]?.array ?? []).flatMap { entry -> [Address] in
            guard entry["protocol"]?.string ?? "TCP" == "TCP", let port = entry["port"]?.int else { return [] }
            let label = entry["name"]?.string ?? ""
            let isHTTP = label == "http" || label.hasPrefix("http-") || entry["appProtocol"]?.string == "http" || port == 80
            var found: [Address] = []
            if let address = spec["clusterIP"]?.string, !address.isEmpty, address != "None" {
                found.append(Address(host: address, port: Int(port), service: name, via: "ClusterIP", isHTTP: isHTTP))
            }
            if let nodePort = entry["nodePort"]?.int, nodePort > 0, let nodeAddress {
                found.append(Address(host: nodeAddress, port: Int(nodePort), service: name, via: "NodePort", isHTTP: isHTTP))
            }
            return found
        }
    }

    private static let connectTime = TimeAmount.seconds(1)
    /// A rule that was just programmed may refuse once or twice.
    private static let attemptsMax = 10
    private static let attemptInterval = Duration.milliseconds(200)

    /// Whether something takes a connection there.
    func answers() async throws -> Bool {
        for attempt in 1...Self.attemptsMax {
            do {
                let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connectTimeout(Self.connectTime).connect(host: host, port: port).get()
                // Answered; how the close goes does not matter.
                try? await channel.close()
                return true
            } catch let error as CancellationError {
                throw error
            } catch {
                if attempt < Self.attemptsMax { try await Task.sleep(for: Self.attemptInterval) }
            }
        }
        return false
    }
}
