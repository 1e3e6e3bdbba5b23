import APIMachinery

/// Deployments, ReplicaSets and Jobs.
enum WorkloadColumns {
    private static let templates: [TableColumn] = [
        .text("Containers", wide: true, "The names of the template's containers.") { $0.names(of: $0["spec", "template", "spec", "containers"]) },
        .text("Images", wide: true, "The images of the template's containers.") { $0.images(of: $0["spec", "template", "spec", "containers"]) },
        .text("Selector", wide: true, "The labels that select the pods.") { object in
            // A stored selector parses; what does not is shown as nothing.
            guard let selector = try? LabelSelector(json: object.spec["selector"]), !selector.matchesNothing else { return "<none>" }
            return selector.description
        },
    ]

    private static func replicas(_ object: Object) -> Int64 { object.spec["replicas"]?.int ?? 1 }
    private static func status(_ object: Object, _ field: String) -> Int64 { object.status[field]?.int ?? 0 }

    static let deployments: [TableColumn] =
        [
            .name, .text("Ready", "Replicas that are ready, of those wanted.") { "\(status($0, "readyReplicas"))/\(replicas($0))" },
            .number("Up-to-date", "Replicas of the newest template.") { status($0, "updatedReplicas") },
            .number("Available", "Replicas that have been ready long enough.") { status($0, "availableReplicas") }, .age,
        ] + templates

    static let replicaSets: [TableColumn] =
        [
            .name, .number("Desired", "Replicas wanted.", replicas),
            .number("Current", "Replicas that exist.") { status($0, "replicas") },
            .number("Ready", "Replicas that are ready.") { status($0, "readyReplicas") }, .age,
        ] + templates

    static let jobs: [TableColumn] =
        [
            .name, .text("Status", "How far the job is.", jobStatus), .text("Completions", "Pods that succeeded, of those wanted.", completions),
            .text("Duration", format: "", "How long the job took or has been running.") { job, now in
                guard let start = job.status["startTime"]?.string.flatMap(Timestamp.init) else { return "" }
                let end = job.status["completionTime"]?.string.flatMap(Timestamp.init) ?? now
                return HumanDuration.text(end - start)
            }, .age,
        ] + templates

    private static func jobStatus(_ job: Object) -> String {
        for (condition, text) in [
            ("Complete", "Complete"), ("Failed", "Failed"), ("Suspended", "Suspended"), ("FailureTarget", "FailureTarget"),
            ("SuccessCriteriaMet", "SuccessCriteriaMet"),
        ] where job.hasCondition(condition) { return text }
        return job.isDeleting ? "Terminating" : "Running"
    }

    private static func completions(_ job: Object) -> String {
        let succeeded = status(job, "succeeded")
        if let wanted = job.spec["completions"]?.int { return "\(succeeded)/\(wanted)" }
        let parallelism = job.spec["parallelism"]?.int ?? 0
        return parallelism > 1 ? "\(succeeded)/1 of \(parallelism)" : "\(succeeded)/1"
    }
}
