import APIMachinery
import Logging

/// Carries out one pod's actions and tells its lifecycle how they went.
struct PodExecutor {
    /// How long a terminating pod's address may still be waited for in the proxy's rules.
    static let drainMax = Duration.seconds(2)
    /// The shortest time between TERM and KILL.
    static let killDelayMin = Duration.seconds(1)

    let entry: PodEntry
    let controller: PodController

    var services: PodServices { controller.services }
    var pod: Pod { entry.pod }

    func send(_ event: PodEvent) { controller.send(event, to: entry.uid) }

    func record(_ kind: EventRecorder.Kind, _ reason: String, _ message: String, container: String? = nil) {
        let pod = pod
        services.events.record(
            kind, reason, message, about: pod.object, fieldPath: container.flatMap { pod.container($0)?.fieldPath } ?? "")
    }

    func perform(_ action: PodAction) async {
        switch action {
        case .event(let kind, let reason, let message, let container): record(kind, reason, message, container: container)
        case .mountVolumes: await mountVolumes()
        case .refreshVolumes: await refreshVolumes()
        case .unmountVolumes: await unmountVolumes()
        case .fetchImage(let container): await fetchImage(container)
        case .runSandbox(let attempt): await runSandbox(attempt: attempt)
        case .stopSandbox(let id): await stopSandbox(id)
        case .startContainer(let name, let restartCount, let sandbox, let image):
            await ContainerStarter(executor: self, name: name, restartCount: restartCount, sandboxID: sandbox, image: image).run()
        case .stopContainer(let name, let id, let deadline): await stopContainer(name, id: id, deadline: deadline)
        case .hastenStop(let id, let deadline):
            // The stop under way reports the end, and retries what fails here.
            try? await services.runtime.stopContainer(id, timeout: max(Self.killDelayMin, deadline - services.clock.now))
        case .removeContainer(let id): await removeContainer(id)
        case .startProbes(let name, let id, let kinds, let isReady): startProbes(name, id: id, kinds, isReady: isReady)
        case .stopProbes(let name, let kinds): entry.stopProbes(name, kinds)
        case .removePod(let sandboxes): await removePod(sandboxes: sandboxes)
        case .deleteObject:
            entry.state.withLock { state in
                state.deletesObject = true
                controller.startWriting(entry, &state)
            }
        }
    }

    // MARK: Volumes and images

    private func mountVolumes() async {
        let pod = pod
        services.references.watch(VolumeMounter.references(of: pod), for: pod.uid)
        do {
            try await services.volumes.mount(pod)
            send(.volumesMounted(refreshAt: services.volumes.nextRefresh(pod.uid)))
        } catch {
            send(.volumesFailed("\(error)"))
        }
    }

    private func refreshVolumes() async {
        let pod = pod
        do {
            send(.volumesRefreshed(refreshAt: try await services.volumes.refresh(pod)))
        } catch {
            // The old content stays, and is as old as the object's own error.
            record(.warning, "FailedMount", "MountVolume.SetUp failed to refresh: \(error)")
            send(.volumesRefreshed(refreshAt: services.clock.now + .seconds(60)))
        }
    }

    private func unmountVolumes() async {
        services.references.forget(entry.uid)
        do {
            try await services.volumes.unmount(entry.uid)
        } catch {
            services.logger.warning("volumes not unmounted", metadata: ["pod": "\(pod.fullName)", "error": "\(error)"])
        }
        send(.volumesUnmounted)
    }

    private func fetchImage(_ name: String) async {
        guard let container = pod.container(name) else { return }
        let result = await services.images.fetch(container, of: pod, sandbox: sandboxConfig(attempt: 0)) { message in
            record(.normal, "Pulling", message, container: name)
        }
        send(.image(container: name, result))
    }

    // MARK: Sandbox

    func sandboxConfig(attempt: Int) -> PodSandboxConfig {
        SandboxConfiguration(pod: pod, services: services).config(attempt: attempt)
    }

