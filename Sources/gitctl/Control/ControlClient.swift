import APIMachinery
import Dispatch

/// Asks the daemon of a data directory.
package struct ControlClient: Sendable {
    package enum Unavailable: Error {
        case noDaemon
        /// It stopped, or was killed, before it had answered.
        case ended
    }

    let directory: DataDirectory

    package init(_ directory: DataDirectory) { self.directory = directory }

    /// Sends one request and returns its result; lines are reported as they come.
    ///
    /// Throws `Unavailable` when nothing listens or answers, and the daemon's own `Failure`.
    @discardableResult
    package func send(_ request: ControlRequest, report: @escaping @Sendable (String) -> Void = { _ in }) async throws -> JSON {
        let connection = try ControlConnection(directory)
        return try await withTaskCancellationHandler {
            // On a thread of its own, since it blocks for as long as the daemon works.
            let result = await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(returning: Result { try connection.ask(request, report: report) })
                }
            }
            try Task.checkCancellation()
            return try result.get()
        } onCancel: {
            connection.interrupt()
        }
    }
}
