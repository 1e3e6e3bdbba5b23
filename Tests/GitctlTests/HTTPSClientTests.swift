import APIMachinery
import Cluster
import TestSupport
import Testing

@testable import gitctl

@Suite("The HTTPS client holds the ResourceClient contract", .serialized) struct HTTPSClientTests {
    @Test("over TLS, with the kubeconfig's client certificate", .timeLimit(.minutes(1)), arguments: ResourceClientContract.all)
    func contract(_ contract: ResourceClientContract) async throws {
        try await ServedCluster.with { cluster in
            try await contract.run(try HTTPSClient(kubeconfig: cluster.kubeconfigPath, context: nil))
        }
    }

    @Test("with a token in place of a certificate, rights are the token's", .timeLimit(.minutes(1))) func token() async throws {
        try await ServedCluster.with { cluster in
            let admin = try HTTPSClient(kubeconfig: cluster.kubeconfigPath, context: nil)
            _ = try await admin.create(.serviceAccounts, Object(.serviceAccounts, namespace: "default", name: "robot"))
            let request = Object(["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": [:]])
            let answer = try await admin.createSubresource(
                ObjectKey(.serviceAccounts, namespace: "default", name: "robot"), "token", request, options: WriteOptions())
            let token = try #require(answer["status", "token"]?.string)
            let authority = Base64.encode(try KubeconfigFile(path: cluster.kubeconfigPath, context: nil).authorityPEM?.utf8.map(\.self) ?? [])
            let path = cluster.kubeconfigPath + ".robot"
            let config = """
                current-context: c
                contexts: [{name: c, context: {cluster: c, user: u}}]
                clusters: [{name: c, cluster: {server: "\(cluster.url)", certificate-authority-data: \(authority)}}]
                users: [{name: u, user: {token: \(token)}}]
                """
            try PrivateFile.write(Array(config.utf8), to: path)
            let robot = try HTTPSClient(kubeconfig: path, context: nil)
            #expect(try await robot.resourceTypes().contains(.pods))
            await #expect { _ = try await robot.list(.pods) } throws: { ($0 as? APIStatus)?.reason == .forbidden }
        }
    }

    @Test(
        "a kubeconfig that cannot be used is refused with the reason", .timeLimit(.minutes(1)),
        arguments: [
            ("{}", "no current-context is set"), ("current-context: c", "contexts has no entry named \"c\""), ("a: [", "line "),
            ("current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\nclusters: [{name: k, cluster: {}}]", "has no server"),
            (
                "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\nclusters: [{name: k, cluster: {server: 'https://h'}}]\nusers: [{name: u, user: {exec: {command: aws}}}]",
                "logs in by exec, which gitctl does not run"
            ),
            (
                "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\nclusters: [{name: k, cluster: {server: 'https://h', certificate-authority: gone.crt}}]\nusers: [{name: u, user: {}}]",
                "gone.crt, which does not exist"
            ),
        ])
    func refused(text: String, expected: String) async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path + "/config"
            try PrivateFile.write(Array(text.utf8), to: path)
            #expect { _ = try HTTPSClient(kubeconfig: path, context: nil) } throws: { "\($0)".contains(expected) && "\($0)".contains(path) }
        }
    }

    @Test("a server that does not answer is named", .timeLimit(.minutes(1))) func unreachable() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory.path + "/config"
            let text = "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\nclusters: [{name: k, cluster: {server: 'https://127.0.0.1:1'}}]"
            try PrivateFile.write(Array(text.utf8), to: path)
            let client = try HTTPSClient(kubeconfig: path, context: nil)
            await #expect { _ = try await client.list(.pods) } throws: {
                ($0 as? APIStatus)?.reason == .serviceUnavailable && "\($0)".contains("cannot reach https://127.0.0.1:1")
            }
        }
    }
}