    private func runSandbox(attempt: Int) async {
        let config = sandboxConfig(attempt: attempt)
        do {
            try await Files.offPool { try Files.makeDirectory(config.logDirectory, mode: 0o755) }
            try await services.nodeResources.prepare(pod)
            let sandbox = try await services.sandboxLimit.run {
                let id = try await services.runtime.runSandbox(config)
                controller.claim(id, for: entry.uid)
                return try await services.runtime.sandbox(id)
            }
            send(.sandboxStarted(id: sandbox.id, ips: pod.usesHostNetwork ? services.hostIPs : sandbox.ips))
        } catch {
            send(.sandboxFailed("\(error)"))
        }
    }

    private func stopSandbox(_ id: String) async {
        var delay = Duration.milliseconds(200)
        while true {
            do {
                try await services.runtime.stopSandbox(id)
                break
            } catch where error.code == .notFound {
                break
            } catch {
                services.logger.warning("sandbox not stopped; trying again", metadata: ["pod": "\(pod.fullName)", "error": "\(error)"])
                // Cancellation ends the agent; the sandbox is adopted by the next one.
                guard (try? await services.clock.sleep(for: delay)) != nil else { return }
                delay = min(delay * 2, .seconds(10))
            }
        }
        // What ran in it has ended with it, whether or not the event stream says so.
        let active = entry.state.withLock { $0.lifecycle.containers.filter(\.isActive).compactMap { record in record.id.map { (record.name, $0) } } }
        for (name, id) in active { await reportExit(of: name, id: id) }
        send(.sandboxStopped(id: id))
    }

    // MARK: Containers

    private func stopContainer(_ name: String, id: String, deadline: Timestamp) async {
        let isEnding = entry.state.withLock { $0.lifecycle.stage != .active }
        async let drained: Void = isEnding ? drain(by: deadline) : ()
        if let hook = pod.container(name)?.preStop {
            let failure = await HookRunner(executor: self).run(hook, container: name, id: id, within: deadline - services.clock.now)
            if let failure { record(.warning, "FailedPreStopHook", "PreStopHook failed: \(failure)", container: name) }
        }
        await drained
        do {
            try await services.runtime.stopContainer(id, timeout: max(Self.killDelayMin, deadline - services.clock.now))
        } catch where error.code == .notFound {
            // Gone already; reported below.
        } catch {
            services.logger.warning("container not stopped", metadata: ["pod": "\(pod.fullName)", "error": "\(error)"])
            return send(.containerUnstoppable(name, id: id))
        }
        await reportExit(of: name, id: id)
    }

    /// No new connection reaches the pod after this.
    private func drain(by deadline: Timestamp) async {
        let limit = min(Self.drainMax, deadline - services.clock.now)
        guard limit > .zero, !pod.usesHostNetwork else { return }
        for ip in entry.ips { await services.drain(ip, limit) }
    }

    /// Reads how a container ended. The runtime hears of an exit at the same time as we do, so its
    /// answer may lag a little: asked again, a few times.
    func reportExit(of name: String, id: String) async {
        guard let container = pod.container(name) else { return }
        var delay = Duration.milliseconds(2)
        while true {
            do {
                let observed = try await services.runtime.container(id)
                if case .exited(let exit) = observed.state {
                    let message = await TerminationMessage(services: services, pod: pod, container: container)
                        .read(exit, restartCount: observed.restartCount)
                    return send(.containerExited(name, id: id, message))
                }
            } catch where error.code == .notFound {
                let now = services.clock.now
                return send(
                    .containerExited(
                        name, id: id,
                        ContainerExit(
                            code: 137, reason: "ContainerStatusUnknown", message: "", startedAt: now, finishedAt: now)))
            } catch {
                services.logger.debug("container status not read", metadata: ["id": "\(id)", "error": "\(error)"])
            }
            // What the runtime does not tell now, a listing will.
            guard delay < .seconds(2) else { return controller.listAgain() }
            // Cancellation ends the agent; the container is adopted by the next one.
            guard (try? await services.clock.sleep(for: delay)) != nil else { return }
            delay = delay * 2
        }
    }

