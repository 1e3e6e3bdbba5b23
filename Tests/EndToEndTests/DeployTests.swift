import Foundation
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct DeployTests {
        @Test("gitctl up deploys the example and tells where it answers; kubectl sees ordinary objects")
        func upDeploys() async throws {
            try await Host.with { host in
                let up = try await host.up()
                let commit = try await host.git("rev-parse", "--short=7", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
                #expect(up.output.contains(commit), "the live commit is named: \(up)")

                let address = try await host.kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")
                #expect(up.output.contains(address))
                let page = try await host.require("curl", "-sS", "--max-time", "5", "http://\(address)/")
                #expect(page.contains("Hello from version 1"))
                let nodePort = try await host.kubectl("get", "service", "web-public", "-o", "jsonpath={.spec.ports[0].nodePort}")
                let same = try await host.require("curl", "-sS", "--max-time", "5", "http://127.0.0.1:\(nodePort)/")
                #expect(same == page)

                #expect(try await host.kubectl("get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}") == "2")
                #expect(try await host.kubectl("rollout", "status", "deployment/web").contains("successfully rolled out"))
                try await host.kubectl("wait", "--for=condition=Complete", "job/greet", "--timeout=30s")
                #expect(try await host.kubectl("logs", "job/greet") == "Hello, gitctl")
                #expect(try await host.kubectl("get", "pvc", "data", "-o", "jsonpath={.status.phase}") == "Bound")
                #expect(try String(contentsOfFile: host.volume + "/writes", encoding: .utf8).hasPrefix("storage write\n"))
                #expect(try await host.kubectl("get", "pods").contains("Running"))
                let description = try await host.kubectl("describe", "pod", "writer")
                for event in ["Scheduled", "Pulled", "Created", "Started"] { #expect(description.contains(event), "\(description)") }
                #expect(try await host.kubectl("get", "applications", "-A").contains("example"))
            }
        }

        @Test("kubectl creates, applies, scales, and deletes by itself beside the repository")
        func kubectlWorks() async throws {
            try await Host.with { host in
                try await host.up()
                try await host.kubectl("create", "namespace", "other")
                try await host.kubectl("-n", "other", "create", "configmap", "settings", "--from-literal=a=b")
                let manifest = """
                    apiVersion: apps/v1
                    kind: Deployment
                    metadata: {name: sleeper, namespace: other}
                    spec:
                      replicas: 1
                      selector: {matchLabels: {app: sleeper}}
                      template:
                        metadata: {labels: {app: sleeper}}
                        spec:
                          terminationGracePeriodSeconds: 0
                          containers: [{name: main, image: "busybox:1.36", command: [sleep, "600"]}]
                    """
                #expect(try await host.kubectl("apply", "-f", "-", input: manifest).contains("deployment.apps/sleeper created"))
                #expect(try await host.kubectl("apply", "-f", "-", input: manifest).contains("unchanged"))
                #expect(try await host.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input: manifest).contains("serverside-applied"))
                try await host.kubectl("-n", "other", "scale", "deployment/sleeper", "--replicas=3")
                try await host.kubectl("-n", "other", "rollout", "status", "deployment/sleeper", "--timeout=60s")
                #expect(try await host.kubectl("-n", "other", "get", "pods", "--no-headers").split(separator: "\n").count == 3)

                // A pod knows the API server and has a token for it.
                let identity = """
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: identity, namespace: other}
                    spec:
                      restartPolicy: Never
                      containers:
                      - {name: main, image: "busybox:1.36", command: [cat, /var/run/secrets/kubernetes.io/serviceaccount/token]}
                    """
                try await host.kubectl("apply", "-f", "-", input: identity)
                try await host.kubectl("-n", "other", "wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/identity", "--timeout=30s")
                var claims = try await host.kubectl("-n", "other", "logs", "identity", "--tail=1").split(separator: ".").dropFirst().first.map(String.init) ?? ""
                claims = claims.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
                claims += String(repeating: "=", count: (4 - claims.count % 4) % 4)
                let decoded = String(decoding: Data(base64Encoded: claims) ?? Data(), as: UTF8.self)
                #expect(decoded.contains("system:serviceaccount:other:default") && decoded.contains(#""name":"identity""#), "\(decoded)")
                try await host.kubectl("delete", "namespace", "other", "--timeout=60s")
                #expect(try await host.kubectl("get", "pods", "-A").contains("sleeper") == false)
            }
        }
    }
}
