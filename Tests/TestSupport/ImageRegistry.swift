import Glibc

/// A real registry (Debian's docker-registry) on loopback inside a namespace, filled with the images
/// of `scripts/images`, for tests that pull.
package final class ImageRegistry: Sendable {
    package let address: String
    private let process: LoggedProcess

    /// Starts on `127.0.0.1:port`, keeping its data in `directory`, and pushes the images.
    package init(namespace: NetworkNamespace, directory: String, port: Int = 5000) async throws {
        address = "127.0.0.1:\(port)"
        let configuration = """
            version: 0.1
            log: {level: warn}
            storage: {filesystem: {rootdirectory: \(directory)/registry}}
            http: {addr: \(address)}

            """
        let runner = namespace.runner
        try await CommandRunner().output(["tee", "\(directory)/registry.yml"], input: configuration)
        process = try LoggedProcess(
            ["docker-registry", "serve", "\(directory)/registry.yml"], namespace: namespace, log: "\(directory)/registry.log")
        // curl waits for the listener by itself: nothing announces it.
        try await runner.output(
            "curl", "--silent", "--fail", "--retry", "50", "--retry-delay", "0", "--retry-connrefused", "--retry-max-time", "10",
            "--output", "/dev/null", "http://\(address)/v2/")
        try await runner.output("\(BuiltProducts.sources)/scripts/images", "--push", address, within: .seconds(90))
    }

    /// The daemon's `--registry-mirror` option that leads Docker Hub's images here.
    package var mirrorOption: [String] { ["--registry-mirror", "docker.io=http://\(address)"] }

    package func stop() async throws { try await process.kill() }
}
