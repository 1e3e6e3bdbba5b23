import Glibc
import UnixSignals

/// Ctrl-C and SIGTERM for commands that ask the daemon: they stop asking, and what they began goes on.
enum Interruption {
    /// Runs `body`; the first SIGINT or SIGTERM cancels it, so that it can end the programs that it runs.
    static func during(_ body: @Sendable @escaping () async throws -> Void) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let signal = try await withThrowingTaskGroup(of: UnixSignal?.self) { group in
            group.addTask {
                do { try await body() } catch is CancellationError {
                    // A terminal's Ctrl-C reaches git too, which may tell of it before the signal does.
                    return .sigint
                }
                return nil
            }
            group.addTask {
                for await signal in signals { return signal }
                return nil
            }
            let first = try await group.next() ?? nil
            group.cancelAll()
            // What is thrown by what was cancelled says no more than the signal.
            if first != nil { while await group.nextResult() != nil {} }
            return first
        }
        guard let signal else { return }
        throw Failure(
            "interrupted; what was begun goes on", hints: ["`gitctl status` shows how it stands"],
            exitCode: 128 + (signal == .sigterm ? SIGTERM : SIGINT))
    }
}
