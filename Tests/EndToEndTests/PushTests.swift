import Foundation
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct PushTests {
        @Test("A pushed commit rolls the Deployment while every request through the ClusterIP succeeds")
        func pushRollsWithoutAFailedRequest() async throws {
            try await Host.with { host in
                try await host.up()
                try await host.changePage(to: 2)
                let address = try await host.kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")
                let before = try await host.kubectl("get", "pods", "-l", "app=web", "-o", "name")

                // At most 4,000 requests and 90 s; ends itself once the push is through and 50 more were made.
                async let client = host.script(
                    """
                    after=0
                    for i in $(seq 4000); do
                      curl -sS --max-time 3 http://\(address)/ -o page.$$ || echo "FAILED $i"
                      grep -o 'version [0-9]*' page.$$ || echo "FAILED $i: $(cat page.$$)"
                      [ -e \(host.directory)/pushed ] && after=$((after + 1))
                      [ $after -ge 50 ] && break
                    done
                    rm -f page.$$
                    """, limit: .seconds(120))
                let push = try await host.push()
                try Data().write(to: URL(filePath: host.directory + "/pushed"))
                let requests = try await client

                #expect(push.isSuccess, "\(push)")
                #expect(push.errorOutput.contains("remote:"))
                #expect(push.errorOutput.contains("healthy"), "\(push)")
                #expect(!requests.text.contains("FAILED"), "\(requests.text.suffix(2000))")
                let answers = requests.output.split(separator: "\n")
                #expect(answers.count >= 50)
                #expect(answers.last == "version 2")
                #expect(try await host.kubectl("rollout", "status", "deployment/web").contains("successfully rolled out"))
                let after = Set(try await host.kubectl("get", "pods", "-l", "app=web", "-o", "name").split(separator: "\n"))
                #expect(after.isDisjoint(with: Set(before.split(separator: "\n"))), "every pod was replaced")
            }
        }

        @Test("gitctl diff shows the change before the push and exits 1, and 0 after it")
        func diffFollowsThePush() async throws {
            try await Host.with { host in
                try await host.up()
                let clean = try await host.gitctl("diff")
                #expect(clean.exitCode == 0, "\(clean)")
                try await host.changePage(to: 2)
                let diff = try await host.gitctl("diff")
                #expect(diff.exitCode == 1, "\(diff)")
                #expect(diff.output.contains("ConfigMap"))
                #expect(diff.output.contains("Hello from version 2"))
                #expect(diff.output.contains("Deployment"))
                let json = try await host.gitctl("diff", "-o", "json")
                #expect(json.exitCode == 1)
                #expect(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) is [String: Any])
                // As a hook or an alias of another repository would run it.
                let hooked = try await host.script("GIT_DIR=/nowhere GIT_INDEX_FILE=/nowhere/index gitctl diff")
                #expect(hooked.exitCode == 1 && hooked.output == diff.output, "\(hooked)")
                #expect(try await host.push().isSuccess)
                let after = try await host.gitctl("diff")
                #expect(after.exitCode == 0, "\(after)")
            }
        }

        @Test("A rollback is a commit that anyone can pull; history and why tell what happened, and suspend holds a push back")
        func goesBack() async throws {
            try await Host.with { host in
                try await host.up()
                let first = try await host.git("rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
                try await host.changePage(to: 2)
                #expect(try await host.push().isSuccess)
                let back = try await host.gitctl("rollback")
                #expect(back.isSuccess, "\(back)")
                #expect(back.output.contains("back to \(first.prefix(7)) Example, as commit "), "\(back)")
                #expect(back.output.contains("take the commit into your work tree with git pull gitctl"), "\(back)")
                #expect(try await host.kubectl("get", "configmap", "web", "-o", "jsonpath={.data}").contains("Hello from version 1"))
                try await host.git("pull", "-q", "gitctl", "main")
                #expect(try await host.git("log", "-1", "--format=%an %s") == "Test Roll back to \(first.prefix(7)) \"Example\"\n")
                #expect(try await host.gitctl("diff").exitCode == 0)
                let history = try await host.gitctl("history")
                #expect(history.output.contains(/\*   [0-9a-f]{12} +\d+s +Test +Synced +Roll back to/), "\(history)")
                let why = try await host.gitctl("why", "deploy/web")
                #expect(why.isSuccess && why.output == "Deployment default/web is Healthy\n", "\(why)")

                #expect(try await host.gitctl("suspend").output == "suspended example\n")
                try await host.changePage(to: 2)
                #expect(try await host.push().errorOutput.contains("is suspended; to let it sync again: gitctl resume"))
                #expect(try await host.gitctl("diff").exitCode == 1)
                #expect(try await host.gitctl("resume").output == "resumed example\n")
                try await host.eventually("the held push is applied") { try await host.gitctl("diff").exitCode == 0 }
            }
        }

        @Test("A Secret's value never appears in a diff")
        func secretsAreMasked() async throws {
            try await Host.with { host in
                try await host.up()
                try await host.edit { $0.replacingOccurrences(of: "  name: gitctl\n", with: "  name: hunter2secret\n") }
                try await host.commit("Change the secret")
                for format in ["text", "json", "markdown"] {
                    let diff = try await host.gitctl("diff", "-o", format)
                    #expect(diff.exitCode == 1, "\(diff)")
                    #expect(diff.output.contains("greeting"))
                    for secret in ["hunter2secret", Data("hunter2secret".utf8).base64EncodedString(), Data("gitctl".utf8).base64EncodedString()] {
                        #expect(!diff.text.contains(secret), "\(format): \(diff)")
                    }
                }
            }
        }

        @Test("A push with a typo is refused with file, line and column, and changes nothing")
        func typoIsRefused() async throws {
            try await Host.with { host in
                try await host.up()
                let before = try await host.kubectl("get", "deployment", "web", "-o", "jsonpath={.metadata.resourceVersion}")
                let head = try await host.git("rev-parse", "gitctl/main")
                try await host.edit { $0.replacingOccurrences(of: "  replicas: 2", with: "  replicsa: 2") }
                try await host.commit("A typo")
                let push = try await host.push()
                #expect(!push.isSuccess)
                #expect(push.errorOutput.contains(try Regex(#"[a-z-]+\.yaml:\d+:\d+: Deployment default/web: .*replicsa"#)), "\(push)")
                #expect(push.errorOutput.contains("replicas"), "the message proposes the right name: \(push)")
                let stored = try await host.git("ls-remote", "gitctl", "refs/heads/main")
                #expect(stored.hasPrefix(head.trimmingCharacters(in: .whitespacesAndNewlines)))
                #expect(try await host.kubectl("get", "deployment", "web", "-o", "jsonpath={.metadata.resourceVersion}") == before)
            }
        }

        @Test("A push over ssh is reviewed, refused or rolled out like any other")
        func pushesOverSSH() async throws {
            try await Host.with { host in
                try await host.up()
                // What sshd does with a command: a shell in a session without a terminal, an environment
                // of its own, and pipes for the streams. Its arguments end with the host and the command.
                let transport = host.directory + "/transport"
                try """
                #!/bin/sh
                while [ $# -gt 2 ]; do shift; done
                [ "$1" = root@server ] || exit 255
                cd / && exec env -i HOME=/nowhere USER=root LOGNAME=root SHELL=/bin/sh PATH=/usr/bin:/bin setsid --wait sh -c "$2"

                """.write(toFile: transport, atomically: true, encoding: .utf8)
                #expect(chmod(transport, 0o755) == 0)
                try await host.git("config", "core.sshCommand", transport)
                try await host.git("config", "ssh.variant", "ssh")
                let path = try await host.git("remote", "get-url", "gitctl").trimmingCharacters(in: .whitespacesAndNewlines)
                try await host.git("remote", "add", "far", "root@server:\(path)")

                try await host.edit { $0.replacingOccurrences(of: "  replicas: 2", with: "  replicsa: 2") }
                try await host.commit("A typo")
                let refused = try await host.script("git push far HEAD:main")
                #expect(!refused.isSuccess)
                #expect(refused.errorOutput.contains(try Regex(#"remote: [a-z/-]+\.yaml:\d+:\d+: Deployment default/web: .*replicsa"#)), "\(refused)")
                try await host.git("reset", "-q", "--hard", "HEAD^")

                try await host.changePage(to: 2)
                let push = try await host.script("git push far HEAD:main")
                #expect(push.isSuccess, "\(push)")
                #expect(push.errorOutput.contains(try Regex(#"remote: gitctl: healthy in "#)), "\(push)")
                let address = try await host.kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")
                #expect(try await host.require("curl", "-sS", "--max-time", "5", "http://\(address)/").contains("version 2"))
            }
        }

        @Test("A rollout that fails is told to the pusher with its reason, and the old pods keep serving")
        func failedRolloutIsTold() async throws {
            try await Host.with { host in
                try await host.up()
                try await host.edit {
                    $0.replacingOccurrences(of: "image: nginx:", with: "image: 127.0.0.1:1/absent/nginx:")
                }
                try await host.commit("An image that does not exist")
                let push = try await host.push()
                let reason = "cannot pull the image 127.0.0.1:1/absent/nginx:1.27: 127.0.0.1:1 does not answer: connection refused"
                #expect(push.errorOutput.contains("gitctl: failed: ") && push.errorOutput.contains(reason), "\(push)")
                let address = try await host.kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")
                #expect(try await host.require("curl", "-sS", "--max-time", "5", "http://\(address)/").contains("version 1"))
                let status = try await host.gitctl("status")
                #expect(status.output.contains(reason), "\(status)")

                // A later commit repairs it, without waiting for the broken rollout.
                try await host.git("revert", "--no-edit", "HEAD")
                let repair = try await host.push()
                #expect(repair.isSuccess && repair.errorOutput.contains("healthy"), "\(repair)")
            }
        }
    }
}
