import APIMachinery
import Dispatch
import Glibc
import Logging
import Reconciler
import ServiceLifecycle
import Testing

@testable import gitctl

@Suite("Control socket", .timeLimit(.minutes(1)))
struct ControlTests {
    static let push = Push(
        repository: "web",
        updates: [Push.RefUpdate(old: String(repeating: "0", count: 40), new: String(repeating: "a", count: 40), ref: "refs/heads/main")],
        quarantinePath: "/q")

    static let requests: [ControlRequest] = [
        .ping, .ensureRepository(name: "web"), .preReceive(push), .postReceive(push),
        .sync(namespace: "n", name: "web", revision: nil, isDryRun: true), .sync(namespace: "n", name: "web", revision: "v1", isDryRun: false),
        .rollBack(namespace: "n", name: "web", revision: nil, author: Restoration.Author(name: "Ada", email: "ada@example.org")),
        .blame(group: "apps", kind: "Deployment", namespace: "n", name: "web", field: "spec"), .stop,
        .diff(diff), .diff(live), .diff(detached),
    ]

    private static let diff = DiffRequest(
        root: "/r", urls: ["/r", "https://h/r.git"], from: push.updates[0].old, to: push.updates[0].new, app: ApplicationName(namespace: "n", name: "web"),
        branch: nil, format: DiffFormat(output: .markdown, isUnified: false, hasColor: true))
    private static let live = DiffRequest(
        root: "/r", urls: [], from: nil, to: push.updates[0].new, app: nil, branch: "main", format: DiffFormat(output: .text, isUnified: true, hasColor: false))
    private static let detached = DiffRequest(
        root: "/r", urls: [], from: nil, to: push.updates[0].new, app: nil, branch: .some(nil), format: DiffFormat(output: .json, isUnified: false, hasColor: false))

