/// What went wrong, in the words that the user reads, and the exit code that goes with it.
///
/// `message` names the thing, what happened and what was expected; each hint is something to do.
package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    package var message: String
    package var hints: [String]
    package var exitCode: Int32

    package init(_ message: String, hints: [String] = [], exitCode: Int32 = 1) {
        self.message = message
        self.hints = hints
        self.exitCode = exitCode
    }

    package var description: String { message }

    /// The lines for stderr: `error: …`, then a `hint: …` each.
    package func rendered(_ style: Style) -> String {
        ([style(.bold, style(.red, "error:")) + " " + message] + hints.map { style(.cyan, "hint:") + " " + $0 })
            .joined(separator: "\n")
    }
}
