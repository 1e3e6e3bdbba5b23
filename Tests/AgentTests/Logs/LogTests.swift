import APIMachinery
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Agent

@Suite(.timeLimit(.minutes(1)))
struct LogTests {
    private static func line(_ second: Int, _ text: String, tag: String = "F") -> String {
        "2026-01-02T03:04:0\(second).000000001Z stdout \(tag) \(text)\n"
    }
    private static let text =
        line(1, "one") + line(2, "two") + line(3, "thr", tag: "P") + line(3, "ee") + line(4, "") + "garbage\n" + line(5, "five")

    private func read(_ change: (inout LogOptions) -> Void) async throws -> String {
        try await TemporaryDirectory.with { directory in
            let path = "\(directory.path)/0.log"
            try Files.write(Array(Self.text.utf8), to: path, mode: 0o644)
            var options = LogOptions()
            change(&options)
            let reader = LogReader(
                path: path, options: options, clock: VirtualClock(now: Timestamp("2026-01-02T03:04:06Z")!), changed: Signal(),
                isRunning: { false })
            var bytes: [UInt8] = []
            for try await some in reader.stream() { bytes += some }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test("Entries come without their prefix, and parts are joined")
    func all() async throws { #expect(try await read { _ in } == "one\ntwo\nthree\n\nfive\n") }

    @Test("The tail is counted in lines from the end", arguments: [(0, ""), (1, "five\n"), (3, "\nfive\n"), (100, "one\ntwo\nthree\n\nfive\n")])
    func tail(lines: Int, expected: String) async throws { #expect(try await read { $0.tailLines = lines } == expected) }

    @Test("Times can be shown and can select")
    func times() async throws {
        let recent = try await read {
            $0.sinceTime = "2026-01-02T03:04:04Z"
            $0.timestamps = true
        }
        #expect(recent == "2026-01-02T03:04:04.000000001Z \n2026-01-02T03:04:05.000000001Z five\n")
        #expect(try await read { $0.sinceSeconds = 1 } == "five\n")
    }

    @Test("The number of bytes is limited")
    func limit() async throws { #expect(try await read { $0.limitBytes = 5 } == "one\nt") }

    @Test("A follower sees what is written later, and ends when the container has")
    func follow() async throws {
        try await TemporaryDirectory.with { directory in
            let path = "\(directory.path)/0.log"
            try Files.write(Array(Self.line(1, "one").utf8), to: path, mode: 0o644)
            let isRunning = Mutex(true)
            let changed = Signal()
            var options = LogOptions()
            options.follow = true
            let reader = LogReader(path: path, options: options, clock: SystemClock(), changed: changed) { isRunning.withLock { $0 } }
            var pieces: [String] = []
            for try await some in reader.stream() {
                pieces.append(String(decoding: some, as: UTF8.self))
                if pieces.count == 1 {
                    try Files.write(Array((Self.line(1, "one") + Self.line(2, "two")).utf8), to: path, mode: 0o644)
                } else {
                    isRunning.withLock { $0 = false }
                    changed.fire()
                }
            }
            #expect(pieces == ["one\n", "two\n"])
        }
    }

    @Test("What the runtime writes after the end of a container is read, until it closes the file", .timeLimit(.minutes(1)), arguments: [true, false])
    func lateOutput(follows: Bool) async throws {
        try await TemporaryDirectory.with { directory in
            let path = "\(directory.path)/0.log"
            try Files.write(Array(Self.line(1, "one").utf8), to: path, mode: 0o644)
            let writer = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
            // A clock that stands still: the reader must not end because time has passed.
            let clock = VirtualClock(now: Timestamp("2026-01-02T03:04:06Z")!)
            var options = LogOptions()
            options.follow = follows
            let reader = LogReader(path: path, options: options, clock: clock, changed: Signal()) { false }
            var pieces: [String] = []
            for try await some in reader.stream() {
                pieces.append(String(decoding: some, as: UTF8.self))
                guard pieces.count == 1 else { continue }
                let late = Array(Self.line(2, "late").utf8)
                #expect(write(writer, late, late.count) == late.count)
                close(writer)
            }
            #expect(pieces == ["one\n", "late\n"])
        }
    }

    @Test("A tail longer than one chunk is found")
    func longTail() async throws {
        try await TemporaryDirectory.with { directory in
            let path = "\(directory.path)/0.log"
            let lines = (0..<5000).map { Self.line(1, "line number \($0)") }
            try Files.write(Array(lines.joined().utf8), to: path, mode: 0o644)
            let tail = LogFile.tail(path, lines: 4000, sizeBytesMax: 1 << 20)
            #expect(String(decoding: tail, as: UTF8.self).hasPrefix("line number 1000\n"))
        }
    }
}
