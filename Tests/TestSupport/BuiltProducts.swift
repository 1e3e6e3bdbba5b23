import Foundation

/// What the build that runs the tests has made, and programs that `scripts/setup --test` fetched.
package enum BuiltProducts {
    /// The running test binary.
    package static var testBinary: String {
        guard let path = realpath("/proc/self/exe", nil) else { return CommandLine.arguments[0] }
        defer { free(path) }
        return String(cString: path)
    }

    /// The clean clone with a release build that `make test` makes, if it runs the tests.
    package static let clone = ProcessInfo.processInfo.environment["GITCTL_CLONE"]

    /// The clone's `gitctl`, else the one that was built with the tests.
    package static var gitctl: String { clone.map { $0 + "/.build/release/gitctl" } ?? directory(of: testBinary) + "/gitctl" }

    /// The root of the source tree.
    package static var sources: String { directory(of: directory(of: directory(of: "\(#filePath)"))) }

    /// A client program (`kubectl`, `helm`): the one fetched for the tests, else the one installed.
    package static func client(_ name: String) -> String {
        let fetched = "\(sources)/.build-clients/bin/\(name)"
        return access(fetched, X_OK) == 0 ? fetched : name
    }

    private static func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}

/// A directory that lasts as long as a test.
package struct TemporaryDirectory: Sendable {
    package let path: String

    /// Short, because Unix sockets are made in such directories.
    private init() throws {
        var template = Array("/tmp/gt.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CommandRunner.Failure(description: "cannot make a temporary directory") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Runs `body` with a new directory that is removed afterwards, whatever happened.
    package static func with<R>(_ body: (TemporaryDirectory) async throws -> R) async throws -> R {
        let directory = try TemporaryDirectory()
        do {
            let result = try await body(directory)
            try await directory.remove()
            return result
        } catch {
            try await directory.remove()
            throw error
        }
    }

    private func remove() async throws {
        try await CommandRunner().output("rm", "-rf", "--one-file-system", path)
    }
}