    private func removeContainer(_ id: String) async {
        do {
            try await services.runtime.removeContainer(id)
            controller.disclaim(id)
        } catch {
            // It goes with its sandbox at the latest.
            services.logger.debug("dead container not removed", metadata: ["id": "\(id)", "error": "\(error)"])
        }
    }

    private func startProbes(_ name: String, id: String, _ kinds: [ProbeSpec.Kind], isReady: Bool) {
        guard let container = pod.container(name) else { return }
        for kind in kinds {
            guard let spec = container.probe(kind) else { continue }
            let run = ProbeRun(executor: self, container: container, id: id, spec: spec, isReady: kind == .readiness && isReady)
            let old = entry.state.withLock { $0.probes.updateValue(run, forKey: .init(container: name, kind: kind)) }
            old?.stop()
            controller.enqueue { await run.run() }
        }
    }

    // MARK: The end

    private func removePod(sandboxes: [String]) async {
        let pod = pod
        await services.removeSandboxes(sandboxes)
        for id in sandboxes { controller.disclaim(id) }
        await services.nodeResources.release(pod)
        do {
            try await Files.offPool {
                try Files.removeTree(services.directories.pod(pod.uid))
                try Files.removeTree(services.directories.logs(pod))
            }
        } catch {
            services.logger.warning("pod directory not removed", metadata: ["pod": "\(pod.fullName)", "error": "\(error)"])
        }
        send(.podRemoved)
    }
}

extension PodServices {
    /// Stops and removes sandboxes with all that is in them, until done or cancelled.
    func removeSandboxes(_ ids: [String]) async {
        await withTaskGroup(of: Void.self) { group in
            for id in ids { group.addTask { await removeSandbox(id) } }
        }
    }

    private func removeSandbox(_ id: String) async {
        var delay = Duration.milliseconds(100)
        while true {
            do {
                try await runtime.stopSandbox(id)
                try await runtime.removeSandbox(id)
                return
            } catch where error.code == .notFound {
                return
            } catch {
                logger.warning("sandbox not removed; trying again", metadata: ["id": "\(id)", "error": "\(error)"])
                // Cancellation ends the agent; the sandbox is adopted by the next one.
                guard (try? await clock.sleep(for: delay)) != nil else { return }
                delay = min(delay * 2, .seconds(10))
            }
        }
    }
}

/// A pod that the runtime has and the API has not: deleted while no agent ran.
struct Orphan {
    let uid: String
    let sandboxes: [ObservedSandbox]
    let containers: [ObservedContainer]
    let services: PodServices

    func remove() async {
        services.logger.info("removing a pod that no longer exists", metadata: ["uid": "\(uid)"])
        await withTaskGroup(of: Void.self) { group in
            for container in containers where container.state == .running {
                let grace = container.annotations[RuntimeLabel.gracePeriod].flatMap { Int64($0) } ?? 30
                group.addTask {
                    // Removing the sandbox below kills what is left.
                    try? await services.runtime.stopContainer(container.id, timeout: .seconds(grace))
                }
            }
        }
        await services.removeSandboxes(sandboxes.map(\.id))
        do {
            try await services.volumes.unmount(uid)
            try await Files.offPool {
                try Files.removeTree(services.directories.pod(uid))
                for sandbox in sandboxes {
                    try Files.removeTree("\(services.directories.logRoot)/\(sandbox.podNamespace)_\(sandbox.podName)_\(uid)")
                }
            }
        } catch {
            services.logger.warning("files of a removed pod are left", metadata: ["uid": "\(uid)", "error": "\(error)"])
        }
    }
}
