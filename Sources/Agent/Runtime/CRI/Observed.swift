import APIMachinery

// CRI's answers as the agent's own values.

extension ObservedSandbox {
    init(_ message: Runtime_V1_PodSandbox) {
        self.init(
            id: message.id, podUID: message.metadata.uid, podNamespace: message.metadata.namespace, podName: message.metadata.name,
            attempt: Int(message.metadata.attempt), isReady: message.state == .sandboxReady,
            createdAt: Timestamp(nanoseconds: message.createdAt), annotations: message.annotations)
    }

    init(_ message: Runtime_V1_PodSandboxStatus) {
        let ips = [message.network.ip] + message.network.additionalIps.map(\.ip)
        self.init(
            id: message.id, podUID: message.metadata.uid, podNamespace: message.metadata.namespace, podName: message.metadata.name,
            attempt: Int(message.metadata.attempt), isReady: message.state == .sandboxReady,
            createdAt: Timestamp(nanoseconds: message.createdAt), ips: ips.filter { !$0.isEmpty }, annotations: message.annotations)
    }
}

extension ObservedContainer {
    init(_ message: Runtime_V1_ContainerStatus) {
        let started = Timestamp(nanoseconds: message.startedAt)
        let state: State =
            switch message.state {
            case .containerCreated: .created
            case .containerRunning: .running
            case .containerExited:
                .exited(
                    ContainerExit(
                        code: Int(message.exitCode), reason: message.reason, message: message.message, startedAt: started,
                        finishedAt: Timestamp(nanoseconds: message.finishedAt)))
            default: .unknown
            }
        self.init(
            id: message.id, sandboxID: "", podUID: message.labels[RuntimeLabel.podUID] ?? "",
            name: message.labels[RuntimeLabel.containerName] ?? message.metadata.name,
            restartCount: message.annotations[RuntimeLabel.restartCount].flatMap { Int($0) } ?? Int(message.metadata.attempt),
            hash: message.annotations[RuntimeLabel.hash] ?? "", state: state, createdAt: Timestamp(nanoseconds: message.createdAt),
            startedAt: started, image: message.image.image, imageID: message.imageRef, annotations: message.annotations)
    }
}

extension RuntimeImage {
    init(_ message: Runtime_V1_Image) {
        self.init(
            id: message.id, tags: message.repoTags, digests: message.repoDigests, sizeBytes: Int64(clamping: message.size),
            uid: message.hasUid ? message.uid.value : nil, username: message.username, isPinned: message.pinned)
    }
}
