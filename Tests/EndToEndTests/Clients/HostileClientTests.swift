import TestSupport
import Testing

extension EndToEnd {
    /// Clients that mean no good, or no sense, against a server without containers.
    @Suite(.serialized, .timeLimit(.minutes(8)))
    struct HostileClientTests {
        private static func fixture(_ name: String) -> String { "\(Host.checkout)/Tests/EndToEndTests/Fixtures/clients/\(name)" }

        /// The administrator's certificates as the files that other programs want.
        private static let unpackKubeconfig = """
            for part in certificate-authority client-certificate client-key; do
                sed -n "s/^ *$part-data: *//p" $KUBECONFIG | base64 -d > $HOME/$part.pem
            done
            """

        @Test("Requests made of the server's own description, over all operations, find no 5xx, no other answer than a Status, and no end of the server")
        func schemathesis() async throws {
            try await Host.with { host in
                try await host.startDaemon("--no-agent")
                try await host.kubectl("apply", "-f", Self.fixture("every-kind.yaml"))
                let outcome = try await host.script(
                    """
                    set -e
                    \(Self.unpackKubeconfig)
                    cd $HOME
                    export PYTHONPATH=\(Host.checkout)/.build-clients/python:$(dirname \(Self.fixture("x"))) PYTHONDONTWRITEBYTECODE=1
                    export SCHEMATHESIS_HOOKS=schemathesis_hooks SEED_OBJECTS=\(Self.fixture("every-kind.yaml"))
                    exec python3 -m schemathesis.cli run https://127.0.0.1:\(Host.port)/openapi/v2 --tls-verify certificate-authority.pem \\
                        --request-cert client-certificate.pem --request-cert-key client-key.pem --checks not_a_server_error,refusal_is_a_status \\
                        --phases fuzzing --max-examples 4 --seed 20260101 --request-timeout 20 --suppress-health-check all \\
                        --generation-database none --no-color --no-shrink --continue-on-failure --warnings off
                    """, limit: .seconds(300))
                #expect(outcome.isSuccess, "\(outcome)")
                #expect(outcome.output.contains("Selected: 5"), "all operations are tried: \(outcome.output.suffix(2000))")
                // The namespaces that cannot be deleted are there, and one can work in them.
                try await host.kubectl("create", "configmap", "afterwards", "--namespace=default")
                #expect(try await host.kubectl("get", "--raw", "/readyz") == "ok")
            }
        }

        @Test("Without file descriptors left the server waits for some instead of spinning, and then goes on")
        func fileDescriptors() async throws {
            try await Host.with { host in
                try await host.startDaemon("--no-agent", "--data-dir", host.dataDirectory, before: "ulimit -n 256;")
                let outcome = try await host.run("python3", Self.fixture("many_connections.py"), String(try host.daemonProcess()), "\(Host.port)", limit: .seconds(60))
                #expect(outcome.isSuccess && outcome.output.hasSuffix("ok\n"), "\(outcome)")
            }
        }
    }
}
