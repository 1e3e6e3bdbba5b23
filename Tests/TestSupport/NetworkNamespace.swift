import Agent
import Glibc
import Synchronization
import Testing

/// A network of a test's own: loopback and, on request, a link to a second namespace; no route leads
/// out, so no packet of a test can leave the machine.
package struct NetworkNamespace: Sendable, Hashable {
    private static let counter = Atomic<Int>(0)

    package let name: String

    /// Takes a name that holds the process id, so that parallel test runs do not meet.
    private init(label: String) {
        name = "gt-\(label)-\(getpid())-\(Self.counter.add(1, ordering: .relaxed).newValue)"
    }

    fileprivate init(name: String) { self.name = name }

    /// Makes a namespace with its loopback up.
    package static func make(_ label: String) async throws -> NetworkNamespace {
        let namespace = NetworkNamespace(label: label)
        try await CommandRunner().output("ip", "netns", "add", namespace.name)
        try await namespace.runner.output("ip", "link", "set", "lo", "up")
        return namespace
    }

    package var path: String { "/run/netns/\(name)" }

    /// What puts a command into the namespace. Not `ip netns exec`: that mounts a new `/sys`, which
    /// hides the control groups from runc.
    package var prefix: [String] { ["nsenter", "--net=\(path)"] }

    package var runner: CommandRunner { CommandRunner(namespace: self) }

    /// Makes a second namespace on a link with this one: this end has 192.0.2.1/24, the other 192.0.2.2/24
    /// and a default route through this end, as a client elsewhere on the network would have.
    package func makeClient() async throws -> NetworkNamespace {
        let client = try await Self.make("client")
        try await runner.output("ip", "link", "add", "uplink", "type", "veth", "peer", "name", "eth0", "netns", client.name)
        try await runner.output("ip", "address", "add", "192.0.2.1/24", "dev", "uplink")
        try await runner.output("ip", "link", "set", "uplink", "up")
        try await client.runner.output("ip", "address", "add", "192.0.2.2/24", "dev", "eth0")
        try await client.runner.output("ip", "link", "set", "eth0", "up")
        try await client.runner.output("ip", "route", "add", "default", "via", "192.0.2.1")
        return client
    }

    /// Ends the processes inside and what they started in namespaces of their own (containers), and removes it.
    package func remove() async throws {
        let inside = try await CommandRunner().output("ip", "netns", "pids", name).split(separator: "\n").compactMap { pid_t($0) }
        let table = ProcessTable()
        for pid in inside + table.descendants(of: inside).map(\.pid) {
            guard let process = try ProcessHandle(pid: pid) else { continue }
            try process.signal(SIGKILL)
            await process.waitForExit(within: .seconds(10))
        }
        try await CommandRunner().output("ip", "netns", "delete", name)
    }

    /// Runs `body` in a new namespace that is removed afterwards, whatever happened.
    package static func with<R>(_ label: String, _ body: (NetworkNamespace) async throws -> R) async throws -> R {
        let namespace = try await make(label)
        do {
            let result = try await body(namespace)
            try await namespace.remove()
            return result
        } catch {
            try await namespace.remove()
            throw error
        }
    }
}

/// Runs a suite or test in a process whose network is a namespace of its own, by starting the test
/// binary again inside one. For code that changes the network of the process it runs in.
package struct InNetworkNamespace: SuiteTrait, TestTrait, TestScoping {
    private static let variable = "GITCTL_TEST_NAMESPACE"

    /// The namespace that this process was started in; nil outside.
    package static var current: NetworkNamespace? { getenv(variable).map { NetworkNamespace(name: String(cString: $0)) } }

    let limit: Duration

    package var isRecursive: Bool { false }

    package func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        if Self.current != nil { return try await function() }
        try #require(geteuid() == 0, "this test makes a network namespace, which needs root")
        try await NetworkNamespace.with("suite") { namespace in
            let (binary, arguments) = Self.ownCommandLine
            var runner = namespace.runner
            runner.environment[Self.variable] = namespace.name
            let outcome = try await runner.run(
                [binary] + arguments + ["--filter", Self.filter(test)], within: limit)
            // A filter that matches nothing also succeeds; that must not pass for a run.
            let hasRun = outcome.text.contains("Test run with") && !outcome.text.contains("Test run with 0 tests")
            if outcome.isSuccess && hasRun {
                print(outcome.output)
            } else {
                Issue.record("in the namespace, \(test.name) failed:\n\(outcome.text.suffix(8000))")
            }
        }
    }

    /// The test's identity as `--filter` takes it: a regular expression over `Module.Suite/test()`.
    private static func filter(_ test: Test) -> String {
        var id = "\(test.id)"
        if let location = id.firstIndex(of: "/"), test.isSuite == false, let end = id.range(of: ").", after: location) {
            id = String(id[..<end])
        }
        return id.map { "().[]*+?^$|\\".contains($0) ? "\\\($0)" : "\($0)" }.joined()
    }

    /// This process's program and arguments, without its own filters.
    private static var ownCommandLine: (binary: String, arguments: [String]) {
        var arguments: [String] = []
        var skip = false
        for argument in CommandLine.arguments.dropFirst() {
            if skip {
                skip = false
            } else if ["--filter", "--skip", "--xunit-output", "--event-stream-output-path", "--configuration-path"].contains(argument) {
                skip = true
            } else {
                arguments.append(argument)
            }
        }
        return (BuiltProducts.testBinary, arguments)
    }
}

extension Trait where Self == InNetworkNamespace {
    /// Runs it in a network namespace of its own; the whole of it may take `limit`.
    package static func inNetworkNamespace(limit: Duration = .seconds(120)) -> Self { Self(limit: limit) }
}

extension String {
    /// The position just after the first `text` at or after `start`, without its last character.
    fileprivate func range(of text: String, after start: Index) -> Index? {
        var position = start
        while position < endIndex {
            if self[position...].hasPrefix(text) { return index(after: position) }
            position = index(after: position)
        }
        return nil
    }
}
