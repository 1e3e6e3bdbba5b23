import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct OrchestrationTests {
        private static let page = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: page}
            spec:
              selector: {matchLabels: {app: page}}
              template:
                metadata: {labels: {app: page}}
                spec:
                  terminationGracePeriodSeconds: 0
                  containers: [{name: page, image: "busybox:1.36", command: [sleep, infinity]}]

            """

        private static func job(_ name: String, _ command: String) -> String {
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: \(name), annotations: {gitctl.dev/hook: PreSync}}
            spec:
              backoffLimit: 0
              template:
                spec:
                  restartPolicy: Never
                  containers: [{name: main, image: "busybox:1.36", command: [sh, -c, "\(command)"]}]

            """
        }

        /// A repository `site` beside the example, of which `gitctl up` deploys one directory.
        private struct Site {
            let host: Host
            var directory: String { host.directory + "/site" }

            func commit(_ message: String, _ files: [String: String]) async throws {
                for (path, text) in files {
                    let file = URL(filePath: directory + "/" + path)
                    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                    try Data(text.utf8).write(to: file)
                }
                try await host.require("git", "add", "-A", directory: directory)
                try await host.require("git", "commit", "-qm", message, directory: directory)
            }

            func push() async throws -> CommandRunner.Outcome {
                try await host.run("git", "push", "gitctl", "HEAD:main", directory: directory, limit: .seconds(150))
            }
        }

        @Test("Directories become Applications with a namespace; a hook runs before the objects, and a failing one is undone by a commit")
        func discoversHooksAndReverts() async throws {
            try await Host.with { host in
                let site = Site(host: host)
                try FileManager.default.createDirectory(atPath: site.directory, withIntermediateDirectories: true)
                try await host.require("git", "init", "-q", "-b", "main", directory: site.directory)
                try await site.commit("Begin", ["base/a.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: base}}\n"])
                let up = try await host.gitctl("up", "--path", "base", directory: site.directory)
                #expect(up.isSuccess, "\(up)")
                _ = try await host.kubectl(
                    "apply", "-f", "-",
                    input: """
                        apiVersion: gitctl.dev/v1alpha1
                        kind: Application
                        metadata: {name: teams, namespace: gitctl-system, annotations: {gitctl.dev/allow-empty: "true"}}
                        spec:
                          source: {repository: site, path: teams}
                          discovery:
                            directories: ["*"]
                            template: {spec: {sync: {onFailure: revert}, destination: {namespace: "{{path.basename}}", createNamespace: true}}}

                        """)
                try await site.commit("Add a team", ["teams/blue/page.yaml": Self.page, "teams/blue/migrate.yaml": Self.job("migrate", "echo migrated")])
                let first = try await site.push()
                #expect(first.isSuccess && first.errorOutput.contains("+ Application gitctl-system/blue"), "\(first)")
                #expect(first.errorOutput.contains("> Job blue/migrate runs (PreSync)"), "\(first)")
                #expect(first.errorOutput.contains("blue: healthy in"), "\(first)")
                #expect(try await host.kubectl("logs", "-n", "blue", "job/migrate").hasPrefix("migrated"))
                #expect(try await host.kubectl("get", "deployment", "-n", "blue", "page", "-o", "jsonpath={.status.readyReplicas}") == "1")
                #expect(try await host.gitctl("status").isSuccess)

                try await site.commit("Break the migration", ["teams/blue/migrate.yaml": Self.job("migrate", "exit 3")])
                let broken = try await site.push()
                #expect(broken.errorOutput.contains("PreSync: Job blue/migrate BackoffLimitExceeded"), "\(broken)")
                #expect(broken.errorOutput.contains("reverted: commit "), "\(broken)")
                try await host.require("git", "pull", "-q", "gitctl", "main", directory: site.directory)
                #expect(try await host.require("git", "log", "-1", "--format=%an %s", directory: site.directory).hasPrefix("gitctl Revert to "))
                try await host.eventually("the revert is synced") { try await host.gitctl("status").isSuccess }
                #expect(try await host.kubectl("logs", "-n", "blue", "job/migrate").hasPrefix("migrated"))

                try await host.require("git", "rm", "-rq", "teams/blue", directory: site.directory)
                try await site.commit("Dissolve the team", ["teams/README": "none left\n"])
                let last = try await site.push()
                #expect(last.isSuccess, "\(last)")
                try await host.eventually("the Application and its namespace are gone") {
                    try await !host.run("kubectl", "get", "namespace", "blue").isSuccess
                }
                #expect(try await !host.run("kubectl", "get", "application", "-n", "gitctl-system", "blue").isSuccess)
            }
        }

        @Test("A daemon with another cluster's kubeconfig deploys there over HTTPS, and every command follows it")
        func anotherCluster() async throws {
            try await Host.with { host in
                try await host.startDaemon("--no-agent", "--no-reconciler")
                let other = host.directory + "/other"
                let daemon = try LoggedProcess(
                    [Host.binary, "daemon", "--kubeconfig", host.dataDirectory + "/kubeconfig", "--data-dir", other], namespace: host.namespace,
                    log: host.directory + "/other.log")
                _ = try await daemon.line(within: .seconds(20)) { $0.hasPrefix("ready ") }
                let site = Site(host: host)
                try FileManager.default.createDirectory(atPath: site.directory, withIntermediateDirectories: true)
                try await host.require("git", "init", "-q", "-b", "main", directory: site.directory)
                let manifest = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: '1'}}\n"
                try await site.commit("One", ["a.yaml": manifest, "web.yaml": Self.page.replacing("spec:\n  selector", with: "spec:\n  replicas: 0\n  selector")])
                let up = try await host.gitctl("up", "--data-dir", other, directory: site.directory)
                #expect(up.isSuccess, "\(up)")
                #expect(try await host.kubectl("get", "configmap", "a", "-o", "jsonpath={.data.x}") == "1")
                try await site.commit("Two", ["a.yaml": manifest.replacing("'1'", with: "'2'")])
                let diff = try await host.gitctl("diff", "--data-dir", other, directory: site.directory)
                #expect(diff.exitCode == 1 && diff.output.contains("data.x: 1 → 2"), "\(diff)")
                let push = try await site.push()
                #expect(push.isSuccess && push.errorOutput.contains("healthy in"), "\(push)")
                #expect(try await host.kubectl("get", "configmap", "a", "-o", "jsonpath={.data.x}") == "2")
                // Put back over the watch.
                try await host.kubectl("patch", "configmap", "a", "--type=merge", "-p", "{\"data\":{\"x\":\"3\"}}")
                try await host.eventually("the drift is reverted") { try await host.kubectl("get", "configmap", "a", "-o", "jsonpath={.data.x}") == "2" }
                let back = try await host.gitctl("rollback", "--data-dir", other, directory: site.directory)
                #expect(back.isSuccess, "\(back)")
                #expect(try await host.kubectl("get", "configmap", "a", "-o", "jsonpath={.data.x}") == "1")
                let blame = try await host.gitctl("blame", "cm/a", "--data-dir", other, directory: site.directory)
                #expect(blame.isSuccess && blame.output.contains("data.x: 1"), "\(blame)")
                try await daemon.terminate()
            }
        }
    }
}
