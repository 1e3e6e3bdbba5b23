import APIMachinery

/// Why a commit is not in the cluster. The previous one stays.
package struct SyncFailure: Error, Sendable, CustomStringConvertible {
    /// One word in CamelCase, the condition's reason.
    var reason: String
    /// One message per line.
    var lines: [String]
    /// The commit, when it got that far.
    var commit: Commit?
    /// Nothing is wrong: there is just nothing to deploy yet.
    var isWaiting = false
    /// Something was changed before it failed.
    var hasBegun = false
    /// A hook failed: what it did is not done again unasked.
    var isHook = false

    package var description: String { lines.joined(separator: "\n") }

    init(_ reason: String, _ lines: [String], commit: Commit? = nil) {
        self.reason = reason
        self.lines = lines
        self.commit = commit
    }

    /// Any error of a sync as one.
    init(_ error: any Error, commit: Commit?) {
        switch error {
        case let error as SyncFailure: self = error
        case let error as GitError:
            self.init(Self.reason(error), [error.description], commit: commit)
            isWaiting = error.reason == .noCommit
        case let error as RenderFailure: self.init("InvalidManifests", error.lines, commit: commit)
        case let error as InvalidApplication: self.init("InvalidSpec", [error.description], commit: commit)
        case let error as APIStatus:
            self.init("ServerUnavailable", ["the API server answered: \(error.message); trying again"], commit: commit)
        default: self.init("Failed", ["\(error)"], commit: commit)
        }
    }

    private static func reason(_ error: GitError) -> String {
        switch error.reason {
        case .noRepository: "RepositoryNotFound"
        case .noCommit: "AwaitingPush"
        case .noRevision: "RevisionNotFound"
        case .noPath: "PathNotFound"
        case .corrupt: "RepositoryDamaged"
        case .tooLarge: "TooLarge"
        case .unreachable: "SourceUnreachable"
        case .unauthorized: "SourceUnauthorized"
        case .invalid, .io: "SourceFailed"
        }
    }
}
