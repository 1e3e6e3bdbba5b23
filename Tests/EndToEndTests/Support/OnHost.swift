import TestSupport
import Testing

/// Gives a suite one host with a daemon and a ready node, for all its tests.
struct OnHost: SuiteTrait, TestScoping {
    @TaskLocal private static var current: Host?

    /// The suite's host.
    static var host: Host {
        get throws { try #require(current, "the suite lacks the trait .onHost") }
    }

    var isRecursive: Bool { false }

    func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        try await Host.with { host in
            try await host.startDaemon()
            try await host.eventually("the node is ready") {
                try await host.run("kubectl", "wait", "--for=condition=Ready", "node", "--all", "--timeout=10s").isSuccess
            }
            try await Self.$current.withValue(host) { try await function() }
        }
    }
}

extension Trait where Self == OnHost {
    static var onHost: OnHost { OnHost() }
}
