import APIMachinery

/// Deployments, ReplicaSets and Jobs.
enum WorkloadColumns {
    private static func templates(at path: [String] = ["spec", "template"], selector: [String] = ["spec", "selector"]) -> [TableColumn] {
        [
            .text("Containers", wide: true, "The names of the template's containers.") { $0.names(of: $0.json[path: path + ["spec", "containers"]]) },
            .text("Images", wide: true, "The images of the template's containers.") { $0.images(of: $0.json[path: path + ["spec", "containers"]]) },
            .text("Selector", wide: true, "The labels that select the pods.") { $0.json[path: selector].selectorText },
        ]
    }

    private static func replicas(_ object: Object) -> Int64 { object.spec["replicas"]?.int ?? 1 }
    private static func status(_ object: Object, _ field: String) -> Int64 { object.status[field]?.int ?? 0 }

    static let deployments: [TableColumn] =
        [
            .name, .text("Ready", "Replicas that are ready, of those wanted.") { "\(status($0, "readyReplicas"))/\(replicas($0))" },
            .number("Up-to-date", "Replicas of the newest template.") { status($0, "updatedReplicas") },
            .number("Available", "Replicas that have been ready long enough.") { status($0, "availableReplicas") }, .age,
        ] + templates()

    static let replicaSets: [TableColumn] =
        [
            .name, .number("Desired", "Replicas wanted.", replicas),
            .number("Current", "Replicas that exist.") { status($0, "replicas") },
            .number("Ready", "Replicas that are ready.") { status($0, "readyReplicas") }, .age,
        ] + templates()

    static let jobs: [TableColumn] =
        [
            .name, .text("Status", "How far the job is.", jobStatus), .text("Completions", "Pods that succeeded, of those wanted.", completions),
            .text("Duration", format: "", "How long the job took or has been running.") { job, now in
                guard let start = job.status["startTime"]?.string.flatMap(Timestamp.init) else { return "" }
                let end = job.status["completionTime"]?.string.flatMap(Timestamp.init) ?? now
                return HumanDuration.text(end - start)
            }, .age,
        ] + templates()

    static let replicationControllers: [TableColumn] =
        replicaSets.dropLast() + [
            .text("Selector", wide: true, "The labels that select the pods.") { $0.spec["selector"].labelText }
        ]

    static let statefulSets: [TableColumn] =
        [
            .name, .text("Ready", "Replicas that are ready, of those wanted.") { "\(status($0, "readyReplicas"))/\(replicas($0))" }, .age,
        ] + templates().dropLast()

    static let daemonSets: [TableColumn] =
        [
            .name, .number("Desired", "Nodes that should run a pod.") { status($0, "desiredNumberScheduled") },
            .number("Current", "Nodes that run one.") { status($0, "currentNumberScheduled") },
            .number("Ready", "Pods that are ready.") { status($0, "numberReady") },
            .number("Up-to-date", "Pods of the newest template.") { status($0, "updatedNumberScheduled") },
            .number("Available", "Pods that have been ready long enough.") { status($0, "numberAvailable") },
            .text("Node Selector", "The labels of the nodes.") { $0["spec", "template", "spec", "nodeSelector"].labelText }, .age,
        ] + templates()

    static let cronJobs: [TableColumn] =
        [
            .name, .text("Schedule", "When jobs begin, in cron's form.") { $0.spec["schedule"]?.string ?? "" },
            .text("Timezone", "The time zone of the schedule.") { $0.spec["timeZone"]?.string ?? "<none>" },
            TableColumn(
                name: "Suspend", type: "boolean", format: "", priority: 0, description: "Whether no jobs begin.",
                cell: { job, _ in .string(job.spec["suspend"]?.bool.map { $0 ? "True" : "False" } ?? "<unset>") }),
            .number("Active", "Jobs that run.") { Int64($0.status["active"]?.array?.count ?? 0) },
            .text("Last Schedule", format: "", "The time since the last job began.") { job, now in
                job.status["lastScheduleTime"]?.string.map { HumanDuration.age($0, now: now) } ?? "<none>"
            }, .age,
        ] + templates(at: ["spec", "jobTemplate", "spec", "template"], selector: ["spec", "jobTemplate", "spec", "selector"])

    static let podTemplates: [TableColumn] = [
        .name, .text("Containers", "The names of the template's containers.") { $0.names(of: $0["template", "spec", "containers"]) },
        .text("Images", "The images of the template's containers.") { $0.images(of: $0["template", "spec", "containers"]) },
        .text("Pod Labels", "The labels of the template.") { $0["template", "metadata", "labels"].labelText },
    ]

    static let controllerRevisions: [TableColumn] = [
        .name,
        .text("Controller", "What the revision belongs to.") { revision in
            guard let owner = revision.controller else { return "<none>" }
            let group = GroupVersion(owner.apiVersion)?.group ?? ""
            return "\(owner.kind.lowercased())\(group.isEmpty ? "" : "." + group)/\(owner.name)"
        }, .number("Revision", "The number of the revision.") { $0["revision"]?.int ?? 0 }, .age,
    ]

    private static func jobStatus(_ job: Object) -> String {
        if job.hasCondition("Complete") { return "Complete" }
        if job.hasCondition("Failed") { return "Failed" }
        if job.isDeleting { return "Terminating" }
        for condition in ["Suspended", "FailureTarget", "SuccessCriteriaMet"] where job.hasCondition(condition) { return condition }
        return "Running"
    }

    private static func completions(_ job: Object) -> String {
        let succeeded = status(job, "succeeded")
        if let wanted = job.spec["completions"]?.int { return "\(succeeded)/\(wanted)" }
        let parallelism = job.spec["parallelism"]?.int ?? 0
        return parallelism > 1 ? "\(succeeded)/1 of \(parallelism)" : "\(succeeded)/1"
    }
}
