import APIMachinery

/// A pod's resolv.conf. Source: Kubernetes docs, "DNS for Services and Pods".
package struct Resolver: Sendable {
    /// Limits of resolv.conf(5) that the kubelet holds to.
    static let serversMax = 3
    static let searchesMax = 32

    package let clusterDNS: String?
    package let clusterDomain: String
    /// The host's resolv.conf as text, read when a pod is made.
    let host: @Sendable () -> String

    /// `clusterDNS` nil: no DNS is served, and pods that ask for it get the host's.
    package init(clusterDNS: String?, clusterDomain: String = "cluster.local", host: @escaping @Sendable () -> String = Self.hostFile) {
        self.clusterDNS = clusterDNS
        self.clusterDomain = clusterDomain
        self.host = host
    }

    /// A stub resolver on loopback is of no use inside a pod: what it forwards to is.
    package static func hostFile() -> String {
        let text = Files.text("/etc/resolv.conf")
        guard text.contains("127.0.0.53") else { return text }
        let real = Files.text("/run/systemd/resolve/resolv.conf")
        return real.isEmpty ? text : real
    }

    func config(for pod: Pod) -> Runtime_V1_DNSConfig {
        var policy = pod.spec["dnsPolicy"]?.string ?? "ClusterFirst"
        if policy == "ClusterFirst" && pod.usesHostNetwork { policy = "Default" }
        var config = Runtime_V1_DNSConfig()
        if policy != "None" { config = Self.parse(host()) }
        if policy == "ClusterFirst" || policy == "ClusterFirstWithHostNet", let clusterDNS {
            config.servers = [clusterDNS]
            let domains = ["\(pod.namespace).svc.\(clusterDomain)", "svc.\(clusterDomain)", clusterDomain]
            config.searches = domains + config.searches.filter { !domains.contains($0) }
            config.options = ["ndots:5"]
        }
        if let own = pod.spec["dnsConfig"] { Self.merge(own, into: &config) }
        config.servers = Array(config.servers.prefix(Self.serversMax))
        config.searches = Array(config.searches.prefix(Self.searchesMax))
        return config
    }

    static func parse(_ text: String) -> Runtime_V1_DNSConfig {
        var config = Runtime_V1_DNSConfig()
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
            guard let keyword = words.first else { continue }
            switch keyword {
            case "nameserver": if words.count > 1 { config.servers.append(words[1]) }
            case "search": config.searches = Array(words.dropFirst())
            case "options": config.options = Array(words.dropFirst())
            default: break
            }
        }
        return config
    }

    private static func merge(_ own: JSON, into config: inout Runtime_V1_DNSConfig) {
        func append(_ key: String, to list: inout [String]) {
            for text in (own[key]?.array ?? []).compactMap(\.string) where !list.contains(text) { list.append(text) }
        }
        append("nameservers", to: &config.servers)
        append("searches", to: &config.searches)
        for option in own["options"]?.array ?? [] {
            let name = option["name"]?.string ?? ""
            config.options.removeAll { $0 == name || $0.hasPrefix(name + ":") }
            config.options.append(option["value"]?.string.map { "\(name):\($0)" } ?? name)
        }
    }
}
