import APIMachinery
import GRPCCore
import Logging
import SwiftProtobuf

/// The runtime's events: CRI's stream where the runtime has it, else containerd's own.
///
/// containerd before 1.7 answers GetContainerEvents with Unimplemented, but serves its event
/// service on the same socket.
struct RuntimeEventStream {
    /// containerd's namespace of everything made through CRI.
    static let namespace = "k8s.io"
    /// An event of our own: its arrival proves that the subscription stands.
    static let probeTopic = "/gitctl/subscribed"
    static let retryDelay = Duration.milliseconds(200)
    static let probeInterval = Duration.milliseconds(50)

    let runtime: CRIRuntime

    func run(deliver: @escaping @Sendable (RuntimeEvent) -> Void) async throws {
        var usesContainerd = false
        while true {
            let client = try runtime.connections.dedicated()
            defer { client.beginGracefulShutdown() }
            do {
                if usesContainerd { try await followContainerd(client, deliver) } else { try await followCRI(client, deliver) }
            } catch let error as RPCError where error.code == .unimplemented && !usesContainerd {
                usesContainerd = true
                continue
            } catch {
                try Task.checkCancellation()
                runtime.logger.info("runtime events broke off; subscribing again", metadata: ["error": "\(error)"])
            }
            try await runtime.clock.sleep(for: Self.retryDelay)
        }
    }

    private var options: CallOptions {
        var options = CallOptions.defaults
        options.waitForReady = true
        return options
    }

    private typealias Client = RuntimeConnections.Client

    private func followCRI(_ client: Client, _ deliver: @escaping @Sendable (RuntimeEvent) -> Void) async throws {
        try await Runtime_V1_RuntimeService.Client(wrapping: client).getContainerEvents(.init(), options: options) { response in
            switch response.accepted {
            case .failure(let error): throw error
            case .success: deliver(.connected)
            }
            for try await event in response.messages where event.containerEventType == .containerStoppedEvent {
                deliver(.exited(id: event.containerID))
            }
        }
    }

    private func followContainerd(_ client: Client, _ deliver: @escaping @Sendable (RuntimeEvent) -> Void) async throws {
        let events = Containerd_Services_Events_V1_Events.Client(wrapping: client)
        let request = Containerd_Services_Events_V1_SubscribeRequest.with {
            $0.filters = ["/tasks/exit", "/tasks/oom", Self.probeTopic].map { "namespace==\"\(Self.namespace)\",topic==\"\($0)\"" }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            let arrived = Signal()
            group.addTask {
                try await events.subscribe(request, options: options) { response in
                    var isConnected = false
                    for try await envelope in response.messages {
                        if !isConnected {
                            isConnected = true
                            arrived.fire()
                            deliver(.connected)
                        }
                        if let event = try RuntimeEvent(envelope) { deliver(event) }
                    }
                    // Else the announcement would go on for ever.
                    throw RPCError(code: .unavailable, message: "the subscription ended")
                }
            }
            group.addTask { try await announce(events, until: arrived) }
            // The announcing task ends at success; the subscription only when it breaks.
            try await group.next()
            try await group.next()
        }
    }

    /// Publishes the probe until it has come back through the subscription: publishing and
    /// subscribing race in the server.
    private func announce(
        _ events: Containerd_Services_Events_V1_Events.Client<RuntimeConnections.Transport>, until arrived: Signal
    ) async throws {
        let probe = Containerd_Services_Events_V1_PublishRequest.with {
            $0.topic = Self.probeTopic
            $0.event.typeURL = "gitctl.dev/subscribed"
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    _ = try await events.publish(probe, metadata: ["containerd-namespace": "\(Self.namespace)"], options: options)
                    try await runtime.clock.sleep(for: Self.probeInterval)
                }
            }
            group.addTask { await arrived.wait() }
            try await group.next()
            group.cancelAll()
        }
    }
}

extension RuntimeEvent {
    /// nil for our own probe, and for the end of a process that was executed in a container.
    init?(_ envelope: Containerd_Services_Events_V1_Envelope) throws {
        switch envelope.topic {
        case "/tasks/exit":
            let exit = try Containerd_Services_Events_V1_TaskExit(serializedBytes: envelope.event.value)
            guard exit.id == exit.containerID else { return nil }
            self = .exited(id: exit.containerID)
        case "/tasks/oom":
            self = .outOfMemory(id: try Containerd_Services_Events_V1_TaskOOM(serializedBytes: envelope.event.value).containerID)
        default: return nil
        }
    }
}
