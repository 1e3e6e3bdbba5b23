import APIMachinery
import NIOPosix
import Synchronization

/// The keys on disk and the kubeconfig made from them: opened at start, renewed while running.
final class ClusterIdentity: Sendable {
    private let directory: String
    private let names: PKI.Names
    private let clock: any WallClock
    private let state: Mutex<(pki: PKI, url: String?)>

    var kubeconfigPath: String { directory + "/kubeconfig" }
    var pki: PKI { state.withLock { $0.pki } }

    /// Blocks while files are read and, the first time, made.
    init(dataDirectory: String, host: String, serviceCIDR: String, clock: any WallClock) throws {
        directory = dataDirectory
        names = PKI.Names(host: host, serviceCIDR: serviceCIDR)
        self.clock = clock
        state = Mutex((try PKI.open(directory: dataDirectory + "/pki", names: names, now: clock.now), nil))
    }

    /// Writes the administrator's kubeconfig for the server at `url`, unless it is as it should be.
    func writeKubeconfig(url: String) throws {
        let pki = state.withLock { state in
            state.url = url
            return state.pki
        }
        let text = Array(Kubeconfig.text(server: url, authorityPEM: pki.authorityPEM, client: pki.admin).utf8)
        if try PrivateFile.read(kubeconfigPath) != text { try PrivateFile.write(text, to: kubeconfigPath) }
    }

    /// Renews what nears its end, kubeconfig included.
    func renew() async throws -> PKI {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            let pki = try PKI.open(directory: directory + "/pki", names: names, now: clock.now)
            let url = state.withLock { state in
                state.pki = pki
                return state.url
            }
            if let url { try writeKubeconfig(url: url) }
            return pki
        }
    }
}
