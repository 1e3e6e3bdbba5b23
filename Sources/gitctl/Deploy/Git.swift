import Glibc
import Subprocess
import SystemPackage

/// The git program, run in one directory. For the user's own work trees, hooks and credentials
/// included; the daemon reads its repositories through libgit2.
struct Git: Sendable {
    var directory: String

    private static let outputBytesMax = 4 << 20

    /// The user's, but for what git's hooks and aliases set: it would send git to their repository
    /// instead of `directory`. Source: git-rev-parse(1), --local-env-vars.
    private static let environment = Environment.inherit.updating([
        "GIT_DIR": nil, "GIT_WORK_TREE": nil, "GIT_INDEX_FILE": nil, "GIT_PREFIX": nil, "GIT_COMMON_DIR": nil, "GIT_OBJECT_DIRECTORY": nil,
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": nil, "GIT_QUARANTINE_PATH": nil,
    ])

    /// The output without its final newline; nil when git says no.
    func text(_ arguments: String...) async throws -> String? {
        let result = try await output(arguments)
        return result.succeeded ? result.output : nil
    }

    struct Output: Sendable {
        var succeeded: Bool
        var output: String
        var error: String
    }

    func output(_ arguments: [String]) async throws -> Output {
        do {
            let result = try await run(
                .name("git"), arguments: Arguments(["-C", directory] + arguments),
                environment: Self.environment.updating(["LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"]), output: .string(limit: Self.outputBytesMax),
                error: .string(limit: Self.outputBytesMax))
            return Output(
                succeeded: result.terminationStatus.isSuccess, output: Self.trimmed(result.standardOutput),
                error: Self.trimmed(result.standardError))
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw Failure("git is not installed", hints: ["apt-get install git"])
        }
    }

    /// Runs git with the user's own terminal for its progress; ended by SIGTERM when the task is cancelled.
    func interactive(_ arguments: [String]) async throws -> Bool {
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
        // git's answer belongs to the progress, not to the result on stdout.
        let result = try await run(
            .name("git"), arguments: Arguments(["-C", directory] + arguments), environment: Self.environment, platformOptions: options,
            output: .fileDescriptor(.standardError, closeAfterSpawningProcess: false),
            error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false))
        // Ended by a signal, it has refused nothing.
        if case .signaled = result.terminationStatus { throw CancellationError() }
        try Task.checkCancellation()
        return result.terminationStatus.isSuccess
    }

    private static func trimmed(_ text: String) -> String {
        var text = text
        while text.last?.isNewline == true { text.removeLast() }
        return text
    }
}
