import Subprocess

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// Runs one short-lived program of the machine (`ip`, `nft`, `ctr`, …) and collects what it says.
package struct Command: Sendable {
    /// What a finished program left.
    package struct Result: Sendable {
        package var isSuccess: Bool
        package var output: String
        package var errorOutput: String
    }

    /// A program that could not be run, or that ended with a failure where success was needed.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package var command: String
        package var message: String
        package var description: String { "\(command): \(message)" }
    }

    /// Bytes kept of each output stream; a program that says more fails.
    package static let outputSizeBytesMax = 4 << 20

    package var name: String
    package var arguments: [String]

    package init(_ name: String, _ arguments: [String]) {
        self.name = name
        self.arguments = arguments
    }

    package init(_ name: String, _ arguments: String...) { self.init(name, arguments) }

    /// Runs to the end; cancellation kills the program. Looks in the system directories too, which
    /// an administrator's PATH may lack.
    package func run(input: String = "") async throws(Failure) -> Result {
        let executable = ExecutablePath.find(name).map { Executable.path(FilePath($0)) } ?? .name(name)
        do {
            let result = try await Subprocess.run(
                executable, arguments: Arguments(arguments), environment: .inherit.updating(["PATH": ExecutablePath.searchPath]),
                input: .string(input), output: .string(limit: Self.outputSizeBytesMax),
                error: .string(limit: Self.outputSizeBytesMax))
            return Result(
                isSuccess: result.terminationStatus.isSuccess, output: result.standardOutput,
                errorOutput: result.standardError)
        } catch {
            throw Failure(command: line, message: "\(error)")
        }
    }

    /// Runs to the end and answers standard output; a failed exit throws what the program said.
    @discardableResult
    package func output(input: String = "") async throws(Failure) -> String {
        let result = try await run(input: input)
        guard result.isSuccess else {
            let said = result.errorOutput.isEmpty ? result.output : result.errorOutput
            throw Failure(command: line, message: said.isEmpty ? "failed" : String(said.prefix(2000)))
        }
        return result.output
    }

    private var line: String { ([name] + arguments).joined(separator: " ") }
}
