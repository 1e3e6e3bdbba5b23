import APIMachinery
import Cluster
import Glibc
import TestSupport
import Testing

@testable import gitctl

@Suite("Logs of Applications", .timeLimit(.minutes(1)))
struct ApplicationLogTests {
    private static func pod(_ name: String, _ statuses: JSON, field: String = "containerStatuses") -> Object {
        var pod = Object(.pods, namespace: "default", name: name, ["status": .object([field: statuses])])
        pod.uid = name
        return pod
    }

    @Test("a container's log can be read from its start on, and that of the run before when it has restarted")
    func sources() {
        let pod = Self.pod(
            "web",
            [
                ["name": "waits", "state": ["waiting": ["reason": "ContainerCreating"]]],
                ["name": "runs", "containerID": "containerd://b", "state": ["running": [:]], "lastState": ["terminated": ["containerID": "containerd://a"]]],
            ])
        #expect(LogSource.all(in: pod) == [LogSource(namespace: "default", pod: "web", container: "runs", run: "containerd://b")])
        #expect(LogSource.all(in: pod, isPrevious: true).map(\.run) == ["containerd://a"])
        #expect(LogSource.all(in: pod)[0].label == "web/runs")
        let ended = Self.pod("job", [["name": "c", "containerID": "containerd://c", "state": ["terminated": ["exitCode": 0]]]])
        #expect(LogSource.all(in: ended).map(\.run) == ["containerd://c"] && LogSource.running(in: ended).isEmpty)
        #expect(LogSource.running(in: pod).map(\.run) == ["containerd://b"])
    }

    private func lines(_ position: inout LogPosition, _ lines: [String]) -> [String] {
        lines.compactMap { position.take(Array($0.utf8)).map { String(decoding: $0.text, as: UTF8.self) } }
    }

    @Test("a stream that is taken up again repeats nothing and leaves nothing out")
    func resumes() {
        var position = LogPosition()
        position.resume()
        let first = ["2026-01-02T03:04:05.1Z a", "2026-01-02T03:04:05.3Z b", "2026-01-02T03:04:05.2Z early", "2026-01-02T03:04:05.3Z c", "piece of a long line"]
        #expect(lines(&position, first) == ["a", "b", "early", "c", "piece of a long line"])
        #expect(position.last == "2026-01-02T03:04:05.3Z")
        position.resume()
        // From the whole second on, as a server that counts in seconds answers.
        #expect(lines(&position, first + ["2026-01-02T03:04:05.3Z d", "2026-01-02T03:04:06Z e"]) == ["d", "e"])
        #expect(position.last == "2026-01-02T03:04:06Z")
    }

    @Test("on a terminal a container's colours come through, and nothing else that would drive it")
    func harmless() {
        func shown(_ text: String) -> String { String(decoding: LogOutput.harmless(text.utf8), as: UTF8.self) }
        #expect(shown("\u{1B}[31;1mred\u{1B}[0m\tünïcode ✓") == "\u{1B}[31;1mred\u{1B}[0m\tünïcode ✓")
        #expect(shown("\u{1B}[2J\u{1B}]0;title\u{7}\r\u{9B}2Jx\u{1B}") == "[2J]0;title2Jx")
        #expect(shown("\u{1B}[31") == "[31")
    }

    @Test("each line begins with its pod and container, and is whole")
    func output() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let source = LogSource(namespace: "default", pod: "web-1", container: "nginx", run: "r")
        let output = LogOutput(Terminal(isTerminal: false), descriptor: ends[1])
        #expect(output.write(source, time: "", "one".utf8) && output.write(source, time: "2026-01-02T03:04:05Z", "\u{1B}[2Jtwo".utf8))
        close(ends[1])
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(ends[0], &bytes, bytes.count)
        close(ends[0])
        #expect(String(decoding: bytes[..<count], as: UTF8.self) == "web-1/nginx one\nweb-1/nginx 2026-01-02T03:04:05Z \u{1B}[2Jtwo\n")
    }

    /// A node on which every container says two lines with their times, and goes on when it is told to.
    private struct TalkingNode: NodeEndpoint {
        let more: AsyncStream<String>

        func logs(namespace: String, pod: String, container: String, options: LogOptions) async throws(APIStatus) -> AsyncThrowingStream<[UInt8], any Error> {
            let (stream, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
            continuation.yield(Array("2026-01-02T03:04:05Z \(pod) one\n2026-01-02T03:04:06Z two\n".utf8))
            guard options.follow else {
                continuation.finish()
                return stream
            }
            let task = Task { [more] in
                for await line in more { continuation.yield(Array("2026-01-02T03:04:07Z \(line)\n".utf8)) }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
            return stream
        }

        func nodeUsage() async -> NodeUsage? { nil }
        func usage(ofPods uids: Set<String>) async -> [PodUsage] { [] }
    }

    @Test("logs come over HTTPS line by line while they are written")
    func streams() async throws {
        let (more, say) = AsyncStream<String>.makeStream()
        try await ServedCluster.with(nodeEndpoint: TalkingNode(more: more)) { cluster in
            let client = try cluster.admin
            _ = try await client.create(.serviceAccounts, Object(.serviceAccounts, namespace: "default", name: "default"))
            _ = try await client.create(
                .pods, Object(.pods, namespace: "default", name: "web", ["spec": ["nodeName": "n", "containers": [["name": "c", "image": "i"]]]]))
            var options = LogOptions()
            options.follow = true
            options.timestamps = true
            let lines = try await client.logs(namespace: "default", pod: "web", container: "c", options: options)
            func next() async throws -> String? { try await lines.next().map { String(buffer: $0) } }
            #expect(try await next() == "2026-01-02T03:04:05Z web one")
            #expect(try await next() == "2026-01-02T03:04:06Z two")
            say.yield("three")
            #expect(try await next() == "2026-01-02T03:04:07Z three")
            say.finish()
            #expect(try await next() == nil)
            await #expect { _ = try await client.logs(namespace: "default", pod: "gone", container: "c", options: LogOptions()) } throws: {
                ($0 as? APIStatus)?.reason == .notFound
            }
        }
    }
}
