import APIMachinery

/// How well nodes that can take a pod would suit it: each score from 0 to 100.
///
/// Source: kubernetes, pkg/scheduler/framework/plugins; the weights are its defaults.
enum NodeScores {
    /// The best node; of equals the first by name, so that equal input gives equal output.
    static func best(_ pod: PodToSchedule, _ nodes: [NodeToFill]) -> NodeToFill? {
        guard nodes.count > 1 else { return nodes.first }
        let taints = reversed(nodes.map { Double(intolerableTaints(pod, $0)) })
        let affinities = normalized(nodes.map { Double(preferredAffinity(pod, $0)) })
        var best: (node: NodeToFill, score: Double)?
        for (index, node) in nodes.enumerated() {
            let score = leastAllocated(pod, node) + balancedAllocation(pod, node) + 3 * taints[index] + 2 * affinities[index]
            if let current = best, (score, current.node.name) <= (current.score, node.name) { continue }
            best = (node, score)
        }
        return best?.node
    }

    /// The free share of CPU and memory after the pod is placed.
    static func leastAllocated(_ pod: PodToSchedule, _ node: NodeToFill) -> Double {
        let shares = usedShares(pod, node)
        return shares.reduce(0) { $0 + max(0, 1 - $1) * 100 } / Double(max(1, shares.count))
    }

    /// How alike the used shares of CPU and memory are.
    static func balancedAllocation(_ pod: PodToSchedule, _ node: NodeToFill) -> Double {
        let shares = usedShares(pod, node).map { min(1, $0) }
        guard shares.count == 2 else { return 0 }
        return (1 - abs(shares[0] - shares[1]) / 2) * 100
    }

    private static func usedShares(_ pod: PodToSchedule, _ node: NodeToFill) -> [Double] {
        let (used, wanted, has) = (node.scoredRequested, pod.scoredRequests, node.allocatable)
        return [(used.cpu, wanted.cpu, has.cpu), (used.memory, wanted.memory, has.memory)].compactMap { used, wanted, has in
            has > 0 ? (Double(used) + Double(wanted)) / Double(has) : nil
        }
    }

    /// Taints that ask for other pods first, and that the pod does not tolerate.
    static func intolerableTaints(_ pod: PodToSchedule, _ node: NodeToFill) -> Int {
        let tolerations = pod.tolerations
        return node.taints.count { taint in
            taint["effect"]?.string == "PreferNoSchedule" && !tolerations.contains { $0.tolerates(taint) }
        }
    }

    /// The weights of the preferred terms that the node meets.
    static func preferredAffinity(_ pod: PodToSchedule, _ node: NodeToFill) -> Int64 {
        let terms = pod.object.spec["affinity"]?["nodeAffinity"]?["preferredDuringSchedulingIgnoredDuringExecution"]?.array ?? []
        return terms.reduce(0) { sum, term in
            guard let preference = term["preference"], NodeSelector.matches(term: preference, node.object) else { return sum }
            return sum + (term["weight"]?.int ?? 0)
        }
    }

    private static func normalized(_ values: [Double]) -> [Double] {
        let most = values.max() ?? 0
        return values.map { most > 0 ? $0 * 100 / most : 0 }
    }

    private static func reversed(_ values: [Double]) -> [Double] {
        let most = values.max() ?? 0
        return values.map { most > 0 ? 100 - $0 * 100 / most : 100 }
    }
}
