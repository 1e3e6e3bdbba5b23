import Foundation
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct BadInputTests {
        /// A way to break the repository, and words that its one message must hold.
        struct Breakage: Sendable {
            var name: String
            var path: String
            var text: String
            var message: String
        }

        static let breakages: [Breakage] = [
            Breakage(name: "invalid YAML", path: "bad.yaml", text: "a: [1, 2\nb: 3\n", message: #"bad\.yaml:\d+:\d+: "#),
            Breakage(
                name: "unknown kind", path: "bad.yaml", text: "apiVersion: apps/v1\nkind: Deploymnt\nmetadata: {name: a}\n",
                message: #"bad\.yaml:2:\d+: .*Deploymnt.*Deployment"#),
            Breakage(
                name: "unknown field", path: "bad.yaml",
                text: "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - prot: 80\n", message: #"bad\.yaml:6:\d+: Service default/a: .*prot"#),
            Breakage(
                name: "mistyped field", path: "bad.yaml",
                text: "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - port: eighty\n",
                message: #"bad\.yaml:6:\d+: Service default/a: .*integer.*eighty"#),
            Breakage(
                name: "duplicate object", path: "bad.yaml",
                text: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: twice}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: twice}\n",
                message: #"bad\.yaml:[57]:\d+: ConfigMap default/twice.*bad\.yaml:[13]"#),
            Breakage(
                name: "alias bomb", path: "bad.yaml",
                text: "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n",
                message: #"bad\.yaml:\d+:\d+: .*alias"#),
            Breakage(
                name: "missing namespace", path: "bad.yaml",
                text: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: nowhere}\n", message: #"bad\.yaml:3:\d+: .*nowhere"#),
        ]

        @Test("A push of a broken manifest is refused with one message; the last good commit keeps running")
        func brokenManifestsAreRefused() async throws {
            try await Host.with { host in
                try await host.up()
                let good = try await host.kubectl("get", "pods", "-o", "name")
                for breakage in Self.breakages {
                    try host.write(breakage.path, breakage.text)
                    try await host.commit(breakage.name)
                    let push = try await host.push()
                    #expect(!push.isSuccess, "\(breakage.name)")
                    #expect(push.errorOutput.contains(try Regex(breakage.message)), "\(breakage.name): \(push)")
                    try await host.git("reset", "-q", "--hard", "HEAD^")
                }
                // A file of 100 MB, which is not read, and a link that leads out of the tree.
                try await host.script("head -c 100000000 /dev/zero | tr '\\0' 'a' > big.yaml")
                try await host.commit("Big")
                let big = try await host.push()
                #expect(!big.isSuccess && big.errorOutput.contains("big.yaml"), "\(big)")
                try await host.git("reset", "-q", "--hard", "HEAD^")
                try await host.script("ln -s /etc/passwd link.yaml")
                try await host.commit("Link")
                let link = try await host.push()
                #expect(!link.isSuccess && link.errorOutput.contains("link.yaml"), "\(link)")
                try await host.git("reset", "-q", "--hard", "HEAD^")

                #expect(try await host.kubectl("get", "pods", "-o", "name") == good)
                try await host.changePage(to: 2)
                #expect(try await host.push().isSuccess, "a good commit is taken after the bad ones")
            }
        }

        @Test("A second daemon on the same data directory, and one on a port in use, say so and exit")
        func secondDaemonIsRefused() async throws {
            try await Host.with { host in
                try await host.up()
                let same = try await host.gitctl("daemon", "--data-dir", host.dataDirectory, "--listen", "127.0.0.1:6444", limit: .seconds(20))
                #expect(same.exitCode == 1 && same.errorOutput.contains(host.dataDirectory), "\(same)")
                let other = try await host.gitctl("daemon", "--no-agent", "--data-dir", host.directory + "/other", "--listen", "127.0.0.1:6443", limit: .seconds(20))
                #expect(other.exitCode == 1 && other.errorOutput.contains("6443"), "\(other)")
                #expect(try await host.kubectl("get", "deployment", "web", "-o", "name") == "deployment.apps/web")
            }
        }

        @Test("Without root, and without containerd, one message says what to do")
        func missingPrerequisites() async throws {
            try await Host.with { host in
                let user = try await host.run(
                    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", Host.binary, "daemon", "--data-dir", "/tmp/\(host.namespace.name)-nobody", limit: .seconds(20))
                #expect(user.exitCode == 1 && user.errorOutput.contains("root"), "\(user)")
                let bare = try await host.script(
                    "unshare -m sh -c 'for p in containerd runc; do mount --bind /bin/false $(command -v $p) 2>/dev/null; done; mount -t tmpfs none /usr/lib/cni; exec \(Host.binary) daemon --data-dir \(host.dataDirectory)'",
                    limit: .seconds(30))
                #expect(bare.exitCode == 1, "\(bare)")
                #expect(bare.errorOutput.contains("containernetworking-plugins") || bare.errorOutput.contains("containerd"), "\(bare)")
            }
        }

        @Test("An unreachable remote and a broken repository are conditions with a remedy; what runs goes on")
        func brokenSources() async throws {
            try await Host.with { host in
                try await host.up()
                try await host.kubectl("apply", "-f", "-", input: """
                    apiVersion: gitctl.dev/v1alpha1
                    kind: Application
                    metadata: {name: far, namespace: gitctl-system}
                    spec: {source: {url: "https://127.0.0.1:1/none.git", revision: main}}
                    """)
                try await host.eventually("the condition tells") {
                    let message = try await host.kubectl("get", "application", "-n", "gitctl-system", "far", "-o", "jsonpath={.status.conditions[*].message}")
                    return message.contains("127.0.0.1:1")
                }
                try await host.script("find \(host.dataDirectory)/git -name '*.git' -prune -exec sh -c 'rm -rf $0/objects; mkdir $0/objects' {} \\;")
                let sync = try await host.gitctl("sync")
                #expect(!sync.isSuccess)
                #expect(sync.text.contains("example"), "\(sync)")
                #expect(try await host.kubectl("get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}") == "2")
            }
        }
    }
}
