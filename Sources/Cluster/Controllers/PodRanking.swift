import APIMachinery

/// Which pods a ReplicaSet deletes first when it has too many.
///
/// Source: kubernetes, pkg/controller ActivePodsWithRanks: not placed, then not started, then not
/// ready, then cheaper by annotation, then doubled up on a node, then ready for less time, then
/// restarted more, then newer. Times are compared by their logarithm, so that pods of about the same age tie.
struct PodRanking {
    /// Active pods of all ReplicaSets with the same owner, by node.
    var relatedPerNode: [String: Int]
    var now: Timestamp

    func first(_ count: Int, of pods: [Object]) -> [Object] {
        if count >= pods.count { return pods }
        return pods.map { ($0, rank($0)) }
            .sorted { $0.1 == $1.1 ? $0.0.uid < $1.0.uid : $0.1.lexicographicallyPrecedes($1.1) }
            .prefix(count).map(\.0)
    }

    /// Smaller goes first.
    private func rank(_ pod: Object) -> [Int64] {
        let state = PodState(pod)
        let phases: [String: Int64] = ["Pending": 0, "Unknown": 1, "Running": 2]
        let cost = pod.annotations["controller.kubernetes.io/pod-deletion-cost"].flatMap { Int64($0) } ?? 0
        return [
            state.nodeName.isEmpty ? 0 : 1,
            phases[state.phase] ?? 2,
            state.isReady ? 1 : 0,
            cost,
            -Int64(relatedPerNode[state.nodeName] ?? 0),
            state.readySince.map(logarithmicAge) ?? 0,
            -state.restartCount,
            logarithmicAge(pod.createdAt),
        ]
    }

    private func logarithmicAge(_ time: Timestamp) -> Int64 {
        let seconds = max(0, (now - time).nanoseconds / 1_000_000_000)
        return seconds == 0 ? 0 : Int64(seconds.bitWidth - seconds.leadingZeroBitCount)
    }
}
