import APIMachinery

/// CronJob, HorizontalPodAutoscaler and PodDisruptionBudget.
extension Validation {
    /// A job's name is the CronJob's and eleven characters more.
    private static let cronJobNameBytesMax = 52

    static let cronJobs = Rules(
        check: { root, errors in
            let name = root["metadata"]["name"]
            if name.text.utf8.count > cronJobNameBytesMax { errors.invalid(name, "must be no more than \(cronJobNameBytesMax) characters") }
            let spec = root["spec"]
            let schedule = spec["schedule"]
            if schedule.isEmpty {
                errors.required(schedule)
            } else if let problem = CronSchedule.problem(of: schedule.text) {
                errors.invalid(schedule, problem)
            }
            if spec["timeZone"].isPresent {
                if spec["timeZone"].isEmpty { errors.invalid(spec["timeZone"], "must be nil or non-empty string") }
                if schedule.text.contains("TZ=") {
                    errors.invalid(schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule")
                }
                if spec["timeZone"].text.lowercased() == "local" {
                    errors.invalid(spec["timeZone"], "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")
                }
            } else if schedule.text.contains("TZ=") {
                errors.invalid(schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
            }
            for key in ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"] { errors.nonNegative(spec[key]) }
            let template = spec["jobTemplate"]
            checkLabels(template["metadata"]["labels"], &errors)
            checkAnnotations(template["metadata"]["annotations"], &errors)
            let job = template["spec"]
            if job["selector"].isPresent { errors.invalid(job["selector"], "`selector` will be auto-generated") }
            if job["manualSelector"].bool == true { errors.unsupported(job["manualSelector"], ["nil", "false"]) }
            checkTemplate(job["template"], restartPolicies: ["OnFailure", "Never"], &errors)
            for key in ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"] {
                errors.nonNegative(job[key])
            }
        })

    static let horizontalPodAutoscalers = Rules(
        check: { root, errors in
            let spec = root["spec"]
            checkTargetReference(spec["scaleTargetRef"], &errors)
            let least = spec["minReplicas"].int ?? 1
            let greatest = spec["maxReplicas"].int ?? 0
            if least < 1 { errors.invalid(spec["minReplicas"], "must be greater than or equal to 1") }
            if greatest < 1 { errors.invalid(spec["maxReplicas"], "must be greater than 0", value: .int(greatest)) }
            if greatest < least { errors.invalid(spec["maxReplicas"], "must be greater than or equal to `minReplicas`", value: .int(greatest)) }
            for metric in spec["metrics"].elements { checkMetric(metric, &errors) }
            for direction in ["scaleUp", "scaleDown"] { checkScaling(spec["behavior"][direction], &errors) }
        })

    private static func checkTargetReference(_ reference: Field, _ errors: inout Errors) {
        errors.named(reference["kind"], .pathSegment)
        errors.named(reference["name"], .pathSegment)
    }

    private static let metricSources = [
        "ContainerResource": "containerResource", "External": "external", "Object": "object", "Pods": "pods", "Resource": "resource",
    ]

    private static func checkMetric(_ metric: Field, _ errors: inout Errors) {
        guard let key = metricSources[metric["type"].text] else { return }
        let source = metric[key]
        guard source.isPresent else { return errors.required(source, "must populate information for the given metric source") }
        for other in metricSources.values.sorted() where other != key && metric[other].isPresent {
            errors.forbidden(metric[other], "must populate the given metric source only")
        }
        switch key {
        case "resource", "containerResource":
            if source["name"].isEmpty { errors.required(source["name"], "must specify a resource name") }
            if key == "containerResource", source["container"].isEmpty { errors.required(source["container"], "must specify a container") }
        default: errors.named(source["metric"]["name"], .pathSegment)
        }
        if key == "object" { checkTargetReference(source["describedObject"], &errors) }
        checkMetricTarget(source["target"], of: key, &errors)
    }

    private static func checkMetricTarget(_ target: Field, of source: String, _ errors: inout Errors) {
        if target["type"].isEmpty { errors.required(target["type"], "must specify a metric target type") }
        for key in ["value", "averageValue"] {
            if let quantity = quantity(target[key]), quantity.milli <= 0 { errors.invalid(target[key], "must be positive") }
        }
        if let utilization = target["averageUtilization"].int, utilization < 1 {
            errors.invalid(target["averageUtilization"], "must be greater than 0")
        }
        switch source {
        case "resource", "containerResource":
            if target["averageUtilization"].isPresent == target["averageValue"].isPresent {
                if target["averageValue"].isPresent {
                    errors.forbidden(target["averageValue"], "may not set both a target raw value and a target utilization")
                } else {
                    errors.required(target["averageUtilization"], "must set either a target raw value or a target utilization")
                }
            }
        case "pods":
            if !target["averageValue"].isPresent { errors.required(target["averageValue"], "must specify a positive target averageValue") }
        default:
            if !target["value"].isPresent, !target["averageValue"].isPresent {
                errors.required(target["averageValue"], "must set either a target value or averageValue")
            }
        }
    }

    private static func checkScaling(_ rules: Field, _ errors: inout Errors) {
        let window = rules["stabilizationWindowSeconds"]
        if let seconds = window.int, seconds < 0 { errors.invalid(window, "must be greater than or equal to zero") }
        if let seconds = window.int, seconds > 3600 { errors.invalid(window, "must be less than or equal to 3600") }
        for policy in rules["policies"].elements {
            for key in ["value", "periodSeconds"] where policy[key].int ?? 0 <= 0 {
                errors.invalid(policy[key], "must be greater than zero", value: .int(policy[key].int ?? 0))
            }
            if let seconds = policy["periodSeconds"].int, seconds > 1800 { errors.invalid(policy["periodSeconds"], "must be less than or equal to 1800") }
        }
    }

    static let podDisruptionBudgets = Rules(
        check: { root, errors in
            let spec = root["spec"]
            if spec["minAvailable"].isPresent, spec["maxUnavailable"].isPresent {
                errors.invalid(spec, "minAvailable and maxUnavailable cannot be both set")
            }
            for key in ["minAvailable", "maxUnavailable"] where spec[key].isPresent {
                checkIntOrPercent(spec[key], &errors)
                if let text = spec[key].string, text.hasSuffix("%"), let percent = Int(text.dropLast()), percent > 100 {
                    errors.invalid(spec[key], "must not be greater than 100%")
                }
            }
            checkSelector(spec["selector"], &errors)
        })
}
