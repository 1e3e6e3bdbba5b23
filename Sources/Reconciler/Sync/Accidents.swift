import APIMachinery

/// What a sync refuses because it looks like an accident: a directory that moved, a branch that was mistaken for another.
extension Application {
    /// Refuses a commit that holds nothing of what the Application put into the cluster.
    func checkNotEmptied(by rendered: Rendered) throws(SyncFailure) {
        guard rendered.holdsNothing, !status.inventory.isEmpty, !allowsEmpty else { return }
        throw SyncFailure(
            "WouldDeleteEverything",
            [
                "\(path): this commit holds no manifests there, which would delete every object of the Application (\(status.inventory.count)); if that is meant, annotate it: kubectl annotate application -n \(namespace) \(name) \(Self.allowEmptyAnnotation)=true"
            ], commit: rendered.commit)
    }

    /// Refuses more deletions than `spec.sync.maxDeletions`.
    func checkDeletions(of plan: Plan, from rendered: Rendered) throws(SyncFailure) {
        let deleted = plan.changes.filter { $0.action == .deleted }
        // To empty the path is a decision of its own, which was made.
        guard deleted.count > deletionsMax, !(allowsEmpty && rendered.holdsNothing) else { return }
        let names = deleted.prefix(3).map(\.key.description).joined(separator: ", ")
        throw SyncFailure(
            "TooManyDeletions",
            [
                "\(path): this commit would delete \(deleted.count) of \(status.inventory.count) objects (\(names), …), more than the \(deletionsMax) that spec.sync.maxDeletions allows; if that is meant: kubectl patch application -n \(namespace) \(name) --type=merge -p '{\"spec\":{\"sync\":{\"maxDeletions\":\(deleted.count)}}}'"
            ], commit: rendered.commit)
    }
}

extension Rendered {
    /// What the Application adds by itself, and what is only run, is nothing that a commit holds.
    fileprivate var holdsNothing: Bool { !objects.contains { $0.order?.hook == nil && !($0.isGenerated && $0.key.type == .namespaces) } }
}
