import APIMachinery
import Agent
import TestSupport
import Testing

struct RulesetTests {
    typealias Endpoint = NetworkObjects.Endpoint

    private func table(_ services: [Object], _ slices: [Object] = [], pods: [Object] = []) -> ServiceTable {
        var table = ServiceTable(nodeName: "node")
        for service in services { table.setService(service, isDeleted: false) }
        for slice in slices { table.setSlice(slice, isDeleted: false) }
        for pod in pods { table.setPod(pod, isDeleted: false) }
        return table
    }

    private func ruleset(_ services: [Object], _ slices: [Object] = [], pods: [Object] = []) -> Ruleset {
        var table = table(services, slices, pods: pods)
        return table.outcome().ruleset
    }

    private func text(_ table: ServiceTable) -> String {
        var table = table
        return table.outcome().ruleset.transaction(from: Ruleset(), table: "t")
    }

    private static let two = [Endpoint(address: "10.42.0.3"), Endpoint(address: "10.42.0.2")]

    struct Sample: Sendable, CustomTestStringConvertible {
        var name: String
        var services: [Object]
        var slices: [Object]
        var pods: [Object]
        var testDescription: String { name }

        init(_ name: String, _ services: [Object], _ slices: [Object] = [], pods: [Object] = []) {
            self.name = name
            self.services = services
            self.slices = slices
            self.pods = pods
        }
    }

    static let cases = [
        Sample("cluster-ip", [NetworkObjects.service("web", ip: "10.43.0.9")], [NetworkObjects.slice("web", two, port: 8080)]),
        Sample("one-endpoint", [NetworkObjects.service("web", ip: "10.43.0.9")], [NetworkObjects.slice("web", [two[0]])]),
        Sample("no-endpoint", [NetworkObjects.service("web", ip: "10.43.0.9", nodePort: 30080, extra: ["externalIPs": ["192.0.2.9"]])]),
        Sample("node-port", [NetworkObjects.service("web", ip: "10.43.0.9", nodePort: 30080)], [NetworkObjects.slice("web", two)]),
        Sample(
            "load-balancer",
            [
                NetworkObjects.service(
                    "web", ip: "10.43.0.9", nodePort: 30080, extra: ["type": "LoadBalancer"],
                    status: ["loadBalancer": ["ingress": [["ip": "192.0.2.10"], ["ip": "192.0.2.11", "ipMode": "Proxy"]]]])
            ], [NetworkObjects.slice("web", two)]),
        Sample(
            "client-affinity", [NetworkObjects.service("web", ip: "10.43.0.9", extra: ["sessionAffinity": "ClientIP"])],
            [NetworkObjects.slice("web", two)]),
        Sample(
            "local-policy",
            [NetworkObjects.service("web", ip: "10.43.0.9", nodePort: 30080, extra: ["externalTrafficPolicy": "Local"])],
            [NetworkObjects.slice("web", [two[0], Endpoint(address: "10.42.9.9", node: "other")])]),
        Sample(
            "local-policy-elsewhere",
            [NetworkObjects.service("web", ip: "10.43.0.9", nodePort: 30080, extra: ["externalTrafficPolicy": "Local"])],
            [NetworkObjects.slice("web", [Endpoint(address: "10.42.9.9", node: "other")])]),
        Sample(
            "datagrams", [NetworkObjects.service("dns", ip: "10.43.0.10", port: 53, transport: "UDP")],
            [NetworkObjects.slice("dns", [two[0]], port: 5353, transport: "UDP")]),
        Sample("headless", [NetworkObjects.service("db", ip: "None")], [NetworkObjects.slice("db", two)]),
        Sample(
            "host-port", [],
            pods: [
                NetworkObjects.pod("a", ip: "10.42.0.2", hostPort: 8080),
                NetworkObjects.pod("b", ip: "10.42.0.3", hostPort: 8081, hostIP: "192.0.2.1"),
                NetworkObjects.pod("done", ip: "10.42.0.4", hostPort: 8082, phase: "Succeeded"),
            ]),
    ]

    @Test("Rules of a service", .timeLimit(.minutes(1)), arguments: cases)
    func rules(_ sample: Sample) {
        expectGolden(text(table(sample.services, sample.slices, pods: sample.pods)), "\(sample.name).nft")
    }

    static let readiness: [(String, [Endpoint], Set<String>)] = [
        ("unready endpoints are left out", [Endpoint(address: "10.42.0.2"), Endpoint(address: "10.42.0.3", ready: false)], ["10.42.0.2"]),
        (
            "a terminating endpoint is left out while another is ready",
            [Endpoint(address: "10.42.0.2"), Endpoint(address: "10.42.0.3", ready: false, serving: true, terminating: true)], ["10.42.0.2"]
        ),
        (
            "with none ready, those that serve while terminating take over",
            [Endpoint(address: "10.42.0.2", ready: false, serving: true, terminating: true),
                Endpoint(address: "10.42.0.3", ready: false, serving: false, terminating: true)], ["10.42.0.2"]
        ),
        ("an unready endpoint never serves", [Endpoint(address: "10.42.0.2", ready: false)], []),
    ]

