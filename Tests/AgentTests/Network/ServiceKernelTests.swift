import APIMachinery
import Agent
import TestSupport
import Testing

/// The rules in a real kernel, between real TCP servers in namespaces that stand for pods.
@Suite(.inNetworkNamespace(), .serialized)
struct ServiceKernelTests {
    typealias Endpoint = NetworkObjects.Endpoint

    /// A node with pods (one BusyBox web server each, which answers with its own address) and its table.
    private final class Node {
        let namespace: NetworkNamespace
        let directory: String
        let instance = Instance(dataDirectory: "/test")
        let podNetwork = PodNetwork(podCIDR: "10.42.0.0/16")
        var services: ServiceTable = ServiceTable(nodeName: "node")
        var applied: Ruleset?
        private var pods: [(NetworkNamespace, LoggedProcess)] = []

        init(_ directory: String) async throws {
            namespace = try #require(InNetworkNamespace.current)
            self.directory = directory
            try await podNetwork.prepare()
        }

        private var network: ServiceNetwork { ServiceNetwork(instance) }

        /// Applies what the services have become, as the proxy does.
        func apply() async throws {
            let next = services.outcome().ruleset
            if let applied {
                let transaction = next.transaction(from: applied, table: instance.tableName)
                try await Command("nft", "-f", "-").output(input: transaction)
            } else {
                try await replace()
            }
            applied = next
        }

        func replace() async throws {
            try await network.replace(podCIDR: "10.42.0.0/16", serviceCIDR: "10.43.0.0/16", content: services.outcome().ruleset)
        }

        /// Links a namespace as the CNI plugin ptp does.
        func addPod(_ address: String) async throws -> NetworkNamespace {
            let pod = try await NetworkNamespace.make("pod")
            let link = "veth\(address.split(separator: ".").last ?? "")"
            try await Command("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", pod.name).output()
            try await Command("ip", "-batch", "-").output(
                input: """
                    address add 10.42.0.1/32 dev \(link)
                    link set \(link) up
                    route add \(address)/32 dev \(link)

                    """)
            try await pod.runner.output(
                ["ip", "-batch", "-"],
                input: """
                    address add \(address)/32 dev eth0
                    link set eth0 up
                    route add 10.42.0.1/32 dev eth0
                    route add default via 10.42.0.1

                    """)
            let root = "\(directory)/\(address)"
            try await CommandRunner().output("mkdir", root)
            try await CommandRunner().output(["tee", "\(root)/index.html"], input: address)
            let server = try LoggedProcess(["busybox", "httpd", "-f", "-p", "80", "-h", root], namespace: pod, log: "\(root).log")
            pods.append((pod, server))
            try await pod.runner.output(
                "curl", "--silent", "--retry", "50", "--retry-delay", "0", "--retry-connrefused", "--retry-max-time", "10", "http://127.0.0.1/")
            return pod
        }

        func remove() async throws {
            for (pod, server) in pods {
                try await server.kill()
                try await pod.remove()
            }
            try await network.remove()
            try await podNetwork.remove()
        }
    }

    private func withNode(_ body: (Node) async throws -> Void) async throws {
        try await TemporaryDirectory.with { directory in
            let node = try await Node(directory.path)
            do {
                try await body(node)
            } catch {
                try await node.remove()
                throw error
            }
            try await node.remove()
        }
    }

    /// The answer's body, or curl's exit code (7: refused, 28: silence).
    private func get(_ url: String, from runner: CommandRunner = CommandRunner()) async throws -> String {
        let outcome = try await runner.run(["curl", "--silent", "--max-time", "3", url])
        return outcome.isSuccess ? outcome.output : "curl \(outcome.exitCode ?? -1)"
    }

    @Test("A cluster IP answers the node and pods, also the pod behind it", .timeLimit(.minutes(1)))
    func clusterIP() async throws {
        try await withNode { node in
            let first = try await node.addPod("10.42.0.2")
            let second = try await node.addPod("10.42.0.3")
            node.services.setService(NetworkObjects.service("web", ip: "10.43.0.9", port: 8080), isDeleted: false)
            node.services.setSlice(NetworkObjects.slice("web", [Endpoint(address: "10.42.0.2")]), isDeleted: false)
            try await node.apply()
            #expect(try await get("http://10.43.0.9:8080/") == "10.42.0.2")
            #expect(try await get("http://10.43.0.9:8080/", from: second.runner) == "10.42.0.2")
            #expect(try await get("http://10.43.0.9:8080/", from: first.runner) == "10.42.0.2", "through itself")
        }
    }

