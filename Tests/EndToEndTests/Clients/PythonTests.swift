import TestSupport
import Testing

extension EndToEnd {
    /// Unmodified client libraries from the Python package index.
    @Suite(.serialized, .timeLimit(.minutes(5)), .onHost)
    struct PythonTests {
        @Test("A client library does everything that its users do", arguments: ["kubernetes_client.py", "kr8s_client.py"])
        func library(script: String) async throws {
            let host = try OnHost.host
            let outcome = try await host.run(
                "env", "PYTHONPATH=\(Host.checkout)/.build-clients/python", "python3",
                "\(Host.checkout)/Tests/EndToEndTests/Fixtures/clients/\(script)", limit: .seconds(120))
            #expect(outcome.isSuccess && outcome.output.hasSuffix("ok\n"), "\(outcome)")
        }
    }
}
