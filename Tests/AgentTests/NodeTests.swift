import APIMachinery
import Agent
import TestSupport
import Testing

/// Pods as real containers on a node of the suite's own.
@Suite(.inNetworkNamespace(limit: .seconds(300)), .serialized)
struct NodeTests {
    @Test("A pod runs, is ready, writes its log, and is gone after its deletion", .timeLimit(.minutes(1)))
    func life() async throws {
        try await NodeHarness.with { node in
            try await node.create("web", script: "echo hello; trap 'echo bye; exit 0' TERM; while true; do sleep 1 & wait; done")
            let pod = try await node.wait(for: "web", until: \.isReady)
            #expect(pod.phase == "Running")
            #expect(pod.status["podIP"]?.string?.hasPrefix("10.42.") == true)
            #expect(pod.containerStatus()["restartCount"]?.int == 0)
            #expect(try await node.log("web") == "hello\n")
            try await node.client.delete(ObjectKey(.pods, namespace: "default", name: "web"))
            try await node.waitUntilGone("web")
        }
    }
}
