import Foundation
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct DriftTests {
        @Test("Removing a manifest prunes its object and nothing else")
        func removalPrunes() async throws {
            try await Host.with { host in
                try await host.up()
                try await host.kubectl("create", "configmap", "by-hand", "--from-literal=a=b")
                try await host.script("rm $(grep -rl 'kind: Job' --include=*.yaml .)")
                try await host.commit("Without the Job")
                let diff = try await host.gitctl("diff")
                #expect(diff.exitCode == 1 && diff.output.contains("Job"), "\(diff)")
                let push = try await host.push()
                #expect(push.isSuccess, "\(push)")
                try await host.eventually("the Job and its pod are gone") {
                    try await host.kubectl("get", "jobs,pods", "-o", "name").contains("greet") == false
                }
                #expect(try await host.kubectl("get", "configmap", "by-hand", "-o", "name") == "configmap/by-hand")
                #expect(try await host.kubectl("get", "deployment", "web", "-o", "name") == "deployment.apps/web")
            }
        }

        @Test("A managed object deleted or edited by kubectl is as the commit says again within a second")
        func driftIsReverted() async throws {
            try await Host.with { host in
                try await host.up()
                let uid = try await host.kubectl("get", "service", "web", "-o", "jsonpath={.metadata.uid}")
                try await host.kubectl("delete", "service", "web", "--wait=false")
                try await host.eventually("the Service is back", within: .seconds(1)) {
                    let now = try await host.run("kubectl", "get", "service", "web", "-o", "jsonpath={.metadata.uid}")
                    return now.isSuccess && !now.output.isEmpty && now.output != uid
                }
                try await host.kubectl("scale", "deployment/web", "--replicas=5")
                try await host.eventually("the Deployment has two replicas again", within: .seconds(1)) {
                    try await host.kubectl("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}") == "2"
                }
                try await host.kubectl("patch", "configmap", "web", "--type=merge", "-p", #"{"data":{"index.html":"defaced"}}"#)
                try await host.eventually("the page is back", within: .seconds(1)) {
                    try await host.kubectl("get", "configmap", "web", "-o", "jsonpath={.data}").contains("defaced") == false
                }
                try await host.eventually("the Deployment is whole") {
                    try await host.kubectl("get", "pods", "-l", "app=web", "--no-headers").split(separator: "\n").count == 2
                }
            }
        }
    }
}
