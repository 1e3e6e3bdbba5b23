import APIMachinery
import Cluster
import Foundation
import Logging
import TestSupport
import Testing

@testable import Reconciler

/// Two Applications of one remote repository, a reconciler that dies now and then, and everything that can happen to
/// either: whatever the order, the cluster ends on the newest commit that can be had, the status tells the truth on the
/// way, and nothing that is not theirs is touched.
@Suite("Chaos", .serialized, .timeLimit(.minutes(3)))
struct ChaosTests {
    /// More of them: `GITCTL_CHAOS_SEEDS=200 swift test --filter ChaosTests`.
    private static let seeds = 1...(ProcessInfo.processInfo.environment["GITCTL_CHAOS_SEEDS"].flatMap(UInt64.init) ?? 6)
    private static let steps = 12

    @Test("the cluster ends on the newest commit, the status tells the truth, and what is not theirs stays", arguments: seeds)
    func survives(seed: UInt64) async throws {
        let world = try await ChaosWorld(seed: seed)
        do {
            for _ in 0..<Self.steps { try await world.step() }
            try await world.settle()
        } catch {
            Issue.record("seed \(seed): \(error)\n\(world.log.joined(separator: "\n"))")
        }
        try await world.end()
    }
}

/// What happens in one run, by a seed.
private final class ChaosWorld {
    private static let applications = ["a", "b"]
    /// Far longer than any back-off of theirs.
    private static let waitMax: Duration = .seconds(30)
    private static let names = ["x0", "x1", "x2", "x3", "x4", "x5"]

    /// Files of a commit: the value of a ConfigMap by Application and name.
    typealias Content = [String: [String: String]]

    private var fuzz: Fuzz
    private let cluster: TestCluster
    private let server: GitServer
    private let work: GitRepositoryFixture
    private let data: ScratchDirectory
    private var content: Content = ["a": ["x0": "0"], "b": ["x1": "0"]]
    /// What each commit that ever was holds.
    private var contents: [String: Content] = [:]
    private var tip = ""
    private var token = 0
    private var isServing = true
    private var hasBranch = true
    private var isFull = false
    private var client: MortalClient
    private var running: Task<Void, any Error>?
    private(set) var log: [String] = []

    init(seed: UInt64) async throws {
        fuzz = Fuzz(seed: seed)
        cluster = try await TestCluster()
        server = try await GitServer()
        work = try await GitRepositoryFixture()
        data = try ScratchDirectory("chaos")
        client = MortalClient(cluster.client(as: "system:gitctl"))
        // A disk of its own, which can be filled.
        try await CommandRunner().output("mount", "-t", "tmpfs", "-o", "size=4M", "tmpfs", data.path, within: .seconds(20))
        for (name, annotations) in [("bystander", [:]), ("forged", [Application.annotation: "gitctl-system/a"])] {
            var object = Object(.configMaps, namespace: "default", name: name, ["data": ["value": "theirs"]])
            object.annotations = annotations
            _ = try await cluster.client.create(.configMaps, object)
        }
        try await commit()
        for name in Self.applications {
            try await cluster.createApplication(
                name, source: ["url": .string(server.url), "revision": "main", "path": .string(name)],
                spec: ["sync": ["maxDeletions": 100, "retry": ["backoff": ["duration": "100ms", "maxDuration": "200ms"]]]])
        }
        start()
        try await settle()
    }

    func end() async throws {
        await stop()
        if isServing { try await server.stop() }
        try await CommandRunner().output("umount", data.path, within: .seconds(20))
    }

    // MARK: The daemon

    private func start() {
        client = MortalClient(cluster.client(as: "system:gitctl"))
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let reconciler = Reconciler(
            Reconciler.Configuration(dataDirectory: data.path, executable: "/bin/true", fetchInterval: .seconds(3600), logger: logger), client: client)
        running = Task { try await reconciler.run() }
    }

    private func stop() async {
        running?.cancel()
        // Its end is all that counts.
        _ = try? await running?.value
    }

    // MARK: What happens

