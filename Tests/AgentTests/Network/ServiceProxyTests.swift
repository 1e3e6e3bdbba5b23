import APIMachinery
import Agent
import Cluster
import Logging
import TestSupport
import Testing

/// The proxy beside a real API server, in a network namespace of the suite's own.
@Suite(.inNetworkNamespace(), .serialized)
struct ServiceProxyTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private struct Node: Sendable {
        var client: any ResourceClient
        var proxy: ServiceProxy
        var instance: Instance
    }

    /// Runs `body` beside a proxy whose first table is in the kernel.
    private func withProxy(_ body: @escaping @Sendable (Node) async throws -> Void) async throws {
        try await TemporaryDirectory.with { directory in
            let cluster = try await Cluster(.init(dataDirectory: directory.path, port: 0, logger: logger))
            let client = cluster.client(as: .component("test"))
            let informers = [ResourceType.services, .endpointSlices, .pods].map { Informer($0, client: client, logger: logger) }
            let instance = Instance(dataDirectory: directory.path)
            let proxy = ServiceProxy(
                instance: instance, services: informers[0], endpointSlices: informers[1], pods: informers[2], nodeName: "node",
                podCIDR: "10.42.0.0/16", serviceCIDR: "10.43.0.0/16", logger: logger)
            let network = PodNetwork(podCIDR: "10.42.0.0/16")
            try await network.prepare()
            let node = Node(client: client, proxy: proxy, instance: instance)
            var failure: (any Error)?
            do {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for informer in informers { group.addTask { try await informer.run() } }
                    group.addTask { try await proxy.run() }
                    // No address is programmed before the first table is: this waits for it.
                    await proxy.drained(podIP: "10.42.255.254", within: .seconds(20))
                    try await body(node)
                    group.cancelAll()
                }
            } catch {
                failure = error
            }
            try await ServiceProxy.removeTable(instance)
            try await network.remove()
            if let failure, !(failure is CancellationError) { throw failure }
        }
    }

    @Test("An endpoint has drained when no rule leads to it, and not before", .timeLimit(.minutes(1)))
    func drain() async throws {
        try await withProxy { node in
            let slice = NetworkObjects.slice("web", [.init(address: "10.42.0.2")])
            _ = try await node.client.create(.services, NetworkObjects.service("web", ip: "10.43.0.9"))
            _ = try await node.client.create(.endpointSlices, slice)
            try await programmed(node, "10.42.0.2:80")
            let clock = ContinuousClock()
            let limited = await clock.measure { await node.proxy.drained(podIP: "10.42.0.2", within: .milliseconds(100)) }
            #expect(limited >= .milliseconds(100))

            let waited = try await clock.measure {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await node.proxy.drained(podIP: "10.42.0.2", within: .seconds(20)) }
                    _ = try await node.client.patch(
                        ObjectKey(.endpointSlices, namespace: "default", name: "web-a"),
                        .merge(["endpoints": [["addresses": ["10.42.0.3"], "nodeName": "node", "conditions": ["ready": true]]]]))
                    try await group.waitForAll()
                }
            }
            #expect(waited < .seconds(5))
            let table = try await Command("nft", "list", "table", "inet", node.instance.tableName).output()
            #expect(!table.contains("10.42.0.2"))
            #expect(table.contains("10.42.0.3"))
        }
    }

    @Test("A burst of changes ends in the right table", .timeLimit(.minutes(1)))
    func burst() async throws {
        try await withProxy { node in
            for number in 0..<40 {
                let name = "web-\(number)"
                _ = try await node.client.create(.services, NetworkObjects.service(name, ip: "10.43.1.\(number)"))
                _ = try await node.client.create(.endpointSlices, NetworkObjects.slice(name, [.init(address: "10.42.1.\(number)")]))
            }
            for number in 0..<20 { _ = try await node.client.delete(ObjectKey(.services, namespace: "default", name: "web-\(number)")) }
            _ = try await node.client.create(.services, NetworkObjects.service("last", ip: "10.43.2.1"))
            _ = try await node.client.create(.endpointSlices, NetworkObjects.slice("last", [.init(address: "10.42.2.1")]))
            try await programmed(node, "10.42.2.1:80")
            let table = try await Command("nft", "list", "map", "inet", node.instance.tableName, "service-addresses").output()
            for number in 0..<40 { #expect(table.contains("10.43.1.\(number) ") == (number >= 20), "web-\(number)") }
        }
    }

    @Test("A table that someone else removed comes back by itself", .timeLimit(.minutes(1)))
    func recovery() async throws {
        try await withProxy { node in
            _ = try await node.client.create(.services, NetworkObjects.service("web", ip: "10.43.0.9"))
            _ = try await node.client.create(.endpointSlices, NetworkObjects.slice("web", [.init(address: "10.42.0.2")]))
            try await programmed(node, "10.42.0.2:80")
            try await Command("nft", "flush", "ruleset").output()
            try await programmed(node, "10.42.0.2:80")
        }
    }

    @Test("The cluster DNS address answers over UDP and TCP", .timeLimit(.minutes(1)))
    func names() async throws {
        try await withProxy { node in
            _ = try await node.client.create(.services, NetworkObjects.service("web", ip: "10.43.0.9"))
            _ = try await node.client.create(.endpointSlices, NetworkObjects.slice("web", [.init(address: "10.42.0.2")]))
            try await programmed(node, "10.42.0.2:80")
            let script = """
                import socket, struct
                q = struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0) + b"".join(bytes([len(l)]) + l for l in b"web.default.svc.cluster.local".split(b".")) + b"\\0\\0\\1\\0\\1"
                u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.settimeout(5); u.connect(("10.43.0.10", 53)); u.send(q)
                print(socket.inet_ntoa(u.recv(512)[-4:]))
                t = socket.create_connection(("10.43.0.10", 53), 5)
                for i in range(2):
                    t.sendall(struct.pack(">H", len(q)) + q)
                    n = struct.unpack(">H", t.recv(2, socket.MSG_WAITALL))[0]
                    print(socket.inet_ntoa(t.recv(n, socket.MSG_WAITALL)[-4:]))
                """
            #expect(try await CommandRunner().output("python3", "-c", script) == "10.43.0.9\n10.43.0.9\n10.43.0.9\n")
        }
    }

    /// Waits until the table in the kernel holds `text`: every change of it ends a wait.
    private func programmed(_ node: Node, _ text: String) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            let table = try await Command("nft", "list", "table", "inet", node.instance.tableName).run()
            if table.output.contains(text) { return }
            await Task.yield()
        }
        throw CommandRunner.Failure(description: "no rule leads to \(text)")
    }
}