    @Test("a diff's request is read as it was written", arguments: [diff, live, detached])
    func diffRequest(request: DiffRequest) { #expect(DiffRequest(json: request.json) == request) }

    @Test("a diff's text arrives whole, in pieces that have room on a line")
    func diffText() throws {
        var answer = DiffAnswer(PlanReport([]), in: DiffFormat(output: .text, isUnified: false, hasColor: false))
        answer.text = String(repeating: "é\n\u{1}e\u{301}\u{302}\u{303}\u{304}\u{305}", count: 60_000)
        let text = DiffText()
        answer.sendText { piece in
            #expect(ControlReply.line(piece).json.encoded().count < ControlRequest.lineBytesMax)
            text.append(piece)
        }
        #expect(DiffAnswer(answer.json, text: text.whole) == answer)
        #expect(DiffAnswer(.null, text: "") == nil)
    }

    @Test("a request survives the wire", arguments: requests)
    func requestRoundTrip(request: ControlRequest) throws {
        let read = try #require(ControlRequest(json: try JSON(parsing: request.json.encoded())))
        #expect(read.json == request.json)
    }

    @Test(
        "a reply survives the wire",
        arguments: [
            .line("two\nlines"), .result(["a": 1]), .result(false), .error(Failure("no", hints: ["do this"], exitCode: 3)),
        ] as [ControlReply])
    func replyRoundTrip(reply: ControlReply) throws {
        #expect(ControlReply(json: try JSON(parsing: reply.json.encoded())) == reply)
    }

    @Test(
        "what is no request is refused",
        arguments: [#"{}"#, #"{"request":"fly"}"#, #"{"request":"pre-receive"}"#, #"{"request":"pre-receive","push":{"repository":"r","updates":[{"old":"a"}]}}"#, #"{"request":"ensure-repository","name":3}"#])
    func malformed(text: String) throws {
        #expect(ControlRequest(json: try JSON(parsing: text)) == nil)
    }

    @Test("a hook's standard input becomes the push's updates")
    func hookInput() throws {
        let zero = String(repeating: "0", count: 40)
        let id = String(repeating: "b", count: 40)
        #expect(try HookCall.updates("\(zero) \(id) refs/heads/main\n") == [Push.RefUpdate(old: zero, new: id, ref: "refs/heads/main")])
        #expect(throws: Failure("git handed the hook the line \"x y\"; expected OLD NEW REF")) { try HookCall.updates("x y\n") }
    }

    @Test("a hook's call is told from other command lines, and read without the parser")
    func hookCall() throws {
        let call = try #require(HookCall(arguments: ["hook", "post-receive", "--data-dir", "/d", "--repository", "web"]))
        #expect(call.name == .postReceive)
        #expect(call.directory.path == "/d")
        #expect(call.repository == "web")
        let others = [
            [], ["hook"], ["hook", "--help"], ["hook", "update", "--data-dir", "/d", "--repository", "web"],
            ["hook", "post-receive", "--repository", "web", "--data-dir", "/d"], ["up", "post-receive", "--data-dir", "/d", "--repository", "web"],
        ]
        for other in others { #expect(HookCall(arguments: other) == nil) }
    }

    /// Runs `body` against a server on a directory whose socket path needs the long form when `nested` is long.
    private func withServer(
        nested: String = "", handler: @escaping ControlServer.Handler, _ body: @Sendable @escaping (ControlClient, ScratchDirectory) async throws -> Void
    ) async throws {
        let directory = try ScratchDirectory(nested: nested)
        let server = try await ControlServer(directory.data, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, handler: handler)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            try await body(ControlClient(directory.data), directory)
            group.cancelAll()
        }
    }

    @Test("lines come before the result, in order", arguments: ["", String(repeating: "long/", count: 30)])
    func lines(nested: String) async throws {
        try await withServer(nested: nested) { request, report in
            guard case .preReceive(let push) = request else { return .null }
            for index in 0..<1000 { report("\(push.repository) \(index)") }
            return true
        } _: { client, _ in
            let lines = Lines()
            let answer = try await client.send(.preReceive(Self.push)) { lines.add($0) }
            #expect(answer == true)
            #expect(lines.all == (0..<1000).map { "web \($0)" })
        }
    }

    @Test("the daemon's refusal arrives with its hints")
    func failure() async throws {
        try await withServer { _, _ in throw Failure("no such repository", hints: ["make it"]) } _: { client, _ in
            await #expect(throws: Failure("no such repository", hints: ["make it"])) { try await client.send(.ensureRepository(name: "x")) }
        }
    }

    @Test("only the owner may use the socket")
    func mode() async throws {
        try await withServer { _, _ in .null } _: { _, directory in
            var status = stat()
            #expect(stat(directory.data.socket, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }

    @Test("a dead daemon's socket is replaced, and without a daemon there is no answer")
    func stale() async throws {
        let directory = try ScratchDirectory()
        #expect(open(directory.data.socket, O_CREAT | O_WRONLY, 0o600) >= 0)
        await #expect(throws: ControlClient.Unavailable.self) { try await ControlClient(directory.data).send(.ping) }
        let server = try await ControlServer(directory.data, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) { _, _ in "here" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let answer = try await ControlClient(directory.data).send(.ping)
            #expect(answer == "here")
            group.cancelAll()
        }
        await #expect(throws: ControlClient.Unavailable.self) { try await ControlClient(directory.data).send(.ping) }
    }

    @Test("a daemon that ends before it has answered is stopped all the same")
    func stopsWithoutAnAnswer() async throws {
        let directory = try ScratchDirectory()
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(directory.data.socket.utf8)) }
        let isListening = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 }
        }
        #expect(isListening && listen(listener, 1) == 0)
        DispatchQueue.global().async {
            let connection = accept(listener, nil, nil)
            var bytes = [UInt8](repeating: 0, count: 256)
            _ = read(connection, &bytes, bytes.count)
            close(connection)
        }
        #expect(try await Down.stopDaemon(directory.data))
    }

    @Test("a graceful shutdown ends the server")
    func shutdown() async throws {
        let directory = try ScratchDirectory()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let stop = Signal()
        let server = try await ControlServer(directory.data, logger: logger) { _, _ in
            stop.fire()
            return true
        }
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [.init(service: server)], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                await stop.wait()
                await group.triggerGracefulShutdown()
            }
            try await ControlClient(directory.data).send(.stop)
            try await tasks.waitForAll()
        }
    }
}

import Synchronization

/// Lines reported from another task.
final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}