    func step() async throws {
        switch fuzz.below(12) {
        case 0, 1, 2:
            try await change()
            try await tell()
        case 3:
            note("force-push of an earlier commit")
            let commits = try await work.git("log", "--format=%H", "-5").split(separator: "\n").map(String.init)
            try await work.git("reset", "-q", "--hard", fuzz.pick(commits))
            try await work.git("clean", "-qfd")
            content = contents[try await work.git("rev-parse", "HEAD")] ?? content
            try await push()
            try await tell()
        case 4:
            note("history rewritten")
            try await work.git("commit", "-q", "--amend", "--allow-empty", "-m", "rewritten \(fuzz.next())")
            try await push()
            try await tell()
        case 5:
            note("branch deleted")
            hasBranch = false
            try await work.git("--git-dir", server.repository, "update-ref", "-d", "refs/heads/main")
            try await tell()
        case 6:
            note("network dropped")
            if isServing { try await server.stop() }
            isServing = false
            if fuzz.below(2) == 0 { try await change() }
            try await tell()
        case 7: try corrupt()
        case 8: try await fillDisk()
        case 9: try await die()
        case 10: try await drift()
        default: try await settle()
        }
    }

    private func change() async throws {
        let (application, name) = (fuzz.pick(Self.applications), fuzz.pick(Self.names))
        let other = application == "a" ? "b" : "a"
        if content[application]?[name] != nil, fuzz.below(3) == 0, (content[application]?.count ?? 0) > 1 {
            content[application]?[name] = nil
        } else {
            // It moves over when the other has it: never in both.
            if content[other]?[name] != nil, content[other]?.count ?? 0 > 1 { content[other]?[name] = nil }
            if content[other]?[name] == nil { content[application]?[name] = "\(fuzz.next() % 1000)" }
        }
        try await commit()
    }

    private func commit() async throws {
        for application in Self.applications {
            for name in Self.names {
                let file = "\(application)/\(name).yaml"
                if let value = content[application]?[name] {
                    try work.write(file, SyncTests.configMap(name, value))
                } else if FileManager.default.fileExists(atPath: work.path + "/" + file) {
                    try work.remove(file)
                }
            }
        }
        // Every commit is another, and so large that a full disk cannot hold it.
        try work.write("bulk", String((0..<30_000).map { _ in Character(UnicodeScalar(UInt8(33 + fuzz.below(90)))) }))
        let id = try await work.commit("change")
        note("commit \(id.prefix(7)) \(content)")
        try await push()
    }

    private func push() async throws {
        tip = try await work.git("rev-parse", "HEAD")
        contents[tip] = content
        hasBranch = true
        try await work.git("push", "-q", "--force", server.repository, "HEAD:refs/heads/main")
    }

