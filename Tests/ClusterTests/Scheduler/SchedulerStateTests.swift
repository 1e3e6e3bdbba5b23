import APIMachinery
import Testing

@testable import Cluster

private let now = Timestamp("2026-01-01T12:00:00Z")!

struct SchedulerStateTests {
    static func node(
        _ name: String, cpu: String = "4", memory: String = "8Gi", pods: String = "10", _ spec: JSON = [:],
        labels: [String: String] = [:]
    ) -> Object {
        var node = Object(
            .nodes, name: name,
            ["spec": spec, "status": ["allocatable": ["cpu": .string(cpu), "memory": .string(memory), "pods": .string(pods)]]])
        node.labels = labels
        return node
    }

    static func pod(_ name: String, cpu: String = "1", _ spec: JSON = [:]) -> Object {
        var pod = Object(.pods, namespace: "default", name: name, ["spec": spec])
        pod.uid = "uid-\(name)"
        if pod.spec["containers"] == nil {
            pod["spec", "containers"] = [["name": "main", "resources": ["requests": ["cpu": .string(cpu)]]]]
        }
        return pod
    }

    /// All decisions to be had, as `pod@node` or `pod: message`.
    static func decide(_ state: inout SchedulerState, now: Timestamp = now) -> [String] {
        var decisions: [String] = []
        while let decision = state.next(now: now) {
            switch decision {
            case .bind(let pod, let node): decisions.append("\(pod.name)@\(node)")
            case .unschedulable(let pod, let message): decisions.append("\(pod.name): \(message)")
            case .gated(let pod): decisions.append("\(pod.name) gated")
            }
        }
        return decisions
    }

    @Test("Requests beyond all measure fit nowhere, and their going leaves the room that was", .timeLimit(.minutes(1)))
    func immense() {
        let amount: JSON = ["resources": ["requests": ["cpu": "9223372036854775807", "memory": "9223372036854775807", "example.com/x": "9223372036854775807"]]]
        var immense = Self.pod("immense", ["containers": [amount, amount], "initContainers": [amount, amount], "overhead": ["memory": "9223372036854775807"]])
        var state = SchedulerState()
        state.nodeChanged(Self.node("a", cpu: "2"))
        state.nodeChanged(Self.node("b", cpu: "-9223372036854775807", memory: "-9223372036854775807"))
        state.podChanged(immense)
        #expect(Self.decide(&state).first?.hasPrefix("immense: 0/2 nodes are available") == true)
        // Placed by its creator, twice, it takes the node whole.
        immense["spec", "nodeName"] = "a"
        var second = immense
        second.uid = "second"
        state.podChanged(immense)
        state.podChanged(second)
        state.podChanged(Self.pod("p"))
        #expect(Self.decide(&state).first?.hasPrefix("p: ") == true)
        state.podGone(immense)
        state.podGone(second)
        #expect(Self.decide(&state) == ["p@a"])
    }

