import Foundation
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct TeardownTests {
        /// What the kernel holds of the host's network.
        private func network(_ host: Host) async throws -> String {
            let links = try await host.require("ip", "-o", "link")
            let names = links.split(separator: "\n").compactMap { $0.split(separator: ":").dropFirst().first }.joined()
            let rules = try await host.require("nft", "list", "ruleset")
            // Those that container runtimes make; other tests of the machine have namespaces of their own.
            let namespaces = try FileManager.default.contentsOfDirectory(atPath: "/run/netns").filter { $0.hasPrefix("cni-") }.sorted()
            return "links\(names)\nrules: \(rules)\nnamespaces: \(namespaces)"
        }

        /// The control groups of the host's pods, in every hierarchy.
        private func cgroups(_ host: Host, of pods: [String]) async throws -> [String] {
            let groups = try await host.require("find", "/sys/fs/cgroup", "-path", "*/kubepods*/pod*", "-prune", "-print")
            return groups.split(separator: "\n").map(String.init).filter { group in pods.contains { group.hasSuffix("pod" + $0) } }
        }

        private func podUIDs(_ host: Host) async throws -> [String] {
            try await host.kubectl("get", "pods", "-A", "-o", "jsonpath={.items[*].metadata.uid}").split(separator: " ").map(String.init)
        }

        @Test("gitctl down leaves no process, mount, cgroup, interface, network namespace or nftables rule")
        func downLeavesNothing() async throws {
            try await Host.with { host in
                let before = try await network(host)
                try await host.up()
                #expect(try await network(host) != before)
                let pods = try await podUIDs(host)
                #expect(try await !cgroups(host, of: pods).isEmpty)
                let down = try await host.gitctl("down")
                #expect(down.isSuccess, "\(down)")
                #expect(host.remainingProcesses().isEmpty, "\(host.remainingProcesses())")
                #expect(try host.remainingMounts() == [])
                #expect(try await network(host) == before)
                #expect(try await cgroups(host, of: pods) == [])

                // The data is kept: the same state comes up again.
                try await host.up()
                // Healthy may still be what the statuses of before said: the agent then finds the containers gone.
                try await host.kubectl("wait", "deployment/web", "--for=jsonpath={.status.readyReplicas}=2", "--timeout=30s")
                let deleting = try await host.gitctl("down", "--delete-data")
                #expect(deleting.isSuccess, "\(deleting)")
                #expect(!FileManager.default.fileExists(atPath: host.dataDirectory + "/kubeconfig"))
                #expect(try await host.gitctl("down").isSuccess, "down is idempotent")
            }
        }

        @Test("gitctl down clears up after a daemon that was killed")
        func downAfterKill() async throws {
            try await Host.with { host in
                let before = try await network(host)
                try await host.up()
                let pods = try await podUIDs(host)
                kill(try host.daemonProcess(), SIGKILL)
                let down = try await host.gitctl("down")
                #expect(down.isSuccess, "\(down)")
                #expect(host.remainingProcesses().isEmpty, "\(host.remainingProcesses())")
                #expect(try host.remainingMounts() == [])
                #expect(try await network(host) == before)
                #expect(try await cgroups(host, of: pods) == [])
            }
        }

        @Test("gitctl down clears up though containerd starts no more")
        func downWithoutContainerd() async throws {
            try await Host.with { host in
                let before = try await network(host)
                try await host.up()
                let pods = try await podUIDs(host)
                kill(try host.daemonProcess(), SIGKILL)
                // What another program does to a directory of ours: no configuration can be written into it.
                try await host.script("cd \(host.dataDirectory)/containerd && kill -9 $(head -n 1 process) && rm -r cni && touch cni")
                let down = try await host.gitctl("down")
                #expect(down.isSuccess, "\(down)")
                #expect(host.remainingProcesses().isEmpty, "\(host.remainingProcesses())")
                #expect(try host.remainingMounts() == [])
                #expect(try await network(host) == before)
                #expect(try await cgroups(host, of: pods) == [])
            }
        }
    }
}
