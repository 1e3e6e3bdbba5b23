import APIMachinery
import Testing

@testable import Agent

@Suite(.timeLimit(.minutes(1)))
struct ResourceTests {
    @Test("CPU shares are 1024 a processor, at least 2", arguments: [(0, 2), (1, 2), (100, 102), (1000, 1024), (2500, 2560)])
    func shares(milli: Int64, expected: Int64) { #expect(CPU.shares(milli: milli) == expected) }

    @Test("A CPU quota is a part of 100 ms, at least 1 ms", arguments: [(1, 1000), (100, 10_000), (1000, 100_000), (1500, 150_000)])
    func quota(milli: Int64, expected: Int64) { #expect(CPU.quota(milli: milli) == expected) }

    @Test(
        "Quality of service follows requests and limits",
        arguments: [
            QoSCase([:], .bestEffort), QoSCase(["requests": ["cpu": "1"]], .burstable),
            QoSCase(["limits": ["cpu": "1", "memory": "1Gi"]], .guaranteed),
            QoSCase(["limits": ["cpu": "1", "memory": "1Gi"], "requests": ["cpu": "500m"]], .burstable),
            QoSCase(["limits": ["cpu": "1000m", "memory": "1Gi"], "requests": ["cpu": "1", "memory": "1024Mi"]], .guaranteed),
        ])
    func qos(row: QoSCase) {
        #expect(QualityOfService(spec: ["containers": [["name": "a", "resources": row.resources]]]) == row.expected)
    }

    struct QoSCase: Sendable {
        var resources: JSON
        var expected: QualityOfService
        init(_ resources: JSON, _ expected: QualityOfService) {
            self.resources = resources
            self.expected = expected
        }
    }

    @Test("A pod's own limit is the sum of its containers', or its largest init container's")
    func podLimits() {
        func container(_ name: String, _ cpu: String) -> JSON {
            ["name": .string(name), "image": "i", "resources": ["limits": ["cpu": .string(cpu), "memory": "64Mi"]]]
        }
        let limits = PodLimits(Pod(.pod(containers: [container("a", "1"), container("b", "500m")], initial: [container("c", "3")])))
        #expect(limits.cpuQuota == 300_000)
        #expect(limits.memoryBytes == 128 << 20)
        #expect(PodLimits(Pod(.pod())).cpuQuota == nil)
    }

    @Test("The total memory is read from /proc/meminfo")
    func memory() { #expect(NodeResources.memoryTotal("Foo: 1 kB\nMemTotal:       2048 kB\n") == 2 << 20) }

    @Test(
        "Image references are told from what is none",
        arguments: [
            ("nginx", true), ("nginx:1.27", true), ("docker.io/library/nginx:1", true), ("localhost:5000/a/b:c", true),
            ("ghcr.io/a/b@sha256:" + String(repeating: "a", count: 64), true), ("Nginx", false), ("nginx:", false), ("", false),
            ("a//b", false), ("-a", false), ("nginx:a b", false), ("nginx@sha256:xyz", false),
        ])
    func imageReferences(text: String, isValid: Bool) { #expect(ImageReference.isValid(text) == isValid) }

    @Test("The registry of a reference", arguments: [("nginx", "docker.io"), ("a/b", "docker.io"), ("ghcr.io/a/b", "ghcr.io"), ("localhost:5000/a", "localhost:5000")])
    func registry(text: String, expected: String) { #expect(ImageReference.registry(of: text) == expected) }

    @Test("Pull secrets give the credentials of their registry")
    func pullSecrets() {
        let json = #"{"auths":{"https://index.docker.io/v1/":{"auth":"dXNlcjpwYXNz"},"ghcr.io":{"username":"u","password":"p"}}}"#
        let data = [".dockerconfigjson": Array(json.utf8)]
        #expect(PullSecrets.credentials(in: data, registry: "docker.io").map(\.username) == ["user"])
        #expect(PullSecrets.credentials(in: data, registry: "docker.io").map(\.password) == ["pass"])
        #expect(PullSecrets.credentials(in: data, registry: "ghcr.io").map(\.password) == ["p"])
        #expect(PullSecrets.credentials(in: data, registry: "quay.io").isEmpty)
    }
}