    @Test("Connections spread over the endpoints; with client affinity they stay", .timeLimit(.minutes(1)))
    func balance() async throws {
        try await withNode { node in
            _ = try await node.addPod("10.42.0.2")
            _ = try await node.addPod("10.42.0.3")
            let slice = NetworkObjects.slice("web", [Endpoint(address: "10.42.0.2"), Endpoint(address: "10.42.0.3")])
            node.services.setSlice(slice, isDeleted: false)
            node.services.setService(NetworkObjects.service("web", ip: "10.43.0.9"), isDeleted: false)
            try await node.apply()
            // 30 choices of two fall on one side with a probability of 2 in a billion.
            let urls = Array(repeating: "http://10.43.0.9/", count: 30)
            func answers() async throws -> Set<Substring> {
                let text = try await CommandRunner().output(
                    ["curl", "--silent", "--max-time", "10", "--header", "Connection: close", "--write-out", "\n"] + urls)
                return Set(text.split(separator: "\n"))
            }
            #expect(try await answers() == ["10.42.0.2", "10.42.0.3"])

            node.services.setService(
                NetworkObjects.service("web", ip: "10.43.0.9", extra: ["sessionAffinity": "ClientIP"]), isDeleted: false)
            try await node.apply()
            #expect(try await answers().count == 1)
        }
    }

    @Test("A node port answers on every address of the node, loopback included", .timeLimit(.minutes(1)))
    func nodePort() async throws {
        try await withNode { node in
            _ = try await node.addPod("10.42.0.2")
            let client = try await node.namespace.makeClient()
            node.services.setService(NetworkObjects.service("web", ip: "10.43.0.9", nodePort: 30080), isDeleted: false)
            node.services.setSlice(NetworkObjects.slice("web", [Endpoint(address: "10.42.0.2")]), isDeleted: false)
            try await node.apply()
            #expect(try await get("http://127.0.0.1:30080/") == "10.42.0.2")
            #expect(try await get("http://192.0.2.1:30080/") == "10.42.0.2")
            #expect(try await get("http://192.0.2.1:30080/", from: client.runner) == "10.42.0.2")
            #expect(try await get("http://10.43.0.9/", from: client.runner) == "10.42.0.2")
            try await client.remove()
        }
    }

    @Test("Loopback stays closed to the network", .timeLimit(.minutes(1)))
    func loopbackGuard() async throws {
        try await withNode { node in
            let client = try await node.namespace.makeClient()
            try await node.apply()
            try await CommandRunner().output("mkdir", "\(node.directory)/private")
            try await CommandRunner().output(["tee", "\(node.directory)/private/index.html"], input: "private")
            let server = try LoggedProcess(
                ["busybox", "httpd", "-f", "-p", "127.0.0.1:9000", "-h", "\(node.directory)/private"], namespace: node.namespace,
                log: "\(node.directory)/server.log")
            try await node.namespace.runner.output(
                "curl", "--silent", "--retry", "50", "--retry-delay", "0", "--retry-connrefused", "--retry-max-time", "10",
                "http://127.0.0.1:9000/")
            // A neighbour that routes 127.0.0.1 to us.
            try await client.runner.output("sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1")
            try await client.runner.output("ip", "route", "del", "local", "127.0.0.1", "dev", "lo", "table", "local")
            try await client.runner.output("ip", "route", "del", "local", "127.0.0.0/8", "dev", "lo", "table", "local")
            try await client.runner.output("ip", "route", "add", "127.0.0.0/8", "via", "192.0.2.1", "src", "192.0.2.2")
            #expect(try await get("http://127.0.0.1:9000/", from: client.runner) == "curl 28")
            try await server.kill()
            try await client.remove()
        }
    }

    @Test("A service without endpoints refuses at once, and so does the rest of the service range", .timeLimit(.minutes(1)))
    func refusal() async throws {
        try await withNode { node in
            let pod = try await node.addPod("10.42.0.2")
            node.services.setService(
                NetworkObjects.service("web", ip: "10.43.0.9", nodePort: 30080, extra: ["externalIPs": ["198.51.100.7"]]), isDeleted: false)
            try await node.apply()
            try await Command("ip", "route", "add", "198.51.100.0/24", "dev", "lo").output()
            for runner in [CommandRunner(), pod.runner] {
                #expect(try await get("http://10.43.0.9/", from: runner) == "curl 7")
                #expect(try await get("http://10.43.0.9:81/", from: runner) == "curl 7")
                #expect(try await get("http://10.43.77.77/", from: runner) == "curl 7")
                #expect(try await get("http://198.51.100.7/", from: runner) == "curl 7")
                #expect(try await get("http://10.42.0.1:30080/", from: runner) == "curl 7")
            }
            // No pod has it: no silence, and no way out of the machine.
            #expect(try await get("http://10.42.0.99/") == "curl 7")
            try await Command("ip", "route", "del", "198.51.100.0/24").output()
        }
    }

