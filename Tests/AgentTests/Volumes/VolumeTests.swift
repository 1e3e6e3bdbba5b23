import APIMachinery
import Glibc
import TestSupport
import Testing

@testable import Agent

@Suite(.timeLimit(.minutes(1)))
struct VolumeTests {
    private let now = Timestamp(seconds: 1_700_000_000)

    private func file(_ text: String, mode: mode_t = 0o644) -> AtomicWriter.File { .init(bytes: Array(text.utf8), mode: mode) }

    @Test("Files appear through ..data, change as a whole, and stay when nothing changes")
    func atomicWriter() async throws {
        try await TemporaryDirectory.with { directory in
            let writer = AtomicWriter(directory: directory.path, group: nil)
            let isNew = try writer.write(["a": file("1"), "dir/b": file("2", mode: 0o400)], now: now)
            #expect(isNew)
            #expect(Files.text("\(directory.path)/a") == "1")
            #expect(Files.text("\(directory.path)/dir/b") == "2")
            #expect(Files.link("\(directory.path)/a") == "..data/a")
            let first = Files.link("\(directory.path)/..data")
            let isNewAgain = try writer.write(["a": file("1"), "dir/b": file("2", mode: 0o400)], now: now + .seconds(1))
            #expect(!isNewAgain)
            #expect(Files.link("\(directory.path)/..data") == first)
            let isChanged = try writer.write(["a": file("3")], now: now + .seconds(2))
            #expect(isChanged)
            #expect(Files.text("\(directory.path)/a") == "3")
            #expect(Files.status("\(directory.path)/dir") == nil)
            #expect(Files.names(in: directory.path).count == 3)
        }
    }

    @Test("File names that lead elsewhere are refused", arguments: ["../x", "/x", "a/../../x", "..x", "", "a//b"])
    func badNames(name: String) async throws {
        try await TemporaryDirectory.with { directory in
            let writer = AtomicWriter(directory: directory.path, group: nil)
            #expect(throws: PodProblem.self) { try writer.write([name: file("x")], now: now) }
        }
    }

    @Test("A subPath that leads out of its volume is refused", arguments: ["../x", "/etc", "out", "deep/up", "loop"])
    func subPathAttacks(path: String) async throws {
        try await TemporaryDirectory.with { directory in
            let volume = "\(directory.path)/volume"
            try Files.makeDirectory("\(volume)/deep", mode: 0o755)
            symlink("/etc", "\(volume)/out")
            symlink("../../..", "\(volume)/deep/up")
            symlink("loop", "\(volume)/loop")
            #expect(throws: PodProblem.self) { close(try SubPath.open(path, in: volume, group: nil)) }
        }
    }

    @Test("A subPath inside its volume is found, made where missing, and followed through inner links")
    func subPath() async throws {
        try await TemporaryDirectory.with { directory in
            let volume = "\(directory.path)/volume"
            try Files.makeDirectory("\(volume)/real", mode: 0o755)
            try Files.write([42], to: "\(volume)/real/file", mode: 0o644)
            symlink("real", "\(volume)/link")
            let file = try SubPath.open("link/file", in: volume, group: nil)
            #expect(Files.bytes("/proc/self/fd/\(file)") == [42])
            close(file)
            close(try SubPath.open("new/directory", in: volume, group: nil))
            #expect(Files.isDirectory("\(volume)/new/directory"))
        }
    }

    @Test("Removing a tree follows no link")
    func removal() async throws {
        try await TemporaryDirectory.with { directory in
            let (tree, other) = ("\(directory.path)/tree", "\(directory.path)/other")
            try Files.makeDirectory("\(tree)/a/b", mode: 0o755)
            try Files.makeDirectory(other, mode: 0o755)
            try Files.write([1], to: "\(other)/kept", mode: 0o644)
            symlink(other, "\(tree)/a/link")
            try Files.removeTree(tree)
            #expect(Files.status(tree) == nil)
            #expect(Files.bytes("\(other)/kept") == [1])
        }
    }

    @Test("Mounts at and below a directory are found, and those of its neighbours are not")
    func mounts() {
        let mountinfo = """
            22 1 0:20 / / rw - ext4 /dev/sda rw
            29 22 0:21 / /d rw - ext4 /dev/sdb rw
            30 22 0:21 / /d/pods/a\\040b rw - tmpfs tmpfs rw
            31 22 0:22 / /data rw - tmpfs tmpfs rw
            """
        #expect(Mounts.points(below: "/d", mountinfo: mountinfo) == ["/d/pods/a b", "/d"])
    }
}
