import APIMachinery

/// Writes one pod's status, the newest only, and at the end deletes its object.
///
/// One at a time for each pod: what changes during a write goes out with the next one.
struct StatusWriter {
    static let retryDelay: ClosedRange<Duration> = .milliseconds(50) ... .seconds(10)

    let entry: PodEntry
    let controller: PodController

    private var services: PodServices { controller.services }

    func run() async {
        var delay = Self.retryDelay.lowerBound
        while !Task.isCancelled {
            enum Step { case write(JSONObject), delete, idle }
            let step = entry.state.withLock { state -> Step in
                if let pending = state.pending { return .write(pending) }
                if state.deletesObject { return .delete }
                state.isWriting = false
                return .idle
            }
            do {
                switch step {
                case .idle: return
                case .write(let status): try await write(status)
                case .delete: return try await delete()
                }
                delay = Self.retryDelay.lowerBound
            } catch {
                if await isOfAnother(error) {
                    entry.state.withLock { $0.pending = nil }
                    if case .delete = step { return controller.send(.objectDeleted, to: entry.uid) }
                    controller.send(.gone, to: entry.uid)
                    continue
                }
                services.logger.warning(
                    "pod status not written; trying again", metadata: ["pod": "\(entry.pod.fullName)", "error": "\(error)"])
                // Cancellation ends the loop above.
                try? await services.clock.sleep(for: delay)
                delay = min(delay * 2, Self.retryDelay.upperBound)
            }
        }
        entry.state.withLock { $0.isWriting = false }
    }

    /// Whether a write failed because the pod is gone, perhaps with a successor of its name.
    private func isOfAnother(_ error: APIStatus) async -> Bool {
        switch error.reason {
        case .notFound: return true
        case .conflict:
            let pod = entry.pod
            do {
                let current = try await services.client.find(ObjectKey(.pods, namespace: pod.namespace, name: pod.name))
                return current?.uid != pod.uid
            } catch {
                // Unknown for now: the write is tried again, and so is this.
                return false
            }
        default: return false
        }
    }

    /// A merge patch of what differs from the last one; the uid guards against a successor of the same name.
    private func write(_ status: JSONObject) async throws(APIStatus) {
        let (pod, written) = entry.state.withLock { ($0.lifecycle.pod, $0.written) }
        var changes: JSONObject = [:]
        for member in status where written[member.key] != member.value { changes[member.key] = member.value }
        for key in Self.owned where written[key] != nil && status[key] == nil { changes[key] = .null }
        if !changes.isEmpty {
            let key = ObjectKey(.pods, namespace: pod.namespace, name: pod.name)
            try await services.client.patch(
                key, .merge(["metadata": ["uid": .string(pod.uid)], "status": .object(changes)]), subresource: "status")
        }
        entry.state.withLock { state in
            state.written = status
            if state.pending == status { state.pending = nil }
        }
    }

    /// The fields of a pod's status that the agent writes, and so may remove.
    private static let owned = [
        "hostIP", "hostIPs", "podIP", "podIPs", "reason", "message", "initContainerStatuses", "containerStatuses", "observedGeneration",
    ]

    private func delete() async throws(APIStatus) {
        let pod = entry.pod
        var options = DeleteOptions()
        options.gracePeriodSeconds = 0
        options.preconditionUID = pod.uid
        try await services.client.delete(ObjectKey(.pods, namespace: pod.namespace, name: pod.name), options: options)
        controller.send(.objectDeleted, to: entry.uid)
    }
}
