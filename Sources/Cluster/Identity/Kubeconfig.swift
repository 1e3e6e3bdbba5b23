import APIMachinery

/// The administrator's kubeconfig, with everything embedded: one file to copy to another machine.
package enum Kubeconfig {
    /// - Parameter name: of cluster, user and context.
    package static func text(name: String = "gitctl", server: String, authorityPEM: String, client: Credential) -> String {
        """
        apiVersion: v1
        kind: Config
        clusters:
        - name: \(name)
          cluster:
            server: \(server)
            certificate-authority-data: \(Base64.encode(authorityPEM.utf8))
        users:
        - name: \(name)-admin
          user:
            client-certificate-data: \(Base64.encode(client.certificatePEM.utf8))
            client-key-data: \(Base64.encode(client.keyPEM.utf8))
        contexts:
        - name: \(name)
          context:
            cluster: \(name)
            user: \(name)-admin
        current-context: \(name)

        """
    }
}