    @Test("Readiness decides endpoints", .timeLimit(.minutes(1)), arguments: readiness)
    func endpoints(_ sample: (String, [Endpoint], Set<String>)) {
        var table = table([NetworkObjects.service("web", ip: "10.43.0.9")], [NetworkObjects.slice("web", sample.1)])
        #expect(table.outcome().addresses == sample.2, "\(sample.0)")
    }

    @Test("A changed endpoint touches its service's chain and nothing else", .timeLimit(.minutes(1)))
    func minimalTransaction() {
        var table = table(
            [NetworkObjects.service("web", ip: "10.43.0.9"), NetworkObjects.service("other", ip: "10.43.0.8")],
            [NetworkObjects.slice("web", [Self.two[0]]), NetworkObjects.slice("other", [Self.two[1]])])
        let before = table.outcome().ruleset
        table.setSlice(NetworkObjects.slice("web", [Endpoint(address: "10.42.0.7")]), isDeleted: false)
        let after = table.outcome().ruleset
        #expect(
            after.transaction(from: before, table: "t") == """
                flush chain inet t svc/default/web/tcp-80
                add rule inet t svc/default/web/tcp-80 meta l4proto tcp dnat ip to 10.42.0.7:80
                delete element inet t hairpins { 10.42.0.3 . 10.42.0.3 }
                add element inet t hairpins { 10.42.0.7 . 10.42.0.7 }

                """)
        #expect(after.transaction(from: after, table: "t") == "")
    }

    @Test("A deleted service leaves nothing behind", .timeLimit(.minutes(1)))
    func deletion() {
        let service = NetworkObjects.service("web", ip: "10.43.0.9", nodePort: 30080, extra: ["sessionAffinity": "ClientIP"])
        let slice = NetworkObjects.slice("web", Self.two)
        var table = table([service], [slice])
        _ = table.outcome()
        table.setService(service, isDeleted: true)
        table.setSlice(slice, isDeleted: true)
        #expect(table.outcome().ruleset == Ruleset())
    }

    @Test("Of two services with one address the first by name has it, whatever the order of events", .timeLimit(.minutes(1)))
    func conflict() {
        let first = NetworkObjects.service("a", ip: "10.43.0.9", extra: ["externalIPs": ["192.0.2.9"]])
        let second = NetworkObjects.service("b", ip: "10.43.0.8", extra: ["externalIPs": ["192.0.2.9"]])
        let slices = [NetworkObjects.slice("a", [Self.two[0]]), NetworkObjects.slice("b", [Self.two[1]])]
        let element = Ruleset.Element(.serviceAddresses, "192.0.2.9 . tcp . 80")
        for services in [[first, second], [second, first]] {
            var table = table(services, slices)
            #expect(table.outcome().ruleset.elements[element] == "goto svc/default/a/tcp-80")
        }
    }

    /// The kernel takes no longer name (NFT_NAME_MAXLEN, with its NUL), and one rule that it refuses
    /// keeps all the others out.
    @Test("Names of chains and sets fit the kernel, and stay apart", .timeLimit(.minutes(1)))
    func longNames() {
        let pods = ["a", "b"].map { NetworkObjects.pod(String(repeating: "x", count: 252) + $0, ip: "10.42.0.2", hostPort: 8080) }
        let names = pods.flatMap { ruleset([], pods: [$0]).chains.keys }
        #expect(Set(names).count == 2)
        let long = String(repeating: "s", count: 63)
        let service = NetworkObjects.service(long, ip: "10.43.0.9", port: 65535, extra: ["sessionAffinity": "ClientIP"])
        let rules = ruleset([service], [NetworkObjects.slice(long, [Endpoint(address: "255.255.255.255")], port: 65535)])
        #expect((names + rules.chains.keys + rules.affinities.keys).allSatisfy { $0.utf8.count <= 255 })
    }

    @Test("Numbers that nft would refuse do not reach it", .timeLimit(.minutes(1)), arguments: [Int64.min, -1, 0, 65_536, .max])
    func absurdNumbers(number: Int64) {
        var service = NetworkObjects.service("web", ip: "10.43.0.9", extra: ["sessionAffinity": "ClientIP"])
        service.set(["clientIP": ["timeoutSeconds": .int(number)]], at: ["spec", "sessionAffinityConfig"])
        let good = ruleset([service], [NetworkObjects.slice("web", [Self.two[0]])])
        #expect(good.affinities.values.allSatisfy { (1...86_400).contains($0) })
        var slice = NetworkObjects.slice("web", [Self.two[0]])
        slice.set([["name": "main", "port": .int(number), "protocol": "TCP"]], at: ["ports"])
        #expect(ruleset([service], [slice]).chains.isEmpty)
        service.set([["name": "main", "port": .int(number), "protocol": "TCP"]], at: ["spec", "ports"])
        #expect(ruleset([service], [NetworkObjects.slice("web", [Self.two[0]])]).chains.isEmpty)
    }
}
