import APIMachinery
import Logging

/// Undoes a rollout that failed, as a commit: git and the cluster do not disagree.
struct Reversion: Sendable {
    /// Commits, on the Application's branch, its manifests as of the commit `good`; nil when there is nothing to undo,
    /// since the branch has moved on or held the same before.
    let revert: @Sendable (_ application: Application, _ failed: Commit, _ good: String, _ reason: String) async throws -> Commit?
}

extension Reconciler {
    private static let author = Restoration.Author(name: "gitctl", email: "gitctl@localhost")

    func revert(_ application: Application, failed: Commit, to good: String, because reason: String) async throws -> Commit? {
        let repository = try ownRepository(of: application)
        let branch = try await branch(of: application, in: repository)
        guard try await repository.commit(at: "refs/heads/\(branch)").id == failed.id else { return nil }
        let target = try await repository.commit(at: good)
        let message = """
            Revert to \(target.id.short) "\(target.summary)"

            The rollout of \(failed.id.short) "\(failed.summary)" by Application \(application.name) failed:
            \(reason)

            This brings back \(application.path == "." ? "the manifests" : application.path) as of commit \(target.id).

            """
        let restoration = Restoration(
            path: application.path, source: target.id, tip: failed.id, message: message, author: Self.author, time: configuration.clock.now)
        let id = try await repository.read { repository throws(GitError) in try repository.commit(restoration) }
        guard id != failed.id else { return nil }
        try await repository.read { repository throws(GitError) in
            try repository.moveBranch(branch, from: failed.id, to: id, because: "gitctl: the rollout of \(failed.id.short) failed")
        }
        return try await repository.commit(at: id.description)
    }

    /// Tells the other Applications of a repository that its branch has moved.
    func announceMove(of application: Application) {
        state.lookAgain(at: application.origin, except: state.worker(application.reference))
    }
}
