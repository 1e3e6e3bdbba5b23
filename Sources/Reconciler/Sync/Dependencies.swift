import APIMachinery

/// Whether the Applications that one depends on are ready for it.
struct Dependencies: Sendable {
    /// An Application as the watch shows it, by reference.
    let application: @Sendable (String) -> Object?

    /// What to wait for, as a sentence; nil when nothing is in the way of `commit`.
    ///
    /// - Throws: for Applications that wait for one another in a circle.
    ///
    /// - Parameter commit: the one that the source is at; nil for one asked for by hand, which the others need not have.
    func reasonToWait(for dependent: Application, at commit: Commit?) throws(InvalidApplication) -> String? {
        guard !dependent.policy.dependsOn.isEmpty else { return nil }
        try refuseCircle(of: dependent)
        for reference in dependent.policy.dependsOn {
            guard let object = application(reference), !object.isDeleting else { return "Application \(reference), which it depends on, does not exist" }
            if let reason = reason(object, dependent, commit) { return "depends on Application \(reference), which \(reason)" }
        }
        return nil
    }

    private func reason(_ object: Object, _ dependent: Application, _ commit: Commit?) -> String? {
        let status = ApplicationStatus(object.status)
        if object.spec["suspend"]?.bool == true { return "is suspended" }
        let ready = object.condition("Ready")
        // Of one repository and revision, the dependency has to have taken the same commit.
        if let commit, let other = try? Application(object), other.isOfSameSource(as: dependent),
            status.observedRevision != commit.id.description
        {
            guard let ready, ready.status == .isFalse, status.lastAttemptedRevision == commit.id.description else {
                return "is not at commit \(commit.id.short) yet"
            }
            return "is not ready: \(Self.firstLine(ready.sentence))"
        }
        guard let ready, ready.status == .isTrue, ready.observedGeneration >= object.generation else {
            return ready.map { "is not ready: \(Self.firstLine($0.sentence))" } ?? "is not ready"
        }
        return nil
    }

    private static func firstLine(_ text: String) -> String { String(text.prefix { $0 != "\n" }) }

    private func refuseCircle(of dependent: Application) throws(InvalidApplication) {
        var path = [dependent.reference]
        var seen: Set<String> = []
        guard let circle = circle(from: dependent.policy.dependsOn, to: dependent.reference, &path, &seen) else { return }
        throw InvalidApplication(description: "spec.dependsOn: \(circle.joined(separator: " → ")) is a circle; remove one of the dependencies")
    }

    private func circle(from references: [String], to start: String, _ path: inout [String], _ seen: inout Set<String>) -> [String]? {
        for reference in references {
            if reference == start { return path + [start] }
            guard seen.insert(reference).inserted, let object = application(reference) else { continue }
            path.append(reference)
            let next = (object.spec["dependsOn"]?.array ?? []).map { "\($0["namespace"]?.string ?? object.namespace)/\($0["name"]?.string ?? "")" }
            if let found = circle(from: next, to: start, &path, &seen) { return found }
            path.removeLast()
        }
        return nil
    }
}
