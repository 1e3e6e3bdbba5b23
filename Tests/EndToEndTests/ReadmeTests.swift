import Foundation
import Testing

extension EndToEnd {
    /// The README's two commands. `make test` is what runs these tests; `make run` is run here.
    @Suite(.serialized, .timeLimit(.minutes(20)))
    struct ReadmeTests {
        @Test("make run, on a clean clone, ends with the live commit, what runs, and addresses that answer")
        func makeRun() async throws {
            try await Host.with { host in
                let clone = host.directory + "/clone"
                try await Shell.require(["git", "clone", "-q", Host.checkout, clone])
                let volume = "/var/lib/gitctl-example"
                let isVolumeOurs = !FileManager.default.fileExists(atPath: volume)
                defer { if isVolumeOurs { try? FileManager.default.removeItem(atPath: volume) } }  // absent when the run failed early
                // The binary built with these tests stands for the clone's own build of the same
                // commit, which would take ten minutes more; the rest is as its user runs it.
                let run = try await host.run(
                    "make", "run", "BUILD=true", "GITCTL=\(Host.binary)", directory: clone, limit: .seconds(300))
                #expect(run.isSuccess, "\(run)")
                let commit = try await Shell.require(["git", "-C", clone, "rev-parse", "--short=7", "HEAD"])
                #expect(run.output.contains(commit.trimmingCharacters(in: .whitespacesAndNewlines)), "\(run)")
                let addresses = run.output.matches(of: try Regex(#"http://[0-9.]+(:[0-9]+)?"#)).map { String(run.output[$0.range]) }
                #expect(!addresses.isEmpty, "\(run)")
                for address in Set(addresses) {
                    #expect(try await host.require("curl", "-sS", "--max-time", "5", address).contains("Hello from version 1"))
                }
            }
        }
    }
}
