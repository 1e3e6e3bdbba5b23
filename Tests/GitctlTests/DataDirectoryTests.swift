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

    @Test("mounts below a directory are found, and those of its neighbours are not")
    func mounts() {
        let mountinfo = """
            22 1 0:20 / / rw - ext4 /dev/sda rw
            30 22 0:21 / /d/pods/a\\040b rw - tmpfs tmpfs rw
            31 22 0:22 / /data rw - tmpfs tmpfs rw
            """
        #expect(Mounts.below("/d", mountinfo: mountinfo) == ["/d/pods/a b"])
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
