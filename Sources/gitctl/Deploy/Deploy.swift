import APIMachinery
import Reconciler

/// What `up` was asked for.
struct DeployPlan: Sendable {
    enum Source: Sendable {
        case workTree(WorkTree)
        case url(String)
    }

    var name: String
    var source: Source
    /// A branch, tag or commit; nil is HEAD.
    var revision: String?
    var path: String

    /// The Application to apply; `tracked` is the revision that it follows.
    func application(tracked: String?) -> Object {
        var source: JSONObject = ["path": .string(path)]
        switch self.source {
        case .workTree: source["repository"] = .string(name)
        case .url(let url): source["url"] = .string(url)
        }
        if let tracked { source["revision"] = .string(tracked) }
        return Object(
            .applications, namespace: ApplicationName.defaultNamespace, name: name,
            ["spec": .object(["source": .object(source), "destination": ["namespace": "default"]])])
    }
}

/// Brings a repository into the cluster and waits until it is healthy.
struct Deploy: Sendable {
    let plan: DeployPlan
    let client: any ResourceClient
    let control: ControlClient
    let progress: Progress
    let timeout: Duration

    /// After a push, which has seen the rollout and waited: what is still broken stays so.
    private static let degradedTimeAfterPush = Duration.seconds(5)
    private static let fieldManager = "gitctl-up"

    private var name: ApplicationName { ApplicationName(name: plan.name) }

    func run() async throws {
        let start = ContinuousClock.now
        var rollout = Rollout()
        var progress = progress
        var hasPushed = false
        switch plan.source {
        case .url:
            try await apply(tracked: plan.revision)
            rollout.syncRequest = try await SyncRequest.send(name, client: client)
        case .workTree(let tree):
            let push = try await PushPlan.make(tree, revision: plan.revision)
            let path = try await control.send(.ensureRepository(name: plan.name)).string ?? ""
            try await refuseForeign(push, tree, path)
            let remote = try await addRemote(tree, path)
            let isNew = try await apply(tracked: push.tracked)
            if try await Git(directory: path).text("rev-parse", "--verify", "--quiet", push.ref) == push.commit {
                progress.note("\(push.commit.prefix(12)) is already pushed")
                rollout.syncRequest = try await SyncRequest.send(name, client: client)
            } else {
                do {
                    try await self.push(push, tree, to: remote)
                    progress = progress.withoutLines
                    hasPushed = true
                } catch let refusal as Refusal {
                    // A first push that was refused leaves nothing behind, its Application neither.
                    if isNew { _ = try await client.delete(name.key) }
                    throw refusal.failure
                }
            }
            rollout.commit = push.commit
        }
        // The push waited for the rollout already; what is left of the time is for what it did not see.
        let left = max(timeout - (ContinuousClock.now - start), .seconds(1))
        var follow = Follow(application: name, rollout: rollout, timeout: left, progress: progress)
        if hasPushed { follow.degradedTimeMax = Self.degradedTimeAfterPush }
        try await LiveView(client: client).during { [progress, follow] view in
            let commit = try await progress.during("waiting for \(name)") { try await follow.run(view) }
            try await Report(view: view, application: name, commit: commit).printAll()
        }
    }

    /// An Application of that name that deploys another repository is not ours to take over.
    private func refuseForeign(_ push: PushPlan, _ tree: WorkTree, _ path: String) async throws {
        guard try await tree.git.text("remote", "get-url", "gitctl") != path,
            let deployed = try await Git(directory: path).text("rev-parse", "--verify", "--quiet", push.ref),
            try await tree.git.text("cat-file", "-e", deployed) == nil
        else { return }
        throw Failure(
            "an Application \(plan.name) exists and deploys another repository: its commit \(deployed.prefix(12)) is unknown in \(tree.root)",
            hints: ["choose another name with --name NAME", "or fetch its history first: git -C \(tree.root) fetch \(path)"])
    }

