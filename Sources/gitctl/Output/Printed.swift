import Glibc
import Synchronization

/// A text on standard output that is shown again when it has changed.
final class Printed: Sendable {
    private let last = Mutex("")

    /// Shows the text; nothing when it is the one before. False when nobody reads any more.
    /// - Parameter clears: each version replaces the one before on a terminal, and follows it elsewhere.
    func show(_ text: String, clears: Bool) -> Bool {
        last.withLock { last in
            guard text != last else { return true }
            last = text
            return write((clears ? "\u{1B}[H\u{1B}[2J" : "") + text + "\n", to: STDOUT_FILENO)
        }
    }
}
