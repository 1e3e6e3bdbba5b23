import APIMachinery

/// Makes and starts one container: configuration, create, start, postStart.
struct ContainerStarter {
    let executor: PodExecutor
    let name: String
    let restartCount: Int
    let sandboxID: String
    let image: String

    private var services: PodServices { executor.services }

    func run() async {
        let pod = executor.pod
        guard let container = pod.container(name) else { return }
        let sandbox = executor.sandboxConfig(attempt: 0)
        let config: ContainerConfig
        do {
            config = try await ContainerConfiguration(
                pod: pod, container: container, restartCount: restartCount, image: image, ips: executor.entry.ips, services: services
            ).config()
        } catch {
            services.references.watch(VolumeMounter.references(of: pod) + Environment.references(of: container, namespace: pod.namespace), for: pod.uid)
            return executor.send(.containerNotStarted(name, StartFailure(reason: .config, message: "\(error)")))
        }
        let id: String
        do {
            id = try await services.runtime.createContainer(config, in: sandboxID, sandbox)
        } catch {
            await removeUnanswered()
            return executor.send(.containerNotStarted(name, StartFailure(reason: .create, message: "\(error)")))
        }
        executor.controller.claim(id, for: pod.uid)
        do {
            try await services.runtime.startContainer(id)
        } catch {
            return await reportFailedStart(id, error)
        }
        await reportStart(id)
        if let hook = container.postStart {
            let failure = await HookRunner(executor: executor).run(hook, container: name, id: id, within: .seconds(24 * 3600))
            executor.send(.postStart(name, id: id, failure: failure))
        }
    }

    /// Removes a container that the runtime made although its answer was lost: its name would refuse
    /// every later attempt.
    private func removeUnanswered() async {
        // A runtime that does not answer is asked again at the next attempt.
        let known = (try? await services.runtime.containers()) ?? []
        for container in known
        where container.podUID == executor.pod.uid && container.name == name && container.restartCount == restartCount
            && container.state == .created
        {
            try? await services.runtime.removeContainer(container.id)
        }
    }

    private func reportStart(_ id: String) async {
        // An unanswered question about a container that runs costs no more than its exact start time.
        let observed = try? await services.runtime.container(id)
        let started = observed?.startedAt ?? services.clock.now
        executor.send(.containerStarted(name, id: id, at: started.nanoseconds > 0 ? started : services.clock.now))
        let exitedEarly = executor.entry.state.withLock { $0.earlyExits.remove(id) != nil }
        if case .exited = observed?.state {
            await executor.reportExit(of: name, id: id)
        } else if exitedEarly {
            await executor.reportExit(of: name, id: id)
        }
    }

    private func reportFailedStart(_ id: String, _ error: RuntimeError) async {
        var exit = ContainerExit(
            code: 128, reason: "StartError", message: error.message, startedAt: Timestamp(seconds: 0), finishedAt: services.clock.now)
        // The runtime usually knows better how the start failed; without its word ours stands.
        switch try? await services.runtime.container(id).state {
        case .exited(let known): exit = known
        // The answer was lost, not the start.
        case .running: return await reportStart(id)
        case .created, .unknown, nil: break
        }
        if exit.message.isEmpty { exit.message = error.message }
        executor.send(
            .containerNotStarted(
                name, StartFailure(reason: .run, message: error.message, exited: .init(id: id, exit: exit))))
    }
}