    @Test("Each decision sees the room that those before it took", .timeLimit(.minutes(1)))
    func room() {
        var state = SchedulerState()
        state.nodeChanged(Self.node("a", cpu: "2"))
        state.nodeChanged(Self.node("b", cpu: "2"))
        for name in ["p1", "p2", "p3", "p4", "p5"] { state.podChanged(Self.pod(name)) }
        let decisions = Self.decide(&state)
        #expect(decisions.prefix(4).map { $0.suffix(1) }.sorted() == ["a", "a", "b", "b"])
        #expect(
            decisions.last
                == "p5: 0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod."
        )
        // An event that brings nothing new wakes nobody; a pod that goes does.
        state.nodeChanged(Self.node("a", cpu: "2"))
        #expect(Self.decide(&state).isEmpty)
        state.podGone(Self.pod("p1"))
        #expect(Self.decide(&state).first?.hasPrefix("p5@") == true)
    }

    @Test("Higher priority goes first, then first come", .timeLimit(.minutes(1)))
    func order() {
        var state = SchedulerState()
        state.nodeChanged(Self.node("a"))
        state.podChanged(Self.pod("low"))
        state.podChanged(Self.pod("later"))
        state.podChanged(Self.pod("high", ["priority": 10]))
        #expect(Self.decide(&state) == ["high@a", "low@a", "later@a"])
    }

    struct Case: Sendable, CustomStringConvertible {
        var description: String
        var node: Object
        var pod: Object
        var message: String?
    }

    static let taint: JSON = ["taints": [["key": "dedicated", "value": "db", "effect": "NoSchedule"]]]
    static let cases: [Case] = [
        Case(
            description: "an untolerated taint", node: node("a", taint), pod: pod("p"),
            message:
                "0/1 nodes are available: 1 node(s) had untolerated taint {dedicated: db}. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
        ),
        Case(
            description: "a tolerated taint", node: node("a", taint),
            pod: pod("p", ["tolerations": [["key": "dedicated", "operator": "Exists"]]]), message: nil),
        Case(
            description: "a node that takes no pods", node: node("a", ["unschedulable": true]), pod: pod("p"),
            message: "1 node(s) were unschedulable"),
        Case(
            description: "a node selector", node: node("a"), pod: pod("p", ["nodeSelector": ["disk": "ssd"]]),
            message: "1 node(s) didn't match Pod's node affinity/selector"),
        Case(
            description: "a node affinity that holds", node: node("a", labels: ["zone": "x"]),
            pod: pod(
                "p",
                [
                    "affinity": [
                        "nodeAffinity": [
                            "requiredDuringSchedulingIgnoredDuringExecution": [
                                "nodeSelectorTerms": [
                                    ["matchExpressions": [["key": "zone", "operator": "In", "values": ["x", "y"]]]]
                                ]
                            ]
                        ]
                    ]
                ]), message: nil),
        Case(description: "too many pods", node: node("a", pods: "0"), pod: pod("p"), message: "1 Too many pods"),
        Case(
            description: "an extended resource", node: node("a"),
            pod: pod("p", ["containers": [["name": "main", "resources": ["requests": ["example.com/gpu": "1"]]]]]),
            message: "1 Insufficient example.com/gpu"),
        Case(
            description: "an init container larger than the rest", node: node("a", cpu: "2"),
            pod: pod(
                "p",
                [
                    "initContainers": [["name": "init", "resources": ["requests": ["cpu": "3"]]]],
                    "containers": [["name": "main", "resources": ["requests": ["cpu": "1"]]]],
                ]), message: "1 Insufficient cpu"),
        Case(
            description: "a claim that does not exist", node: node("a"),
            pod: pod("p", ["volumes": [["name": "d", "persistentVolumeClaim": ["claimName": "d"]]]]),
            message: "0/1 nodes are available: persistentvolumeclaim \"d\" not found."),
    ]

    @Test("Which node takes which pod", .timeLimit(.minutes(1)), arguments: cases)
    func filters(_ test: Case) {
        var state = SchedulerState()
        state.nodeChanged(test.node)
        state.podChanged(test.pod)
        let decisions = Self.decide(&state)
        if let message = test.message {
            #expect(decisions.count == 1 && decisions[0].contains(message), "\(decisions)")
        } else {
            #expect(decisions == ["p@a"])
        }
    }

    @Test("Host ports meet only on the same address and protocol", .timeLimit(.minutes(1)))
    func hostPorts() {
        func web(_ name: String, ip: String? = nil) -> Object {
            var port: JSON = ["containerPort": 80, "hostPort": 8080]
            if let ip { port.set(.string(ip), at: ["hostIP"]) }
            return Self.pod(name, ["containers": [["name": "main", "ports": [port]]]])
        }
        var state = SchedulerState()
        state.nodeChanged(Self.node("a"))
        state.podChanged(web("one", ip: "10.0.0.1"))
        state.podChanged(web("two", ip: "10.0.0.2"))
        state.podChanged(web("three"))
        let decisions = Self.decide(&state)
        #expect(decisions.prefix(2) == ["one@a", "two@a"])
        #expect(decisions[2].contains("1 node(s) didn't have free ports for the requested pod ports"))
    }

    @Test("Without nodes pods wait for one", .timeLimit(.minutes(1)))
    func noNodes() {
        var state = SchedulerState()
        state.podChanged(Self.pod("p"))
        #expect(Self.decide(&state) == ["p: no nodes available to schedule pods"])
        state.nodeChanged(Self.node("a"))
        #expect(Self.decide(&state) == ["p@a"])
    }

    @Test("A gated pod is told of once, and placed when its gates are gone", .timeLimit(.minutes(1)))
    func gates() {
        var state = SchedulerState()
        state.nodeChanged(Self.node("a"))
        state.podChanged(Self.pod("p", ["schedulingGates": [["name": "wait"]]]))
        state.podChanged(Self.pod("p", ["schedulingGates": [["name": "wait"]]]))
        #expect(Self.decide(&state) == ["p gated"])
        state.podChanged(Self.pod("p"))
        #expect(Self.decide(&state) == ["p@a"])
    }

    @Test("A binding that the server refused gives the room back and waits", .timeLimit(.minutes(1)))
    func refused() {
        var state = SchedulerState()
        state.nodeChanged(Self.node("a", cpu: "1"))
        state.podChanged(Self.pod("p"))
        #expect(Self.decide(&state) == ["p@a"])
        state.bindFailed(Self.pod("p"), isPodGone: false, now: now)
        #expect(Self.decide(&state).isEmpty)
        #expect(state.nextDeadline == now + .seconds(1))
        #expect(Self.decide(&state, now: now + .seconds(1)) == ["p@a"])
        state.bindFailed(Self.pod("p"), isPodGone: false, now: now)
        #expect(state.nextDeadline == now + .seconds(2))
    }

    @Test("Pods heard of before their node count on it", .timeLimit(.minutes(1)))
    func early() {
        var state = SchedulerState()
        state.podChanged(
            Self.pod("p", ["nodeName": "a", "containers": [["name": "main", "resources": ["requests": ["cpu": "4"]]]]]))
        state.nodeChanged(Self.node("a"))
        state.podChanged(Self.pod("q"))
        #expect(Self.decide(&state).first?.contains("Insufficient cpu") == true)
    }
}
