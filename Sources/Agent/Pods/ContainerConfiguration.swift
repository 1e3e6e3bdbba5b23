import APIMachinery

/// What a container is to be: spec, environment, mounts and limits as one CRI message.
struct ContainerConfiguration {
    let pod: Pod
    let container: PodContainer
    let restartCount: Int
    /// The image's reference in the runtime.
    let image: String
    let ips: [String]
    let services: PodServices

    func config() async throws -> ContainerConfig {
        let fields = DownwardFields(pod: pod, nodeName: services.nodeName, podIPs: ips, hostIPs: services.hostIPs, capacity: services.nodeResources.allocatable)
        let variables = try await Environment(
            pod: pod, container: container, fields: fields, services: services.environment, client: services.client
        ).variables()
        let lookup = Dictionary(variables.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        let mounts = try await mounts(lookup)
        // Only its user matters here; a runtime that lost the image says so at creation.
        let image = try? await services.runtime.image(image)
        let security = try SecurityContext(pod: pod, container: container).message(image: image)
        let json = container.json
        return ContainerConfig.with {
            $0.metadata = .with {
                $0.name = container.name
                $0.attempt = UInt32(restartCount)
            }
            $0.image = .with {
                $0.image = self.image
                $0.userSpecifiedImage = container.image
            }
            $0.command = (json["command"]?.array ?? []).compactMap(\.string).map { Expansion.expand($0, lookup) }
            $0.args = (json["args"]?.array ?? []).compactMap(\.string).map { Expansion.expand($0, lookup) }
            $0.workingDir = json["workingDir"]?.string ?? ""
            $0.envs = variables.map { variable in
                .with {
                    $0.key = variable.name
                    $0.value = .init(variable.value.utf8)
                }
            }
            $0.mounts = mounts
            $0.labels = RuntimeLabel.labels(of: pod).merging([RuntimeLabel.containerName: container.name]) { $1 }
            $0.annotations = annotations
            $0.logPath = "\(container.name)/\(restartCount).log"
            $0.stdin = json["stdin"]?.bool ?? false
            $0.stdinOnce = json["stdinOnce"]?.bool ?? false
            $0.tty = json["tty"]?.bool ?? false
            $0.linux = .with {
                $0.resources = services.nodeResources.resources(of: container, in: pod)
                $0.securityContext = security
            }
        }
    }

    private var annotations: [String: String] {
        [
            RuntimeLabel.hash: container.hash, RuntimeLabel.restartCount: String(restartCount),
            RuntimeLabel.terminationMessagePath: container.terminationMessagePath,
            RuntimeLabel.terminationMessagePolicy: container.usesLogsAsMessage ? "FallbackToLogsOnError" : "File",
            RuntimeLabel.gracePeriod: String(pod.gracePeriod.components.seconds),
        ]
    }

    /// Volumes, then the files that the agent itself provides where no volume covers them.
    private func mounts(_ variables: [String: String]) async throws -> [Runtime_V1_Mount] {
        var mounts = try await services.volumes.mounts(of: container, in: pod, variables: variables)
        let covered = Set(mounts.map(\.containerPath))
        let hosts = HostsFile(pod: pod, hostname: SandboxConfiguration(pod: pod, services: services).hostname, ips: ips, clusterDomain: services.resolver.clusterDomain)
        let directories = services.directories
        try await Files.offPool {
            try Files.makeDirectory("\(directories.logs(pod))/\(container.name)", mode: 0o755)
            try Files.makeDirectory("\(directories.pod(pod.uid))/containers/\(container.name)", mode: 0o755)
            if !covered.contains("/etc/hosts") {
                try Files.write(Array(hosts.text(ofHost: Files.text("/etc/hosts")).utf8), to: directories.hostsFile(pod.uid), mode: 0o644)
            }
            let message = directories.terminationLog(pod.uid, container: container.name, restartCount: restartCount)
            try Files.write([], to: message, mode: 0o666)
        }
        if !covered.contains("/etc/hosts") {
            mounts.append(
                .with {
                    $0.containerPath = "/etc/hosts"
                    $0.hostPath = directories.hostsFile(pod.uid)
                })
        }
        if !covered.contains(container.terminationMessagePath) {
            mounts.append(
                .with {
                    $0.containerPath = container.terminationMessagePath
                    $0.hostPath = directories.terminationLog(pod.uid, container: container.name, restartCount: restartCount)
                })
        }
        return mounts
    }
}
