import Foundation
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct RestartTests {
        @Test("The claim's file survives the deletion of its pod and a restart of the daemon")
        func volumeSurvives() async throws {
            try await Host.with { host in
                try await host.up()
                let file = host.volume + "/writes"
                #expect(try String(contentsOfFile: file, encoding: .utf8) == "storage write\n")
                try await host.kubectl("delete", "pod", "writer", "--timeout=30s")
                try await host.eventually("the pod is back and wrote again") {
                    try String(contentsOfFile: file, encoding: .utf8) == "storage write\nstorage write\n"
                }
                try await host.kubectl("wait", "--for=condition=Ready", "pod/writer", "--timeout=30s")
                let claim = try await host.kubectl("get", "pvc", "data", "-o", "jsonpath={.metadata.uid} {.status.phase}")
                kill(try host.daemonProcess(), SIGTERM)
                try await host.eventually("the daemon has ended") { (try? host.daemonProcess()) == nil }  // throws when there is none
                try await host.up()
                #expect(try String(contentsOfFile: file, encoding: .utf8) == "storage write\nstorage write\n")
                #expect(try await host.kubectl("get", "pvc", "data", "-o", "jsonpath={.metadata.uid} {.status.phase}") == claim)
            }
        }

        @Test("After kill -9 the containers go on serving; a restart restarts nothing, loses nothing, and converges")
        func killedDaemonIsAdopted() async throws {
            try await Host.with { host in
                try await host.up()
                let address = try await host.kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")
                let ids = try await host.containerIDs()
                #expect(ids.count >= 3)

                // Writes until the server is gone; each acknowledged one is noted.
                async let writer = host.script(
                    """
                    for i in $(seq 200); do
                      kubectl create configmap acknowledged-$i --from-literal=i=$i >/dev/null 2>&1 && echo $i || break
                    done
                    """, limit: .seconds(100))
                try await host.eventually("some writes were acknowledged") {
                    try await host.kubectl("get", "configmaps", "-o", "name").split(separator: "\n").filter { $0.contains("acknowledged") }.count >= 5
                }
                kill(try host.daemonProcess(), SIGKILL)
                let acknowledged = try await writer.output.split(separator: "\n").map(String.init)

                let requests = try await host.script("for i in $(seq 100); do curl -sS --max-time 3 http://\(address)/ | grep -o 'version 1' || echo FAILED; done")
                #expect(!requests.text.contains("FAILED"), "the containers serve without the daemon")

                try await host.up()
                #expect(try await host.containerIDs() == ids, "same containers, same restart counts")
                let present = Set(try await host.kubectl("get", "configmaps", "-o", "name").split(separator: "\n").map(String.init))
                for number in acknowledged { #expect(present.contains("configmap/acknowledged-\(number)")) }

                try await host.changePage(to: 2)
                let push = try await host.push()
                #expect(push.isSuccess && push.errorOutput.contains("healthy"), "\(push)")
                #expect(try await host.require("curl", "-sS", "--max-time", "5", "http://\(address)/").contains("version 2"))
            }
        }
    }
}
