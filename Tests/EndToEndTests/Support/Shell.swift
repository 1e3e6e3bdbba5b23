import Subprocess

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// What a finished command left.
struct Outcome: Sendable, CustomStringConvertible {
    var command: String
    /// The exit code; 128 + number for a signal, as shells count.
    var exitCode: Int32
    var output: String
    var errorOutput: String

    var isSuccess: Bool { exitCode == 0 }
    /// Both streams, for messages that a user may meet on either.
    var text: String { output + errorOutput }
    var description: String { "$ \(command)\nexit \(exitCode)\n\(output)\(errorOutput)" }
}

struct CommandError: Error, CustomStringConvertible {
    var description: String
}

/// Runs commands with captured output and a time limit.
enum Shell {
    static let outputSizeBytesMax = 16 << 20

    static func run(
        _ command: [String], environment: [String: String] = [:], directory: String? = nil, input: String = "",
        limit: Duration = .seconds(60)
    ) async throws -> Outcome {
        // `timeout` ends the whole process group, also what a shell has started.
        let words = ["timeout", "--kill-after=5", "\(limit.components.seconds)"] + command
        var variables: [Environment.Key: String?] = [:]
        for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
        let result = try await Subprocess.run(
            .name(words[0]), arguments: Arguments(Array(words.dropFirst())), environment: .inherit.updating(variables),
            workingDirectory: directory.map { FilePath($0) }, input: .string(input), output: .string(limit: outputSizeBytesMax),
            error: .string(limit: outputSizeBytesMax))
        let code: Int32
        switch result.terminationStatus {
        case .exited(let status): code = Int32(status)
        case .signaled(let signal): code = 128 + Int32(signal)
        }
        let line = command.joined(separator: " ")
        if code == 124 { throw CommandError(description: "`\(line)` did not end within \(limit)\n\(result.standardOutput)\(result.standardError)") }
        return Outcome(command: line, exitCode: code, output: result.standardOutput, errorOutput: result.standardError)
    }

    /// Runs a command that must succeed.
    @discardableResult
    static func require(
        _ command: [String], environment: [String: String] = [:], directory: String? = nil, input: String = "",
        limit: Duration = .seconds(60)
    ) async throws -> String {
        let outcome = try await run(command, environment: environment, directory: directory, input: input, limit: limit)
        guard outcome.isSuccess else { throw CommandError(description: outcome.description) }
        return outcome.output
    }
}
