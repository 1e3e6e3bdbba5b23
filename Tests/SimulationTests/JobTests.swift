import APIMachinery
import Cluster
import Synchronization
import TestSupport
import Testing

struct JobTests {
    static func job(_ spec: JSON, restartPolicy: String = "Never") -> Object {
        var job = Object(.jobs, namespace: "default", name: "work", ["spec": spec])
        job["spec", "template"] = [
            "spec": ["restartPolicy": .string(restartPolicy), "containers": [["name": "main", "image": "busybox"]]]
        ]
        return job
    }

    static func isFinished(_ job: Object?) -> Bool {
        ["Complete", "Failed"].contains { job?.condition($0)?["status"]?.string == "True" }
    }

    @Test("A Job ends with exact counts, whatever the order of events", .timeLimit(.minutes(2)), arguments: [UInt64](1...6))
    func completes(seed: UInt64) async throws {
        let cluster = try SimulatedCluster(seed: seed)
        try await cluster.run { cluster in
            _ = try await cluster.client.create(.jobs, Self.job(["completions": 7, "parallelism": 3]))
            let monitor = PodMonitor(cluster: cluster) { pods in
                let running = pods.count { !["Succeeded", "Failed"].contains($0.status["phase"]?.string ?? "") && !$0.isDeleting }
                return running > 3 ? "\(running) pods run at once" : nil
            }
            let violations = try await monitor.watch { try await cluster.wait(.jobs) { Self.isFinished($0.first) } }
            #expect(violations == [])
            let job = try await cluster.get(.jobs, "work")
            #expect(job.status["succeeded"]?.int == 7)
            #expect(job.status["failed"] == nil)
            #expect(job.status["active"] == nil)
            #expect(job.condition("SuccessCriteriaMet")?["status"]?.string == "True")
            #expect(job.status["uncountedTerminatedPods"]?.object?.isEmpty ?? true)
            #expect(try await cluster.list(.pods).allSatisfy { $0.finalizers.isEmpty })
        }
    }

    @Test("Failures are retried with growing waits, up to the limit", .timeLimit(.minutes(2)))
    func backoff() async throws {
        var behavior = HollowAgent.Behavior()
        behavior.outcome = { _ in "Failed" }
        let cluster = try SimulatedCluster(seed: 5, behavior: behavior)
        try await cluster.run { cluster in
            let begin = cluster.clock.now
            _ = try await cluster.client.create(.jobs, Self.job(["backoffLimit": 3]))
            try await cluster.wait(.jobs) { Self.isFinished($0.first) }
            let job = try await cluster.get(.jobs, "work")
            #expect(job.condition("Failed")?["reason"]?.string == "BackoffLimitExceeded")
            #expect(job.status["failed"]?.int == 4)
            #expect(cluster.clock.now - begin >= .seconds(10 + 20 + 40))
        }
    }

    @Test("An Indexed Job runs each index until it succeeds once", .timeLimit(.minutes(2)), arguments: [UInt64](1...3))
    func indexed(seed: UInt64) async throws {
        let failures = Mutex<Set<String>>([])
        var behavior = HollowAgent.Behavior()
        // Each odd index fails the first time.
        behavior.outcome = { pod in
            let index = pod.annotations["batch.kubernetes.io/job-completion-index"] ?? ""
            guard let number = Int(index), number % 2 == 1 else { return "Succeeded" }
            return failures.withLock { failures in
                if failures.contains(pod.uid) { return "Failed" }
                if failures.contains(index) { return "Succeeded" }
                failures.formUnion([index, pod.uid])
                return "Failed"
            }
        }
        let cluster = try SimulatedCluster(seed: seed, behavior: behavior)
        try await cluster.run { cluster in
            _ = try await cluster.client.create(.jobs, Self.job(["completions": 5, "parallelism": 2, "completionMode": "Indexed"]))
            try await cluster.wait(.jobs) { Self.isFinished($0.first) }
            let job = try await cluster.get(.jobs, "work")
            #expect(job.status["completedIndexes"]?.string == "0-4")
            #expect(job.status["succeeded"]?.int == 5)
            #expect(job.status["failed"]?.int == 2)
            let pod = try #require(try await cluster.list(.pods).first { $0.name.hasPrefix("work-3-") })
            #expect(pod.spec["hostname"]?.string == "work-3")
            #expect(
                pod.spec["containers"]?.array?.first?["env"]?.array?.contains { $0["name"]?.string == "JOB_COMPLETION_INDEX" }
                    == true)
        }
    }

    @Test("Deadline, suspension and time to live", .timeLimit(.minutes(2)))
    func lifetime() async throws {
        var behavior = HollowAgent.Behavior()
        behavior.outcome = { _ in nil }
        let cluster = try SimulatedCluster(seed: 9, behavior: behavior)
        try await cluster.run { cluster in
            let key = ObjectKey(.jobs, namespace: "default", name: "work")
            _ = try await cluster.client.create(
                .jobs, Self.job(["suspend": true, "activeDeadlineSeconds": 30, "ttlSecondsAfterFinished": 100]))
            try await cluster.wait(.jobs) { $0.first?.condition("Suspended")?["status"]?.string == "True" }
            #expect(try await cluster.list(.pods).isEmpty)
            try await cluster.client.patch(key, .merge(["spec": ["suspend": false]]))
            try await cluster.wait(.pods) { $0.count == 1 && $0[0].isReady }
            try await cluster.wait(.jobs) { $0.first?.condition("Failed")?["reason"]?.string == "DeadlineExceeded" }
            let end = cluster.clock.now
            try await cluster.wait(.jobs) { $0.isEmpty }
            #expect(cluster.clock.now - end >= .seconds(99))
            try await cluster.wait(.pods) { $0.isEmpty }
        }
    }

    @Test(
        "Counts stay exact through a crash at any write", .timeLimit(.minutes(3)), arguments: Array(stride(from: 0, to: 45, by: 3)))
    func crash(write: Int) async throws {
        let cluster = try SimulatedCluster(seed: UInt64(write), perturbation: .crash(afterWrite: write))
        try await cluster.run { cluster in
            _ = try await cluster.client.create(.jobs, Self.job(["completions": 4, "parallelism": 2]))
            try await cluster.wait(.jobs) { Self.isFinished($0.first) }
            let job = try await cluster.get(.jobs, "work")
            #expect(job.status["succeeded"]?.int == 4)
            #expect(try await cluster.list(.pods).count { $0.status["phase"]?.string == "Succeeded" } == 4)
        }
    }
}
