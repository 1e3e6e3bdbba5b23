import APIMachinery

/// What a pod's sandbox is to be.
struct SandboxConfiguration {
    let pod: Pod
    let services: PodServices

    func config(attempt: Int) -> PodSandboxConfig {
        PodSandboxConfig.with {
            $0.metadata = .with {
                $0.name = pod.name
                $0.namespace = pod.namespace
                $0.uid = pod.uid
                $0.attempt = UInt32(attempt)
            }
            if !pod.usesHostNetwork { $0.hostname = hostname }
            $0.logDirectory = services.directories.logs(pod)
            $0.dnsConfig = services.resolver.config(for: pod)
            $0.portMappings = portMappings
            $0.labels = pod.object.labels.merging(RuntimeLabel.labels(of: pod)) { $1 }
            $0.annotations = pod.object.annotations
            $0.linux = .with {
                $0.cgroupParent = services.nodeResources.cgroupParent(of: pod)
                $0.sysctls = Dictionary(
                    (security["sysctls"]?.array ?? []).map { ($0["name"]?.string ?? "", $0["value"]?.string ?? "") },
                    uniquingKeysWith: { $1 })
                $0.securityContext = securityContext
            }
        }
    }

    private var security: JSON { pod.spec["securityContext"] ?? [:] }

    /// `spec.hostname`, else the pod's name cut to what the kernel takes.
    var hostname: String {
        if let name = pod.spec["hostname"]?.string, !name.isEmpty { return name }
        var name = String(pod.name.prefix(63))
        while let last = name.last, last == "." || last == "-" { name.removeLast() }
        return name
    }

    /// For runtimes that map host ports themselves; a bridge with the portmap plugin does.
    private var portMappings: [Runtime_V1_PortMapping] {
        guard !pod.usesHostNetwork else { return [] }
        return pod.containers.flatMap { $0.json["ports"]?.array ?? [] }.compactMap { port in
            guard let host = port["hostPort"]?.int, host > 0, let inner = port["containerPort"]?.int else { return nil }
            return .with {
                $0.hostPort = Int32(clamping: host)
                $0.containerPort = Int32(clamping: inner)
                $0.hostIp = port["hostIP"]?.string ?? ""
                $0.protocol =
                    switch port["protocol"]?.string {
                    case "UDP": .udp
                    case "SCTP": .sctp
                    default: .tcp
                    }
            }
        }
    }

    private var securityContext: Runtime_V1_LinuxSandboxSecurityContext {
        .with {
            $0.namespaceOptions = pod.namespaceOptions
            $0.seccomp = SecurityContext.seccomp(security["seccompProfile"])
            if let user = security["runAsUser"]?.int { $0.runAsUser = .with { $0.value = user } }
            if let group = security["runAsGroup"]?.int, security["runAsUser"] != nil { $0.runAsGroup = .with { $0.value = group } }
            $0.supplementalGroups = SecurityContext.supplementalGroups(of: pod)
            $0.privileged = pod.containers.contains { $0.json["securityContext"]?["privileged"]?.bool == true }
        }
    }
}

extension Pod {
    var namespaceOptions: Runtime_V1_NamespaceOption {
        .with {
            $0.network = usesHostNetwork ? .node : .pod
            $0.pid = spec["hostPID"]?.bool == true ? .node : spec["shareProcessNamespace"]?.bool == true ? .pod : .container
            $0.ipc = spec["hostIPC"]?.bool == true ? .node : .pod
        }
    }
}

extension RuntimeLabel {
    static func labels(of pod: Pod) -> [String: String] {
        [podName: pod.name, podNamespace: pod.namespace, podUID: pod.uid]
    }
}
