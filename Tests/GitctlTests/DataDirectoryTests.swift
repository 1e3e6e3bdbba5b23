import Foundation
import Testing

import gitctl

@Suite("Data directory", .timeLimit(.minutes(1)))
struct DataDirectoryTests {
    @Test("the option beats the environment, which beats the standard place")
    func precedence() {
        #expect(DataDirectory(option: "/a", environment: "/b", workingDirectory: "/w").path == "/a")
        #expect(DataDirectory(option: nil, environment: "/b", workingDirectory: "/w").path == "/b")
        #expect(DataDirectory(option: nil, environment: "", workingDirectory: "/w").path == "/var/lib/gitctl")
        #expect(DataDirectory(option: nil, environment: nil, workingDirectory: "/w").path == "/var/lib/gitctl")
    }

    @Test(
        "a path becomes absolute and plain",
        arguments: [("d", "/w/d"), ("./d/", "/w/d"), ("../d", "/d"), ("/d//e/", "/d/e"), ("/d/./e/..", "/d")])
    func normalized(option: String, path: String) {
        #expect(DataDirectory(option: option, environment: nil, workingDirectory: "/w").path == path)
    }

    @Test("the kubeconfig and the socket are in it")
    func files() {
        let directory = DataDirectory(option: "/d", environment: nil)
        #expect(directory.kubeconfig == "/d/kubeconfig")
        #expect(directory.socket == "/d/gitctl.sock")
    }

    @Test("one process at a time holds the lock, and the refusal names its holder")
    func lock() throws {
        let directory = try ScratchDirectory()
        let lock = try InstanceLock(directory.data)
        let failure = #expect(throws: Failure.self) { _ = try InstanceLock(directory.data) }
        #expect(failure?.message == "another gitctl daemon (process \(getpid())) uses the data directory \(directory.path)")
        #expect(failure?.hints.first?.contains("gitctl down --data-dir \(directory.path)") == true)
        _ = consume lock
        _ = try InstanceLock(directory.data)
    }

    @Test("a directory that holds other things is neither taken nor made private")
    func foreign() throws {
        let scratch = try ScratchDirectory()
        #expect(chmod(scratch.path, 0o755) == 0)
        try "mine".write(toFile: scratch.path + "/notes.txt", atomically: true, encoding: .utf8)
        let failure = #expect(throws: Failure.self) { try scratch.data.create() }
        #expect(failure?.message == "\(scratch.path) cannot be the data directory: it holds other things (notes.txt)")
        var status = stat()
        #expect(stat(scratch.path, &status) == 0 && status.st_mode & 0o777 == 0o755)
        _ = try InstanceLock(scratch.data)
        try scratch.data.create()
    }

    @Test("down removes nothing that no daemon has made")
    func foreignDown() async throws {
        let scratch = try ScratchDirectory()
        try "mine".write(toFile: scratch.path + "/notes.txt", atomically: true, encoding: .utf8)
        let down = try Down.parse(["--data-dir", scratch.path, "--delete-data"])
        let failure = await #expect(throws: Failure.self) { try await down.run() }
        #expect(failure?.message == "did not remove \(scratch.path): no daemon of gitctl has run there")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["notes.txt"])
    }
}

/// A data directory that is removed at the end.
final class ScratchDirectory: Sendable {
    let path: String
    private let root: String
    var data: DataDirectory { DataDirectory(option: path, environment: nil) }

    /// `nested` makes the path longer.
    init(nested: String = "") throws {
        root = "/tmp/gitctl-test-\(UUID().uuidString)"
        path = nested.isEmpty ? root : root + "/" + nested.split(separator: "/").joined(separator: "/")
        try data.create()
    }

    // A leftover in /tmp harms no test.
    deinit { try? FileManager.default.removeItem(atPath: root) }
}
