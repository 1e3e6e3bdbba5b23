import Subprocess

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// Runs programs for a test, inside a network namespace when given one, each with a time limit.
package struct CommandRunner: Sendable {
    /// How a program ended and what it wrote.
    package struct Outcome: Sendable, CustomStringConvertible {
        package var command: String
        /// The exit code; nil when a signal ended it.
        package var exitCode: Int?
        package var output: String
        package var errorOutput: String
        package var isSuccess: Bool { exitCode == 0 }
        /// Both streams, for a message of a failed expectation.
        package var text: String { output + errorOutput }
        package var description: String { "$ \(command)\n\(exitCode.map { "exit \($0)" } ?? "ended by a signal")\n\(text)" }
    }

    package struct Failure: Error, CustomStringConvertible {
        package var description: String

        package init(description: String) { self.description = description }
    }

    package static let outputSizeBytesMax = 64 << 20

    package var namespace: NetworkNamespace?
    package var environment: [String: String]
    package var directory: String?

    package init(namespace: NetworkNamespace? = nil, environment: [String: String] = [:], directory: String? = nil) {
        self.namespace = namespace
        self.environment = environment
        self.directory = directory
    }

    /// Runs to the end, whatever that is; a program that takes longer than `limit` is killed and the call throws.
    package func run(_ arguments: [String], input: String = "", within limit: Duration = .seconds(30)) async throws -> Outcome {
        let line = (namespace?.prefix ?? []) + arguments
        let variables = Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) })
        var platform = PlatformOptions()
        platform.createSession = true
        let options = platform
        return try await withThrowingTaskGroup(of: Outcome?.self) { group in
            group.addTask {
                let result = try await Subprocess.run(
                    line[0].contains("/") ? .path(FilePath(line[0])) : .name(line[0]), arguments: Arguments(Array(line.dropFirst())), environment: .inherit.updating(variables),
                    workingDirectory: directory.map { FilePath($0) }, platformOptions: options, input: .string(input),
                    output: .string(limit: Self.outputSizeBytesMax), error: .string(limit: Self.outputSizeBytesMax))
                var code: Int?
                if case .exited(let status) = result.terminationStatus { code = Int(status) }
                return Outcome(
                    command: arguments.joined(separator: " "), exitCode: code, output: result.standardOutput, errorOutput: result.standardError)
            }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let outcome = try await group.next() ?? nil else {
                throw Failure(description: "\(line.joined(separator: " ")) took longer than \(limit)")
            }
            return outcome
        }
    }

    /// Runs to a successful end and answers standard output.
    @discardableResult
    package func output(_ arguments: [String], input: String = "", within limit: Duration = .seconds(30)) async throws -> String {
        let outcome = try await run(arguments, input: input, within: limit)
        guard outcome.isSuccess else { throw Failure(description: outcome.description) }
        return outcome.output
    }

    @discardableResult
    package func output(_ arguments: String..., within limit: Duration = .seconds(30)) async throws -> String {
        try await output(arguments, within: limit)
    }
}