    @Test("Datagrams are translated", .timeLimit(.minutes(1)))
    func datagrams() async throws {
        try await withNode { node in
            let pod = try await node.addPod("10.42.0.2")
            node.services.setService(NetworkObjects.service("dns", ip: "10.43.0.10", port: 53, transport: "UDP"), isDeleted: false)
            node.services.setSlice(NetworkObjects.slice("dns", [Endpoint(address: "10.42.0.2")], port: 5353, transport: "UDP"), isDeleted: false)
            try await node.apply()
            let echo = """
                import socket
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", 5353)); print("bound", flush=True)
                d, a = s.recvfrom(100); s.sendto(d[::-1], a)
                """
            let server = try LoggedProcess(["python3", "-c", echo], namespace: pod, log: "\(node.directory)/echo.log")
            _ = try await server.line(within: .seconds(10)) { $0 == "bound" }
            let ask = """
                import socket
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5); s.connect(("10.43.0.10", 53)); s.send(b"abc")
                print(s.recv(100).decode())
                """
            #expect(try await CommandRunner().output("python3", "-c", ask) == "cba\n")
            try await server.kill()
        }
    }

    @Test("While endpoints change places no request fails, nor while the table is replaced", .timeLimit(.minutes(2)))
    func swap() async throws {
        try await withNode { node in
            _ = try await node.addPod("10.42.0.2")
            _ = try await node.addPod("10.42.0.3")
            node.services.setService(NetworkObjects.service("web", ip: "10.43.0.9"), isDeleted: false)
            node.services.setSlice(NetworkObjects.slice("web", [Endpoint(address: "10.42.0.2")]), isDeleted: false)
            try await node.apply()
            let script = """
                import http.client, sys
                failed = 0
                for i in range(1500):
                    try:
                        c = http.client.HTTPConnection("10.43.0.9", 80, timeout=5); c.request("GET", "/"); r = c.getresponse()
                        failed += r.status != 200 or not r.read().startswith(b"10.42.0."); c.close()
                    except OSError as e:
                        failed += 1; print(i, e)
                    if i == 0: print("begun", flush=True)
                print("failed", failed, flush=True)
                """
            let client = try LoggedProcess(["python3", "-c", script], namespace: node.namespace, log: "\(node.directory)/client.log")
            _ = try await client.line(within: .seconds(20)) { $0 == "begun" }
            var changes = 0
            while !client.handle.hasExited && changes < 200 {
                let address = changes % 2 == 0 ? "10.42.0.3" : "10.42.0.2"
                node.services.setSlice(NetworkObjects.slice("web", [Endpoint(address: address)]), isDeleted: false)
                try await node.apply()
                if changes % 5 == 0 { try await node.replace() }
                changes += 1
            }
            await client.handle.waitForExit(within: .seconds(60))
            #expect(client.output == "begun\nfailed 0\n")
            #expect(changes >= 10)
        }
    }

    @Test("Every golden ruleset is accepted by nft, and leaves an empty table when withdrawn", .timeLimit(.minutes(1)))
    func goldens() async throws {
        try await withNode { node in
            for sample in RulesetTests.cases {
                for service in sample.services { node.services.setService(service, isDeleted: false) }
                for slice in sample.slices { node.services.setSlice(slice, isDeleted: false) }
                for pod in sample.pods { node.services.setPod(pod, isDeleted: false) }
                try await node.apply()
                for service in sample.services { node.services.setService(service, isDeleted: true) }
                for slice in sample.slices { node.services.setSlice(slice, isDeleted: true) }
                for pod in sample.pods { node.services.setPod(pod, isDeleted: true) }
                try await node.apply()
                let listing = try await Command("nft", "list", "table", "inet", node.instance.tableName).output()
                #expect(!listing.contains("elements") && !listing.contains("/default/"), "\(sample.name)")
            }
        }
    }

    @Test("Removing the table closes loopback again, unless another instance guards it", .timeLimit(.minutes(1)))
    func removal() async throws {
        try await withNode { node in
            func routeLocalnet() async throws -> String { try await CommandRunner().output("sysctl", "-n", "net.ipv4.conf.all.route_localnet") }
            try await node.apply()
            let other = ServiceNetwork(Instance(dataDirectory: "/other"))
            // The other instance's gateway, which its pod network would have brought.
            try await CommandRunner().output("ip", "address", "add", "10.44.0.1/32", "dev", "lo")
            try await other.replace(podCIDR: "10.44.0.0/16", serviceCIDR: "10.45.0.0/16", content: Ruleset())
            #expect(try await routeLocalnet() == "1\n")
            try await ServiceProxy.removeTable(node.instance)
            #expect(try await routeLocalnet() == "1\n")
            try await other.remove()
            #expect(try await routeLocalnet() == "0\n")
            #expect(try await Command("nft", "list", "tables").output() == "")
            #expect(try await Command("ip", "-4", "route", "show", "dev", "lo").output() == "")
        }
    }
}
