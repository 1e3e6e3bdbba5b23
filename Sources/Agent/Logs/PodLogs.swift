import APIMachinery

/// Answers log requests for the node's pods.
struct PodLogs {
    let controller: PodController

    func read(
        namespace: String, pod name: String, container: String, options: LogOptions
    ) throws(APIStatus) -> AsyncThrowingStream<[UInt8], any Error> {
        guard let entry = controller.entry(namespace: namespace, name: name) else { throw .notFound(.pods, name: name) }
        let (pod, record) = entry.state.withLock { state in
            (state.lifecycle.pod, state.lifecycle.containers.first { $0.name == container })
        }
        guard let record else { throw .badRequest("container \(container) is not valid for pod \(name)") }
        guard let restart = Self.restart(record, previous: options.previous) else {
            if options.previous {
                throw .badRequest("previous terminated container \"\(container)\" in pod \"\(name)\" not found")
            }
            throw .badRequest("container \"\(container)\" in pod \"\(name)\" is waiting to start: \(Self.reason(record))")
        }
        let changed = Signal()
        entry.observe(changed)
        let reader = LogReader(
            path: controller.services.directories.log(pod, container: container, restartCount: restart), options: options,
            clock: controller.services.clock, changed: changed,
            isRunning: {
                entry.state.withLock { state in
                    state.lifecycle.containers.contains { $0.name == container && $0.restartCount == restart && $0.isActive }
                }
            })
        return reader.stream()
    }

    /// Which life's file to read; nil when there is none. A life that is yet to come leaves the one before readable.
    private static func restart(_ record: ContainerRecord, previous: Bool) -> Int? {
        let current: Int? =
            switch record.state {
            case .running, .stopping, .exited: record.restartCount
            case .waiting: record.wasCreated ? record.restartCount : nil
            case .starting: record.restartCount > 0 ? record.restartCount - 1 : nil
            }
        guard previous else { return current }
        return current.flatMap { $0 > 0 ? $0 - 1 : nil }
    }

    private static func reason(_ record: ContainerRecord) -> String {
        record.failure?.reason ?? record.imageFailure?.reason ?? "ContainerCreating"
    }
}
