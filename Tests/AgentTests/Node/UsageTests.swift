import APIMachinery
import Foundation
import TestSupport
import Testing

@testable import Agent

/// What control groups tell, and what rates come of it.
@Suite(.timeLimit(.minutes(1)))
struct UsageTests {
    private static let start = Timestamp(seconds: 1_000_000)

    private static func reading(_ milliseconds: Int64, cpu milli: Int64) -> UsageHistory.Reading {
        UsageHistory.Reading(time: start + .milliseconds(milliseconds), cpuNanoseconds: milli * 1_000_000)
    }

    private static let beginning = reading(0, cpu: 0)

    // MARK: Rates

    @Test("the first rate is since the start, the next since the reading before")
    func rates() {
        var history = UsageHistory()
        let first = history.rate(of: "a", at: Self.reading(10_000, cpu: 5000), since: Self.beginning)
        #expect(first == .init(cpuNanocores: 500_000_000, window: .seconds(10)))
        let second = history.rate(of: "a", at: Self.reading(12_000, cpu: 7000), since: Self.beginning)
        #expect(second == .init(cpuNanocores: 1_000_000_000, window: .seconds(2)))
        // Another one's readings are its own.
        let other = history.rate(of: "b", at: Self.reading(12_000, cpu: 12), since: Self.beginning)
        #expect(other == .init(cpuNanocores: 1_000_000, window: .seconds(12)))
    }

    @Test("who asks at once again gets a rate over the window before, not over nothing")
    func twice() {
        var history = UsageHistory()
        _ = history.rate(of: "a", at: Self.reading(10_000, cpu: 0), since: Self.beginning)
        _ = history.rate(of: "a", at: Self.reading(20_000, cpu: 1000), since: Self.beginning)
        let again = history.rate(of: "a", at: Self.reading(20_100, cpu: 1010), since: Self.beginning)
        #expect(again == .init(cpuNanocores: 100_000_000, window: .milliseconds(10_100)))
        // And does not keep others from a short window later.
        let later = history.rate(of: "a", at: Self.reading(20_250, cpu: 1250), since: Self.beginning)
        #expect(later == .init(cpuNanocores: 1_000_000_000, window: .milliseconds(250)))
    }

    @Test("a reading that is too old, or from before a clock was set back or a counter began anew, does not count")
    func old() {
        let window = UsageHistory.Rate(cpuNanocores: 100_000_000, window: .seconds(400))
        var history = UsageHistory()
        _ = history.rate(of: "a", at: Self.reading(99_000, cpu: 30_000), since: Self.beginning)
        #expect(history.rate(of: "a", at: Self.reading(400_000, cpu: 40_000), since: Self.beginning) == window)
        #expect(history.rate(of: "a", at: Self.reading(10_000, cpu: 50_000), since: Self.beginning)?.window == .seconds(10))
        history = UsageHistory()
        _ = history.rate(of: "a", at: Self.reading(390_000, cpu: 90_000), since: Self.beginning)
        #expect(history.rate(of: "a", at: Self.reading(400_000, cpu: 40_000), since: Self.beginning) == window)
    }

    @Test("what has just begun has no rate yet, nor has what began in the future")
    func young() {
        var history = UsageHistory()
        #expect(history.rate(of: "a", at: Self.reading(249, cpu: 100), since: Self.beginning) == nil)
        #expect(history.rate(of: "b", at: Self.reading(-1000, cpu: 100), since: Self.beginning) == nil)
        #expect(history.rate(of: "c", at: Self.reading(250, cpu: 100), since: Self.beginning)?.cpuNanocores == 400_000_000)
    }

    @Test("a counter out of its mind gives a large number, not a crash")
    func absurd() {
        var history = UsageHistory()
        let reading = UsageHistory.Reading(time: Self.start + .seconds(1), cpuNanoseconds: .max)
        #expect(history.rate(of: "a", at: reading, since: Self.beginning)?.cpuNanocores == 1_000_000_000_000_000)
    }

    @Test("what nobody asks for any longer is forgotten")
    func bounded() {
        var history = UsageHistory()
        for index in 0..<100 { _ = history.rate(of: "\(index)", at: Self.reading(1000, cpu: 1), since: Self.beginning) }
        _ = history.rate(of: "kept", at: Self.reading(300_000, cpu: 1), since: Self.beginning)
        history.forget(at: Self.start + .seconds(301))
        #expect(history.count == 101)
        history.forget(at: Self.start + .seconds(302))
        #expect(history.count == 1)
    }

    // MARK: Control groups

