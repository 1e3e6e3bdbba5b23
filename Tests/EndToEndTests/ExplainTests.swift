import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct ExplainTests {
        private static func talker(_ word: String) -> String {
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: talk}
            spec:
              selector: {matchLabels: {app: talk}}
              template:
                metadata: {labels: {app: talk}}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: talk
                    image: busybox:1.36
                    command: [sh, -c, 'echo "begun with $WORD"; exec sleep 3600']
                    env: [{name: WORD, value: \(word)}]

            """
        }

        @Test("Logs follow pods that come later; status, blame and events tell who did what, and what a commit deleted comes back")
        func explains() async throws {
            try await Host.with { host in
                try host.write("talk/talk.yaml", Self.talker("one"))
                try await host.commit("One")
                try await host.up()
                let greeting = try await host.gitctl("logs", "example", "job/greet")
                #expect(greeting.output.contains(/^greet-[a-z0-9]{5}\/greet Hello, gitctl\n$/), "\(greeting)")

                let logs = try LoggedProcess(
                    ["env"] + host.environment.map { "\($0.key)=\($0.value)" } + [Host.binary, "logs", "example", "deployment/talk", "-f"],
                    namespace: host.namespace, log: host.directory + "/logs")
                let first = try await logs.line(within: .seconds(30)) { $0.hasSuffix("/talk begun with one") }
                try host.write("talk/talk.yaml", Self.talker("two"))
                try await host.commit("Two")
                #expect(try await host.push().isSuccess)
                let second = try await logs.line(within: .seconds(30)) { $0.hasSuffix("/talk begun with two") }
                #expect(first.prefix { $0 != "/" } != second.prefix { $0 != "/" })
                try await logs.handle.terminate(grace: .seconds(5))

                try await host.kubectl("wait", "--for=delete", "pod/\(first.prefix { $0 != "/" })", "--timeout=30s")
                let status = try await host.gitctl("status", "example")
                #expect(status.isSuccess && status.output.contains(/├─ Deployment default\/talk +1\/1 +Healthy\n│  └─ Pod talk-[a-z0-9-]+ +1\/1 +Healthy\n/), "\(status)")
                let blame = try await host.gitctl("blame", "deployment/talk", "--field", "spec.template.spec.containers[talk]")
                #expect(blame.output.contains(/[0-9a-f]{7} \(Test +[0-9-]{10}\)  spec.template.spec.containers\[talk\].env\[WORD\].value: two\n/), "\(blame)")
                #expect(blame.output.hasSuffix("  One\n") || blame.output.hasSuffix("  Two\n"), "\(blame)")
                let events = try await host.gitctl("events", "example")
                #expect(events.output.contains(/Application gitctl-system\/example +Synced +commit [0-9a-f]{7} Two: 1 written, 0 deleted/), "\(events)")
                #expect(events.output.contains(/Pod default\/talk-[a-z0-9-]+ +Started +/), "\(events)")

                try FileManager.default.removeItem(atPath: host.repository + "/talk")
                try await host.commit("Silence")
                #expect(try await host.push().isSuccess)
                #expect(try await host.gitctl("undelete").output.contains(/Deployment +default\/talk +\d+s +23h +[0-9a-f]{12} +example/))
                let back = try await host.gitctl("undelete", "deployment/talk")
                #expect(back.isSuccess && back.output.hasPrefix("Deployment default/talk is back, as it was when Application example deleted it "), "\(back)")
                try await host.kubectl("rollout", "status", "deployment/talk", "--timeout=60s")
                let metrics = try await host.kubectl("get", "--raw", "/metrics")
                #expect(metrics.contains(#"gitctl_syncs_total{application="gitctl-system/example",result="success"} "#) && MetricsLint.problems(metrics + "\n") == [])
            }
        }
    }
}
