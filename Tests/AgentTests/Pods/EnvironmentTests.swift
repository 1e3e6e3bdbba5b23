import APIMachinery
import Testing

@testable import Agent

@Suite(.timeLimit(.minutes(1)))
struct EnvironmentTests {
    @Test(
        "$(NAME) is replaced where NAME is set, $$ is a dollar, and the rest stays",
        arguments: [
            ("plain", "plain"), ("$(A)", "1"), ("x$(A)y$(B)z", "x1y2z"), ("$(C)", "$(C)"), ("$$(A)", "$(A)"), ("$$$(A)", "$1"),
            ("$", "$"), ("$(A", "$(A"), ("$x", "$x"), ("$()", "$()"), ("100%$$", "100%$"),
        ])
    func expansion(text: String, expected: String) {
        #expect(Expansion.expand(text, ["A": "1", "B": "2"]) == expected)
    }

    @Test("A service gives host, ports and links")
    func service() {
        let service = Object(
            .services, namespace: "default", name: "my-db",
            ["spec": ["clusterIP": "10.43.0.7", "ports": [["name": "sql", "port": 5432], ["name": "web-ui", "port": 80, "protocol": "TCP"]]]])
        let variables = ServiceEnvironment.variables(of: service)
        let map = Dictionary(variables.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        #expect(map["MY_DB_SERVICE_HOST"] == "10.43.0.7")
        #expect(map["MY_DB_SERVICE_PORT"] == "5432")
        #expect(map["MY_DB_SERVICE_PORT_WEB_UI"] == "80")
        #expect(map["MY_DB_PORT"] == "tcp://10.43.0.7:5432")
        #expect(map["MY_DB_PORT_80_TCP_ADDR"] == "10.43.0.7")
    }

    @Test("A headless service gives none")
    func headless() {
        let service = Object(.services, namespace: "default", name: "db", ["spec": ["clusterIP": "None", "ports": [["port": 1]]]])
        #expect(ServiceEnvironment.variables(of: service).isEmpty)
    }

    @Test("Downward fields read metadata, labels by key, and resources in units of their divisor")
    func downward() throws {
        var object = Object.pod(containers: [
            ["name": "web", "image": "i:1", "resources": ["limits": ["cpu": "1500m", "memory": "64Mi"], "requests": ["cpu": "250m"]]]
        ])
        object.labels = ["app.kubernetes.io/name": "web", "tier": "a\"b"]
        let pod = Pod(object)
        let fields = DownwardFields(
            pod: pod, nodeName: "n", podIPs: ["10.42.0.2"], hostIPs: ["192.0.2.1"],
            capacity: ["cpu": Quantity(units: 2), "memory": Quantity(units: 4 << 30)])
        #expect(try fields.value(of: "metadata.labels['app.kubernetes.io/name']") == "web")
        #expect(try fields.value(of: "metadata.labels") == "app.kubernetes.io/name=\"web\"\ntier=\"a\\\"b\"")
        #expect(try fields.value(of: "status.podIP") == "10.42.0.2")
        #expect(throws: PodProblem.self) { try fields.value(of: "spec.secret") }
        let web = pod.container("web")
        #expect(try fields.resource(["resource": "limits.cpu"], of: web) == "2")
        #expect(try fields.resource(["resource": "requests.cpu", "divisor": "1m"], of: web) == "250")
        #expect(try fields.resource(["resource": "limits.memory", "divisor": "1Mi"], of: web) == "64")
        #expect(try fields.resource(["resource": "limits.ephemeral-storage"], of: web) == "0")
    }

    @Test("resolv.conf follows the DNS policy")
    func resolver() {
        let host = "nameserver 192.0.2.53\nsearch example.org\noptions timeout:1\n"
        let served = Resolver(clusterDNS: "10.43.0.10") { host }
        let cluster = served.config(for: Pod(.pod()))
        #expect(cluster.servers == ["10.43.0.10"])
        #expect(cluster.searches == ["default.svc.cluster.local", "svc.cluster.local", "cluster.local", "example.org"])
        #expect(cluster.options == ["ndots:5"])
        #expect(served.config(for: Pod(.pod(["hostNetwork": true]))).servers == ["192.0.2.53"])
        #expect(Resolver(clusterDNS: nil) { host }.config(for: Pod(.pod())).servers == ["192.0.2.53"])
        let own = served.config(
            for: Pod(.pod(["dnsPolicy": "None", "dnsConfig": ["nameservers": ["1.1.1.1"], "options": [["name": "ndots", "value": "2"]]]])))
        #expect(own.servers == ["1.1.1.1"])
        #expect(own.options == ["ndots:2"])
    }

    @Test("The hosts file names the pod, its subdomain and its aliases")
    func hosts() {
        let pod = Pod(.pod(["subdomain": "sub", "hostAliases": [["ip": "192.0.2.7", "hostnames": ["a", "b"]]]]))
        let text = HostsFile(pod: pod, hostname: "pod", ips: ["10.42.0.2"], clusterDomain: "cluster.local").text(ofHost: "")
        #expect(text.contains("10.42.0.2\tpod.sub.default.svc.cluster.local\tpod\n"))
        #expect(text.hasSuffix("192.0.2.7\ta\tb\n"))
    }
}