    private static func write(_ text: String, to file: String, in directory: String) throws {
        let url = URL(filePath: "\(directory)/\(file)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    private static let pod = "/kubepods/burstable/pod1/abc"

    @Test("version 1: cpuacct and memory, each at a mount point of its own")
    func versionOne() async throws {
        try await TemporaryDirectory.with { directory in
            let root = directory.path
            try Self.write("2500000000\n", to: "cpuacct\(Self.pod)/cpuacct.usage", in: root)
            try Self.write("10485760\n", to: "memory\(Self.pod)/memory.usage_in_bytes", in: root)
            // The group's own figure comes first; the hierarchy's is the one that counts.
            try Self.write("cache 1\ninactive_file 77\ntotal_cache 9\ntotal_inactive_file 4194304\n", to: "memory\(Self.pod)/memory.stat", in: root)
            let cgroups = Cgroups.v1(cpu: root + "/cpu", accounting: root + "/cpuacct", memory: root + "/memory", all: [])
            #expect(cgroups.cpuNanoseconds(of: Self.pod) == 2_500_000_000)
            #expect(cgroups.workingSetBytes(of: Self.pod) == 6 << 20)
            #expect(cgroups.cpuNanoseconds(of: "/kubepods/none") == nil && cgroups.workingSetBytes(of: "/kubepods/none") == nil)
            let without = Cgroups.v1(cpu: root + "/cpu", accounting: nil, memory: nil, all: [])
            #expect(without.cpuNanoseconds(of: Self.pod) == nil && without.workingSetBytes(of: Self.pod) == nil)
        }
    }

    @Test("version 2: one tree; the whole machine's memory stands in meminfo")
    func versionTwo() async throws {
        try await TemporaryDirectory.with { directory in
            let root = directory.path
            try Self.write("usage_usec 2500\nuser_usec 2000\nsystem_usec 500\n", to: "\(Self.pod)/cpu.stat", in: root)
            try Self.write("10485760\n", to: "\(Self.pod)/memory.current", in: root)
            try Self.write("anon 1\ninactive_anon 5\ninactive_file 4194304\n", to: "\(Self.pod)/memory.stat", in: root)
            try Self.write("usage_usec 9000000\n", to: "cpu.stat", in: root)
            try Self.write("inactive_file 1048576\n", to: "memory.stat", in: root)
            try Self.write("MemTotal:       8192 kB\nMemFree:        4096 kB\n", to: "meminfo", in: root)
            let cgroups = Cgroups.v2(root: root)
            #expect(cgroups.cpuNanoseconds(of: Self.pod) == 2_500_000)
            #expect(cgroups.workingSetBytes(of: Self.pod) == 6 << 20)
            #expect(cgroups.cpuNanoseconds(of: Cgroups.machine) == 9_000_000_000)
            #expect(cgroups.workingSetBytes(of: Cgroups.machine, meminfo: root + "/meminfo") == 3 << 20)
            #expect(cgroups.workingSetBytes(of: "/kubepods/none", meminfo: root + "/meminfo") == nil)
        }
    }

    @Test("file pages that count twice make no negative working set, and nonsense no figure")
    func nonsense() async throws {
        try await TemporaryDirectory.with { directory in
            let root = directory.path
            try Self.write("4096\n", to: "a/memory.current", in: root)
            try Self.write("inactive_file 8192\n", to: "a/memory.stat", in: root)
            try Self.write("max\n", to: "b/memory.current", in: root)
            try Self.write("usage_usec many\n", to: "b/cpu.stat", in: root)
            let cgroups = Cgroups.v2(root: root)
            #expect(cgroups.workingSetBytes(of: "/a") == 0)
            #expect(cgroups.workingSetBytes(of: "/b") == nil && cgroups.cpuNanoseconds(of: "/b") == nil)
        }
    }

    @Test("a pod is told of when all its running containers can be, over the longest of their windows")
    func pods() async throws {
        try await TemporaryDirectory.with { directory in
            let root = directory.path
            for (name, cpu) in [("one", 1_000_000), ("two", 500_000)] {
                try Self.write("usage_usec \(cpu)\n", to: "pod/\(name)/cpu.stat", in: root)
                try Self.write("1048576\n", to: "pod/\(name)/memory.current", in: root)
            }
            let clock = VirtualClock(now: Self.start + .seconds(10))
            let meter = UsageMeter(cgroups: .v2(root: root), clock: clock)
            func subject(_ containers: (String, Int64)...) -> UsageMeter.Subject {
                UsageMeter.Subject(
                    uid: "uid", cgroup: "/pod", containers: containers.map { .init(name: $0.0, id: $0.0, since: Self.start + .milliseconds($0.1)) })
            }
            let usage = try #require(await meter.usage(of: [subject(("one", 0), ("two", 8000), ("ended", 0))]).first)
            #expect(usage.uid == "uid" && usage.time == clock.now && usage.window == .seconds(10))
            #expect(usage.containers == [
                .init(name: "one", usage: ResourceUsage(cpuNanocores: 100_000_000, memoryBytes: 1 << 20)),
                .init(name: "two", usage: ResourceUsage(cpuNanocores: 250_000_000, memoryBytes: 1 << 20)),
            ])
            let young = UsageMeter(cgroups: .v2(root: root), clock: clock)
            #expect(await young.usage(of: [subject(("one", 0), ("two", 9900)), subject(("ended", 0))]).isEmpty)
        }
    }

    @Test("the machine's rate is since the first look at it, then since the last")
    func machine() async throws {
        try await TemporaryDirectory.with { directory in
            let root = directory.path
            try Self.write("inactive_file 0\n", to: "memory.stat", in: root)
            try Self.write("4096\n", to: "memory.current", in: root)
            let clock = VirtualClock(now: Self.start)
            let meter = UsageMeter(cgroups: .v2(root: root), clock: clock)
            func look(after duration: Duration, cpu seconds: Int64) async throws -> NodeUsage? {
                try Self.write("usage_usec \(seconds * 1_000_000)\n", to: "cpu.stat", in: root)
                clock.advance(by: duration)
                return await meter.machine(named: "node")
            }
            #expect(try await look(after: .zero, cpu: 100) == nil)
            let second = try await look(after: .seconds(10), cpu: 105)
            #expect(second == NodeUsage(
                node: "node", time: clock.now, window: .seconds(10), usage: ResourceUsage(cpuNanocores: 500_000_000, memoryBytes: 4096)))
            #expect(try await look(after: .seconds(1), cpu: 107)?.usage.cpuNanocores == 2_000_000_000)
            // Nobody asked for long: since the first look.
            let late = try await look(after: .seconds(989), cpu: 200)
            #expect(late?.window == .seconds(1000) && late?.usage.cpuNanocores == 100_000_000)
        }
    }
}
