import APIMachinery

extension Admission {
    /// Makes a Job select its own pods, by its uid, unless `manualSelector` is set.
    /// Source: API reference, batch/v1 JobSpec.
    static let jobSelector: Plugin = { job, request throws(APIStatus) in
        guard request.type == .jobs, request.isCreate, job["spec", "manualSelector"]?.bool != true else { return }
        let uid = JSON.string(job.uid)
        let labels: [(String, JSON)] = [
            ("batch.kubernetes.io/controller-uid", uid), ("controller-uid", uid), ("batch.kubernetes.io/job-name", .string(job.name)),
            ("job-name", .string(job.name)),
        ]
        for (key, value) in labels where job["spec", "template", "metadata", "labels", key] == nil {
            job["spec", "template", "metadata", "labels", key] = value
        }
        // What the client asked to select stays beside it, for validation to judge.
        job["spec", "selector", "matchLabels", "batch.kubernetes.io/controller-uid"] = uid
    }
}
