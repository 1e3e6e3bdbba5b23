import APIMachinery
import Foundation
import Glibc
import TestSupport

/// `git daemon` on loopback for one bare repository, which can be stopped and started again at the same address.
final class GitServer {
    let repository: String
    let port: Int
    private let scratch: ScratchDirectory
    private var process: LoggedProcess?

    var url: String { "git://127.0.0.1:\(port)/site.git" }

    init() async throws {
        scratch = try ScratchDirectory("git-server")
        repository = scratch.path + "/site.git"
        port = try Self.freePort()
        try await CommandRunner().output("git", "init", "-q", "--bare", "-b", "main", repository, within: .seconds(20))
        try await start()
    }

    func start() async throws {
        let log = scratch.path + "/log"
        let offset = (try? FileManager.default.attributesOfItem(atPath: log)[.size] as? Int) ?? 0  // absent before the first start
        let started = try LoggedProcess(
            ["/usr/lib/git-core/git-daemon", "--verbose", "--export-all", "--reuseaddr", "--listen=127.0.0.1", "--port=\(port)", "--base-path=\(scratch.path)", scratch.path],
            namespace: nil, log: log)
        _ = try await started.line(after: offset, within: .seconds(20)) { $0.contains("Ready to rumble") }
        process = started
    }

    func stop() async throws {
        try await process?.terminate()
        process = nil
    }

    /// A port that nobody listened on a moment ago.
    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1 }
        }
        guard code == 0 else { throw CommandRunner.Failure(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
