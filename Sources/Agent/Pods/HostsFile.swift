import APIMachinery

/// A pod's /etc/hosts. Source: Kubernetes docs, "Adding entries to Pod /etc/hosts with HostAliases".
struct HostsFile {
    let pod: Pod
    let hostname: String
    let ips: [String]
    let clusterDomain: String

    /// On the host's network the host's own file is the start.
    func text(ofHost host: String) -> String {
        var lines: [String]
        if pod.usesHostNetwork {
            lines = ["# Kubernetes-managed hosts file (host network).", host]
        } else {
            lines = [
                "# Kubernetes-managed hosts file.", "127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback",
                "fe00::0\tip6-localnet", "fe00::0\tip6-mcastprefix", "fe00::1\tip6-allnodes", "fe00::2\tip6-allrouters",
            ]
            if let subdomain = pod.spec["subdomain"]?.string, !subdomain.isEmpty {
                lines += ips.map { "\($0)\t\(hostname).\(subdomain).\(pod.namespace).svc.\(clusterDomain)\t\(hostname)" }
            } else {
                lines += ips.map { "\($0)\t\(hostname)" }
            }
        }
        let aliases = pod.spec["hostAliases"]?.array ?? []
        if !aliases.isEmpty {
            lines.append("\n# Entries added by HostAliases.")
            for alias in aliases {
                let names = (alias["hostnames"]?.array ?? []).compactMap(\.string)
                lines.append("\(alias["ip"]?.string ?? "")\t\(names.joined(separator: "\t"))")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
