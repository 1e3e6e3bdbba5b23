import APIMachinery
import TestSupport
import Testing

@testable import Reconciler

@Suite("Source: tags that are versions", .timeLimit(.minutes(2)))
struct VersionPushTests {
    private struct Fixture {
        let shop: PushedRepository

        /// As git does it: reviewed out of the quarantine, stored, deployed. Deletions have an empty revision.
        @discardableResult
        func push(_ tags: [String: String]) async throws -> (isAccepted: Bool, lines: [String]) {
            let lines = Lines()
            let reconciler = shop.running.reconciler
            var updates: [Push.RefUpdate] = []
            for (tag, revision) in tags.sorted(by: { $0.key < $1.key }) {
                if !revision.isEmpty { try await shop.work.git("tag", "-a", "-f", tag, "-m", tag, revision) }
                let id = revision.isEmpty ? ObjectID.zero.description : try await shop.work.git("rev-parse", tag)
                updates.append(Push.RefUpdate(old: ObjectID.zero.description, new: id, ref: "refs/tags/\(tag)"))
            }
            let pushed = tags.filter { !$0.value.isEmpty }.keys.joined(separator: "\n")
            let quarantine = try await shop.work.quarantine(pushed.isEmpty ? "HEAD" : pushed, in: shop.bare)
            guard await reconciler.review(Push(repository: shop.name, updates: updates, quarantinePath: quarantine), report: lines.report) else {
                return (false, lines.all)
            }
            for (tag, revision) in tags { try await shop.work.push(to: shop.bare, revision.isEmpty ? ":refs/tags/\(tag)" : "refs/tags/\(tag)") }
            _ = await reconciler.deploy(Push(repository: shop.name, updates: updates), report: lines.report)
            return (true, lines.all)
        }

        func commit(_ text: String) async throws -> String { try await shop.commit(["page.yaml": ServedRepository.page("page", text)], text) }
        func text() async throws -> String? { try await shop.cluster.get(.configMaps, "page").fields["data"]?["text"]?.string }
    }

    @Test("the highest tag in the range is reviewed and deployed, others are stored, the one deployed cannot be deleted")
    func tags() async throws {
        try await RunningReconciler.with { running in
            let fixture = Fixture(shop: try await PushedRepository(in: running))
            let cluster = running.cluster
            try await cluster.createApplication("shop", source: ["repository": "shop", "semver": "1.x"])
            let awaiting = try await cluster.application("shop", synced: "AwaitingPush")
            #expect(awaiting.status.condition("Synced")?.message == "\(fixture.shop.bare) has no tag with a version in \"1.x\"; push a tag like v1.2.3")

            let first = try await fixture.commit("one")
            try await fixture.push(["v1.0.0": first])
            try await cluster.application("shop", synced: "Synced", at: first)
            #expect(try await fixture.text() == "one")

            let second = try await fixture.commit("two")
            let outcome = try await fixture.push(["v1.1.0": second, "v2.0.0": second, "nightly": second])
            #expect(outcome.lines.first == "gitctl: plan for gitctl-system/shop at \(second.prefix(7))", "\(outcome.lines)")
            #expect(outcome.lines.count { $0.contains("plan for") } == 1)
            #expect(try await fixture.text() == "two")

            let third = try await fixture.commit("three")
            #expect(try await fixture.push(["v1.0.1": third, "v1.2.0-rc.1": third]).lines == ["gitctl: stored; no Application deploys refs/tags/v1.0.1, refs/tags/v1.2.0-rc.1"])
            #expect(try await fixture.text() == "two")

            #expect(
                try await fixture.push(["v1.1.0": ""]).lines == [
                    "gitctl: refs/tags/v1.1.0 is deployed by Application gitctl-system/shop and cannot be deleted; delete the Application first, or set its spec.source.revision to another branch"
                ])
            #expect(try await fixture.push(["v1.0.1": ""]).isAccepted)
            // With a higher one in the same push it is not the deployed one any more.
            #expect(try await fixture.push(["v1.1.0": "", "v1.3.0": third]).isAccepted)
            #expect(try await fixture.text() == "three")

            let broken = try await fixture.shop.commit(["page.yaml": "kind: ConfigMap\n"], "broken")
            #expect(try await !fixture.push(["v1.9.0": broken]).isAccepted)
            #expect(try await fixture.text() == "three")
        }
    }

    @Test("of tags with the same version the younger commit counts")
    func builds() async throws {
        let work = try await GitRepositoryFixture()
        for (index, build) in ["1.0.0+b", "1.0.0+a", "v0.9.0"].enumerated() {
            try await work.git("commit", "--quiet", "--allow-empty", "-m", build, environment: ["GIT_COMMITTER_DATE": "2026-01-0\(index + 1)T00:00:00Z"])
            try await work.git("tag", build)
        }
        #expect(try await Repository(path: work.path).commit(newestIn: VersionRange("*")).summary == "1.0.0+a")
        let error = await #expect(throws: GitError.self) { try await Repository(path: work.path).commit(newestIn: VersionRange("2")) }
        #expect(error?.description == "\(work.path) has no tag with a version in \"2\"; its highest versions are 1.0.0+a, 1.0.0+b, v0.9.0")
    }

    private static let atSign =
        "spec.source.url has an @ behind a slash, where a password may end, and is not shown; put credentials into a Secret that spec.source.secretRef names, or write a slash in them as %2F; an @ of the path is %40"

    static let conflicts: [(source: JSONObject, message: String)] = [
        (["url": "https://h/x", "semver": "1.x", "revision": "main"], "spec.source has both revision and semver; keep one: a branch, tag or commit, or a range of versions"),
        (["url": "https://h/x", "semver": "newest"], "spec.source.semver \"newest\" has \"newest\", which is no version; write a range like >=1.2.0 <2, 1.x, ~1.4 or ^2 || ^3"),
        (["url": "https://ada:s3/cret@h/x"], atSign), (["url": "ssh://h:1/x@y"], atSign),
        (["repository": "x", "secretRef": ["name": "a"]], "spec.source.secretRef is for a url that is fetched; a repository of gitctl's own needs no credentials"),
    ]

    @Test("what cannot go together in a source is refused", arguments: conflicts.indices)
    func conflicting(index: Int) {
        let (source, message) = Self.conflicts[index]
        let object = Object(.applications, namespace: "n", name: "a", ["spec": ["source": .object(source)]])
        let error = #expect(throws: InvalidApplication.self) { try Application(object) }
        #expect(error?.description == message)
    }

    @Test("there is no rollback on tags, and the message says what to do instead")
    func rollback() async throws {
        try await RunningReconciler.with { running in
            let fixture = Fixture(shop: try await PushedRepository(in: running))
            try await running.cluster.createApplication("shop", source: ["repository": "shop", "semver": ">=1"])
            try await fixture.push(["v1.0.0": try await fixture.commit("one")])
            let error = await #expect(throws: SyncFailure.self) {
                try await running.reconciler.rollBack(
                    application: ObjectKey(.applications, namespace: "gitctl-system", name: "shop"), to: nil, by: Restoration.Author(name: "Ada", email: "a@example.org"), report: { _ in })
            }
            #expect(error?.lines == ["Application gitctl-system/shop follows the versions >=1, which are tags and do not move; push a higher one, or exclude the bad one from its spec.source.semver"])
        }
    }
}
