import TestSupport
import Testing

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> Substring { hasSuffix(suffix) ? dropLast(suffix.count) : self[...] }
}

/// A command line and what it is to print.
struct Step: Sendable {
    var line: String
    /// A regular expression that occurs in the output of both streams, of which the last newline is taken off.
    var pattern: String
    var exitCode: Int
    var location: SourceLocation

    init(_ line: String, _ pattern: String, exit exitCode: Int = 0, _ location: SourceLocation = #_sourceLocation) {
        self.line = line
        self.pattern = pattern
        self.exitCode = exitCode
        self.location = location
    }
}

extension Host {
    /// Runs command lines of bash one after the other; each that prints something else is an issue of its own.
    func follow(_ steps: Step...) async throws {
        for step in steps {
            let outcome = try await run("bash", "-c", step.line, directory: repository, limit: .seconds(60))
            let isAsExpected = try outcome.exitCode == step.exitCode && outcome.text.trimmingSuffix("\n").contains(Regex(step.pattern))
            #expect(isAsExpected, "expected exit \(step.exitCode) and \(step.pattern)\n\(outcome)", sourceLocation: step.location)
        }
    }
}