    /// Where to push: the remote, or the path where the remote is another's.
    private func addRemote(_ tree: WorkTree, _ path: String) async throws -> String {
        switch try await tree.git.text("remote", "get-url", "gitctl") {
        case path: return "gitctl"
        case nil:
            let added = try await tree.git.output(["remote", "add", "gitctl", path])
            guard added.succeeded else { throw Failure("cannot add the remote gitctl to \(tree.root): \(added.error)") }
            // Without an upstream, git would not know what a bare `git push gitctl` means.
            _ = try await tree.git.output(["config", "remote.gitctl.push", "HEAD"])
            progress.note("added the remote gitctl: from now on `git push gitctl` deploys")
            return "gitctl"
        case let other?:
            progress.note(
                "the remote gitctl of \(tree.root) is \(RemoteMirror.withoutCredentials(other)), and stays; to deploy \(plan.name): git push \(path)")
            return path
        }
    }

    /// Whether the Application was not there before.
    @discardableResult
    private func apply(tracked: String?) async throws -> Bool {
        do {
            _ = try await client.create(.namespaces, Object(.namespaces, name: ApplicationName.defaultNamespace))
        } catch {
            // It exists on every run but the first.
            guard error.reason == .alreadyExists else { throw error }
        }
        let application = plan.application(tracked: tracked)
        let applied = try await client.patch(
            name.key, .apply(application.json), subresource: nil,
            options: WriteOptions(fieldManager: Self.fieldManager, force: true, fieldValidation: .strict))
        return applied.generation == 1 && applied.status.isNull
    }

    private struct Refusal: Error {
        let failure: Failure
    }

    /// git's own output is the progress: the plan and the rollout come as `remote:` lines.
    private func push(_ push: PushPlan, _ tree: WorkTree, to remote: String) async throws {
        progress.note("pushing \(try await tree.title(of: push.commit))")
        let (tree, timeout) = (tree, timeout)
        let succeeded = try await withThrowingTaskGroup(of: Bool?.self) { group in
            group.addTask { try await tree.git.interactive(["push", remote, "\(push.commit):\(push.ref)"]) }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let succeeded else {
            throw Failure("\(name) was not healthy within \(age(timeout))", hints: ["`gitctl status \(name)` shows every object"])
        }
        guard succeeded else {
            throw Refusal(
                failure: Failure(
                    "the push was refused; nothing has changed",
                    hints: ["the lines above say why; fix, commit, and run the command again"]))
        }
    }
}

/// Which commit goes to which ref of the daemon's repository, and what the Application follows.
struct PushPlan: Sendable, Hashable {
    var commit: String
    var ref: String
    var tracked: String

    /// A branch keeps its name, a tag too; a commit is pinned; a detached HEAD becomes `main`.
    static func make(_ tree: WorkTree, revision: String?) async throws -> PushPlan {
        guard let revision, revision != "HEAD" else {
            let branch = tree.branch ?? "main"
            return PushPlan(commit: tree.head, ref: "refs/heads/\(branch)", tracked: branch)
        }
        let commit = try await tree.commit(revision)
        for kind in ["heads", "tags"] {
            let ref = "refs/\(kind)/\(revision)"
            if try await tree.git.text("rev-parse", "--verify", "--quiet", ref) != nil {
                return PushPlan(commit: commit, ref: ref, tracked: revision)
            }
        }
        return PushPlan(commit: commit, ref: "refs/pins/\(commit)", tracked: commit)
    }
}

/// Asks the reconciler, through the API, to fetch and sync now.
enum SyncRequest {
    /// Returns the token that `status.lastHandledSync` shows when it was acted upon.
    static func send(_ application: ApplicationName, client: any ResourceClient) async throws -> String {
        let token = SystemClock().now.nano
        _ = try await client.patch(
            application.key, .merge(["metadata": ["annotations": JSON([Application.syncAnnotation: token])]]),
            subresource: nil, options: WriteOptions(fieldManager: "gitctl-sync"))
        return token
    }
}
