import APIMachinery

/// What a worker knows to be in the cluster, so that a plan looks only at what a commit, or somebody else, has touched.
struct KnownObjects: Sendable {
    /// What was applied last, in order.
    var objects: [RenderedObject] = []
    /// Those of them that may be otherwise in the cluster.
    var differing: Set<ObjectIdentity> = []
    /// Looks at each of them all the same.
    var verifies = false
    /// Whether an object is in the cluster as it says, as far as the watches show.
    var isCurrent: @Sendable (RenderedObject) -> Bool = { _ in false }

    /// Indices of the desired objects that are not the very instances that were applied; nil where more than contents of
    /// objects has changed, or their order counts, so that all have to be gone through.
    func touched(by desired: Rendered, _ hooks: [RenderedObject], of application: Application) -> [Int]? {
        let new = desired.objects
        guard hooks.isEmpty, new.count == objects.count, new.count == application.status.inventory.count else { return nil }
        var touched: [Int] = []
        for index in new.indices {
            guard new[index].order == nil else { return nil }
            if new[index] === objects[index] {
                guard verifies ? !isCurrent(new[index]) : differing.contains(new[index].identity) else { continue }
            } else if new[index].identity != objects[index].identity {
                return nil
            }
            touched.append(index)
        }
        return touched
    }
}
