import ArgumentParser
import Testing

import gitctl

@Suite("Command lines", .timeLimit(.minutes(1)))
struct ArgumentTests {
    private func parse<Command: ParsableCommand>(_ type: Command.Type, _ line: String) throws -> Command {
        let parsed = try Gitctl.parseAsRoot(line.split(separator: " ").map(String.init))
        return try #require(parsed as? Command)
    }

    private func complaint(_ line: String) -> String {
        do {
            _ = try Gitctl.parseAsRoot(line.split(separator: " ").map(String.init))
            return ""
        } catch {
            return Gitctl.message(for: error)
        }
    }

    @Test("the daemon listens on loopback, with the agent and the reconciler, unless told otherwise")
    func daemonDefaults() throws {
        let command = try parse(DaemonCommand.self, "daemon")
        #expect(command.listen == ListenAddress(host: "127.0.0.1", port: 6443))
        #expect(!command.noAgent && !command.noReconciler)
        #expect(command.podCIDR.text == "10.42.0.0/16")
        #expect(command.serviceCIDR.text == "10.43.0.0/16")
    }

    @Test("the daemon takes every option of the contract")
    func daemonOptions() throws {
        let command = try parse(
            DaemonCommand.self,
            "daemon --data-dir /d --listen [::1]:7443 --no-agent --no-reconciler --pod-cidr 10.50.0.0/16 --service-cidr 10.51.0.0/20 --registry-mirror docker.io=http://127.0.0.1:5000 --registry-mirror ghcr.io=https://m"
        )
        #expect(command.cluster.instance.directory.path == "/d")
        #expect(command.listen == ListenAddress(host: "::1", port: 7443))
        #expect(command.noAgent && command.noReconciler)
        #expect(command.serviceCIDR.text == "10.51.0.0/20")
        #expect(command.registryMirror.map(\.host) == ["docker.io", "ghcr.io"])
        #expect(command.registryMirror.map(\.url) == ["http://127.0.0.1:5000", "https://m"])
    }

    @Test(
        "values of the wrong form are refused by name",
        arguments: [
            ("daemon --listen 6443", "listen"), ("daemon --listen :6443", "listen"), ("daemon --listen ::1:6443", "listen"),
            ("daemon --listen 127.0.0.1:70000", "listen"), ("daemon --pod-cidr 10.42.0.1/16", "pod-cidr"),
            ("daemon --pod-cidr 10.42.0.0", "pod-cidr"), ("daemon --pod-cidr 10.42.0.0/40", "pod-cidr"),
            ("daemon --pod-cidr 10.43.0.0/24", "overlap"), ("daemon --registry-mirror docker.io", "registry-mirror"),
            ("daemon --log-level loud", "loud"), ("diff -o xml", "xml"), ("status a/b/c", "a/b/c"), ("sync --timeout 5x", "5x"),
            ("diff --context c", "--context needs --kubeconfig"), ("sync --dry-run --kubeconfig f", "--dry-run"),
            ("logs web -f --previous", "--follow and --previous exclude each other"), ("logs web --tail=-1", "--tail takes a number of lines, not -1"),
            ("logs web deployment", "deployment"), ("diff --unified -o json", "--unified is for text"), ("undelete --list configmap/a", "--list"),
            ("blame web", "web"),
        ])
    func refused(line: String, word: String) {
        #expect(complaint(line).contains(word))
    }

    @Test("up deploys the current directory and waits five minutes")
    func upDefaults() throws {
        let command = try parse(Up.self, "up")
        #expect(command.repo == ".")
        #expect(command.timeout.duration == .seconds(300))
    }

    @Test(
        "durations are written as in Kubernetes",
        arguments: [("90", 90), ("90s", 90), ("5m", 300), ("1h30m", 5400), ("0s", nil), ("m", nil), ("", nil), ("5m3", nil), ("-1s", nil)] as [(String, Int?)])
    func durations(text: String, seconds: Int?) {
        #expect(DurationArgument(argument: text)?.duration == seconds.map { .seconds($0) })
    }

    @Test("an Application without a namespace is one that up made")
    func applicationNames() {
        #expect(ApplicationName(argument: "web") == ApplicationName(namespace: "gitctl-system", name: "web"))
        #expect(ApplicationName(argument: "team/web") == ApplicationName(namespace: "team", name: "web"))
        #expect(ApplicationName(argument: "team/") == nil)
        #expect(ApplicationName(argument: "web")?.description == "web")
        #expect(ApplicationName(argument: "team/web")?.description == "team/web")
    }

    @Test("every command's help has an example of itself", arguments: Gitctl.configuration.subcommands.map { $0._commandName })
    func helpHasExamples(name: String) throws {
        let command = try #require(Gitctl.configuration.subcommands.first { $0._commandName == name })
        #expect(command.configuration.discussion.contains("gitctl \(name)"))
        #expect(command.configuration.discussion.contains("Example"))
    }

    @Test("the hook is not listed in the help")
    func hookIsHidden() {
        #expect(!Gitctl.helpMessage().contains("hook"))
        #expect(Gitctl.helpMessage().contains("kubeconfig"))
    }
}