    private func corrupt() throws {
        let root = data.path + "/git/remotes"
        let files = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String }
            .filter { $0.hasSuffix(".pack") || $0.hasSuffix(".idx") || $0.hasSuffix("/HEAD") }.sorted() ?? []
        guard !files.isEmpty else { return }
        let file = root + "/" + fuzz.pick(files)
        note("\(file.suffix(30)) cut off")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        try Data(contentsOf: URL(filePath: file)).prefix(10).write(to: URL(filePath: file))
    }

    private func fillDisk() async throws {
        note("disk full")
        isFull = true
        // Writes until nothing fits any more.
        _ = try await CommandRunner().run(["dd", "if=/dev/zero", "of=\(data.path)/filler", "bs=64k", "count=200"], within: .seconds(20))
        try await change()
        try await tell()
    }

    private func die() async throws {
        note("daemon killed")
        client.die(after: fuzz.below(6), losingAnswer: fuzz.below(2) == 0)
        try await change()
        if isServing, hasBranch {
            // It may have nothing to write: then it is killed where it stands.
            try await ask()
            _ = await withTaskGroup(of: Void.self) { group in
                group.addTask { [died = client.died] in await died.wait() }
                group.addTask { try? await Task.sleep(for: .milliseconds(300)) }
                await group.next()
                group.cancelAll()
            }
        }
        await stop()
        start()
    }

    private func drift() async throws {
        guard let name = content[fuzz.pick(Self.applications)]?.keys.sorted().first else { return }
        note("\(name) changed by hand")
        let key = ObjectKey(.configMaps, namespace: "default", name: name)
        do {
            if fuzz.below(2) == 0 {
                _ = try await cluster.client.patch(key, .merge(["data": ["value": "by hand"]]))
            } else {
                _ = try await cluster.client.delete(key)
            }
        } catch {
            // It has not come yet, or has gone.
            guard error.reason == .notFound else { throw error }
        }
    }

    // MARK: What must hold

    /// Asks both Applications for a sync.
    private func ask() async throws {
        token += 1
        for name in Self.applications {
            _ = try await cluster.client.patch(
                ObjectKey(.applications, namespace: "gitctl-system", name: name),
                .merge(["metadata": ["annotations": [Application.syncAnnotation: .string("\(token)")]]]))
        }
    }

    /// Asks for a sync, and holds the statuses that come against the cluster.
    private func tell() async throws {
        try await ask()
        let wanted = "\(token)"
        for name in Self.applications {
            try await wait(name, "answer") { $0.status["lastHandledSync"]?.string == wanted }
            let status = try Application(try await cluster.get(.applications, name, in: "gitctl-system")).status
            guard let synced = status.condition("Synced") else { throw Untrue("\(name) has no condition Synced") }
            if synced.status == .isTrue {
                guard contents[status.observedRevision] != nil else { throw Untrue("\(name) is synced to \(status.observedRevision), which never was") }
                if isServing, hasBranch, !isFull, status.observedRevision != tip { throw Untrue("\(name) says it is synced at \(status.observedRevision), and \(tip) is there") }
            } else if synced.message.isEmpty || synced.reason.isEmpty {
                throw Untrue("\(name) does not say why it is not synced")
            } else if status.condition("Ready")?.status == .isTrue {
                throw Untrue("\(name) is ready and not synced")
            }
        }
    }

    /// With every fault mended, all is as the newest commit has it.
    func settle() async throws {
        note("mended")
        if !isServing { try await server.start() }
        isServing = true
        if isFull { try? FileManager.default.removeItem(atPath: data.path + "/filler") }  // there may have been no room for it
        isFull = false
        if !hasBranch { try await push() }
        try await ask()
        let (tip, wanted) = (tip, "\(token)")
        for name in Self.applications {
            try await wait(name, "be ready at \(tip)") { object in
                let status = ApplicationStatus(object.status)
                return status.lastHandledSync == wanted && status.observedRevision == tip && status.condition("Ready")?.status == .isTrue
            }
        }
        try await expectContent()
        let versions = try await versions()
        try await ask()
        let again = "\(token)"
        for name in Self.applications {
            try await wait(name, "answer") { $0.status["lastHandledSync"]?.string == again }
        }
        guard try await self.versions() == versions else { throw Untrue("a sync of what is there wrote something") }
    }

    private func versions() async throws -> [String: String] {
        try await cluster.client.list(.configMaps, namespace: "default").items.reduce(into: [:]) { $0[$1.name] = $1.resourceVersion }
    }

    /// Waits for the status of an Application; where it does not come, says how it is instead.
    private func wait(_ name: String, _ purpose: String, until isDone: @escaping @Sendable (Object) -> Bool) async throws {
        let (cluster, limit) = (cluster, Self.waitMax)
        let isReached = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await cluster.wait(for: .applications, name, in: "gitctl-system") { $0.map(isDone) ?? false }
                return true
            }
            group.addTask {
                try await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        guard !isReached else { return }
        let statuses = try await cluster.client.list(.applications).items.map { "\($0.name): \($0.status.text)" }
        throw Untrue("\(name) did not \(purpose) within \(limit):\n\(statuses.joined(separator: "\n"))")
    }

    private func expectContent() async throws {
        let wanted = Self.applications.flatMap { application in
            (content[application] ?? [:]).map { "\($0.key)=\($0.value) of gitctl-system/\(application)" }
        } + ["bystander=theirs of -", "forged=theirs of gitctl-system/a"]
        // Drift is put back in a moment of its own.
        let expected = Set(wanted)
        var options = ListOptions()
        var found = try await read(&options)
        if found != expected {
            for try await _ in try await cluster.client.watch(.configMaps, namespace: "default", options: options) {
                var unused = ListOptions()
                found = try await read(&unused)
                if found == expected { return }
            }
            throw Untrue("the cluster holds \(found.sorted()), not \(expected.sorted())")
        }
    }

    private func read(_ options: inout ListOptions) async throws -> Set<String> {
        let list = try await cluster.client.list(.configMaps, namespace: "default")
        options.resourceVersion = list.resourceVersion
        return Set(list.items.map { "\($0.name)=\($0["data", "value"]?.string ?? "") of \($0.annotations[Application.annotation] ?? "-")" })
    }

    private struct Untrue: Error, CustomStringConvertible {
        var description: String
        init(_ description: String) { self.description = description }
    }

    private func note(_ line: String) { log.append(line);}
}
