import APIMachinery

extension Plan {
    /// What lies between two commits, without a cluster: both as written, no defaults filled in.
    package init(from old: Rendered, to new: Rendered) {
        let before = Dictionary(old.objects.map { ($0.identity, $0) }) { first, _ in first }
        let kept = Set(new.objects.map(\.identity))
        self.init(
            revision: new.commit.id.description,
            changes: new.objects.map { Self.change($0.key, before[$0.identity], $0) }
                + old.objects.filter { !kept.contains($0.identity) }.map { Self.change($0.key, $0, nil) },
            warnings: new.warnings)
    }

    private static func change(_ key: ObjectKey, _ old: RenderedObject?, _ new: RenderedObject?) -> PlannedChange {
        var (before, after) = SecretMask.apply(old?.object.withoutNoise, new?.object.withoutNoise, hiding: new.map(Hidden.init))
        // What came out of a Secret in the old commit alone.
        if let old { (before, after) = SecretMask.apply(before, after, hiding: Hidden(old)) }
        guard let before, let after else {
            return PlannedChange(key: key, action: before == nil ? .created : .deleted, before: before, after: after)
        }
        let fields = FieldDiff.changes(before, after)
        return fields.isEmpty
            ? PlannedChange(key: key, action: .unchanged) : PlannedChange(key: key, action: .changed, fields: fields, before: before, after: after)
    }
}
