import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The README's two commands. `make test` is what runs these tests; `make run` is run here.
    @Suite(.serialized, .timeLimit(.minutes(20)))
    struct ReadmeTests {
        @Test("make run, on a clean clone, ends with the live commit, what runs, and addresses that answer")
        func makeRun() async throws {
            try await Host.with { host in
                let clone = try #require(BuiltProducts.clone, "make test makes the clone that this runs in")
                let volume = "/var/lib/gitctl-example"
                let isVolumeOurs = !FileManager.default.fileExists(atPath: volume)
                defer { if isVolumeOurs { try? FileManager.default.removeItem(atPath: volume) } }  // absent when the run failed early
                let run = try await host.run("env", "HOME=\(NSHomeDirectory())", "make", "run", directory: clone, limit: .seconds(600))
                #expect(run.isSuccess, "\(run)")
                let commit = try await CommandRunner().output("git", "-C", clone, "rev-parse", "--short=7", "HEAD")
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
