import APIMachinery
import Testing

@testable import Agent

@Suite(.timeLimit(.minutes(1)))
struct LifecycleTests {
    @Test("Volumes, images and sandbox are asked for at once; the container when all are there")
    func pipeline() {
        var driver = LifecycleDriver(.pod())
        #expect(driver.open == [.mountVolumes, .fetchImage(container: "web"), .runSandbox(attempt: 0)])
        #expect(driver.waitingReason("web") == "ContainerCreating")
        driver.send(.volumesMounted(refreshAt: nil))
        driver.send(.sandboxStarted(id: "s", ips: ["10.42.0.2"]))
        #expect(driver.starting == [])
        #expect(driver.condition("PodReadyToStartContainers") == "True")
        driver.send(.image(container: "web", .success(FetchedImage(reference: "r", message: "m"))))
        #expect(driver.starting == ["web"])
        driver.send(.containerStarted("web", id: "c", at: driver.now))
        #expect(driver.phase() == "Running")
        #expect(driver.condition("Ready") == "True")
        #expect(driver.status()["podIP"] == "10.42.0.2")
    }

    @Test("Init containers run one after another, then the main ones together")
    func initOrder() {
        var driver = LifecycleDriver(
            .pod(
                containers: [["name": "a", "image": "i:1"], ["name": "b", "image": "i:1"]],
                initial: [["name": "one", "image": "i:1"], ["name": "two", "image": "i:1"]]))
        driver.settle()
        #expect(driver.record("one").isRunning)
        #expect(driver.record("two").state == .waiting)
        #expect(driver.condition("Initialized") == "False")
        #expect(driver.waitingReason("a") == "PodInitializing")
        driver.end("one", code: 0)
        driver.settle()
        #expect(driver.record("two").isRunning)
        driver.end("two", code: 0)
        #expect(driver.starting == ["a", "b"])
        driver.settle()
        #expect(driver.condition("Initialized") == "True")
        #expect(driver.phase() == "Running")
    }

    @Test("A sidecar starts before the main containers and stops after them")
    func sidecar() {
        var driver = LifecycleDriver(
            .pod(
                initial: [
                    ["name": "first", "image": "i:1", "restartPolicy": "Always"],
                    ["name": "second", "image": "i:1", "restartPolicy": "Always", "startupProbe": ["tcpSocket": ["port": 1]]],
                ]))
        driver.settle()
        #expect(driver.record("second").isRunning)
        #expect(driver.record("web").state == .waiting)
        driver.send(.probe("second", id: "second-0", .startup, .success))
        driver.settle()
        #expect(driver.record("web").isRunning)
        driver.delete()
        #expect(driver.stopping == ["web"])
        driver.end("web", code: 0)
        #expect(driver.stopping.last == "second")
        driver.end("second", code: 0)
        #expect(driver.stopping.last == "first")
    }

    @Test(
        "The restart policy decides what an end means",
        arguments: [
            ("Always", 0, "Running"), ("Always", 1, "Running"), ("OnFailure", 0, "Succeeded"), ("OnFailure", 1, "Running"),
            ("Never", 0, "Succeeded"), ("Never", 1, "Failed"),
        ])
    func restartPolicy(policy: String, code: Int, phase: String) {
        var driver = LifecycleDriver(.pod(restartPolicy: policy))
        driver.settle()
        driver.end("web", code: code)
        driver.settle()
        #expect(driver.phase() == phase)
        #expect(driver.record("web").restartCount == (phase == "Running" ? 1 : 0))
        #expect((driver.lifecycle.stage == .finished) == (phase != "Running"))
    }

    @Test("A pod of which one container failed for good is Failed only when all have ended")
    func partialFailure() {
        var driver = LifecycleDriver(
            .pod(restartPolicy: "Never", containers: [["name": "a", "image": "i:1"], ["name": "b", "image": "i:1"]]))
        driver.settle()
        driver.end("a", code: 3)
        #expect(driver.phase() == "Running")
        driver.end("b", code: 0)
        driver.settle()
        #expect(driver.phase() == "Failed")
        #expect(driver.state("a")["terminated"]?["exitCode"] == 3)
    }

    @Test("An init container that fails under Never fails the pod without starting the main ones")
    func initFailure() {
        var driver = LifecycleDriver(.pod(restartPolicy: "Never", initial: [["name": "one", "image": "i:1"]]))
        driver.settle()
        driver.end("one", code: 1)
        driver.settle()
        #expect(driver.phase() == "Failed")
        #expect(driver.record("web").state == .waiting)
    }

    @Test("Restarts come at once, then after 10 s, 20 s … 300 s, and begin anew after ten minutes of running")
    func backoff() {
        var driver = LifecycleDriver(.pod())
        driver.settle()
        var delays: [Int64] = []
        for _ in 0..<8 {
            driver.end("web", code: 1)
            driver.settle()
            let start = driver.now
            while !driver.record("web").isRunning {
                #expect(driver.waitingReason("web") == "CrashLoopBackOff")
                driver.sleep()
                driver.settle()
            }
            delays.append((driver.now - start).components.seconds)
        }
        #expect(delays == [0, 10, 20, 40, 80, 160, 300, 300])
        #expect(driver.record("web").restartCount == 8)
        #expect(driver.events.contains("BackOff: Back-off restarting failed container web in pod pod_default(uid)"))
        driver.now = driver.now + .seconds(601)
        driver.end("web", code: 1)
        driver.settle()
        #expect(driver.record("web").isRunning)
    }

    @Test("A failed pull is ErrImagePull, then ImagePullBackOff, and is tried again after 10 s, 20 s …")
    func pullBackoff() {
        var driver = LifecycleDriver(.pod())
        let begin = driver.now
        let failure = PodEvent.image(container: "web", .failure(ImageFailure(reason: .pull, message: "no such host")))
        var tries: [Int64] = []
        for _ in 0..<3 {
            _ = driver.take { $0 == .fetchImage(container: "web") }
            driver.send(failure)
            #expect(driver.waitingReason("web") == "ErrImagePull")
            driver.sleep()
            #expect(driver.waitingReason("web") == "ImagePullBackOff")
            while !driver.open.contains(.fetchImage(container: "web")) { driver.sleep() }
            tries.append((driver.now - begin).components.seconds)
        }
        #expect(tries == [10, 30, 70])
        #expect(driver.events.contains("Failed: Failed to pull image \"web:1\": no such host"))
        #expect(driver.events.contains("BackOff: Back-off pulling image \"web:1\""))
    }

    @Test("A missing ConfigMap keeps the pod waiting, and its appearance is acted on at once")
    func missingVolume() {
        var driver = LifecycleDriver(.pod())
        _ = driver.take { $0 == .mountVolumes }
        driver.send(.volumesFailed("MountVolume.SetUp failed for volume \"v\" : configmaps \"c\" not found"))
        #expect(driver.events == ["FailedMount: MountVolume.SetUp failed for volume \"v\" : configmaps \"c\" not found"])
        #expect(!driver.open.contains(.mountVolumes))
        driver.send(.referencesChanged)
        #expect(driver.open.contains(.mountVolumes))
    }

    @Test("A deletion stops, unmounts, removes, and deletes the object last")
    func deletion() {
        var driver = LifecycleDriver(.pod())
        driver.settle()
        driver.delete(grace: 7)
        #expect(driver.open.contains(.stopContainer("web", id: "web-0", deadline: driver.now + .seconds(7))))
        #expect(!driver.open.contains(.unmountVolumes))
        driver.end("web", code: 0)
        #expect(driver.open.contains(.stopSandbox(id: "sandbox-0")))
        #expect(driver.open.contains(.unmountVolumes))
        driver.send(.volumesUnmounted)
        #expect(!driver.open.contains(.removePod(sandboxes: ["sandbox-0"])))
        driver.send(.sandboxStopped(id: "sandbox-0"))
        #expect(driver.open.contains(.removePod(sandboxes: ["sandbox-0"])))
        #expect(!driver.open.contains(.deleteObject))
        driver.send(.podRemoved)
        #expect(driver.open.contains(.deleteObject))
        #expect(!driver.lifecycle.isOver)
        driver.send(.objectDeleted)
        #expect(driver.lifecycle.isOver)
    }

    @Test("A deletion while everything is still on its way waits for what has begun, and leaves nothing")
    func earlyDeletion() {
        var driver = LifecycleDriver(.pod())
        driver.delete()
        #expect(!driver.open.contains(.deleteObject))
        driver.send(.volumesMounted(refreshAt: nil))
        driver.send(.sandboxStarted(id: "s", ips: []))
        driver.settle()
        #expect(driver.lifecycle.isOver)
        #expect(driver.record("web").state == .waiting)
    }

    @Test("A shorter grace period hastens the stop under way")
    func hasten() {
        var driver = LifecycleDriver(.pod())
        driver.settle()
        driver.delete(grace: 30)
        driver.delete(grace: 1)
        #expect(driver.open.contains(.hastenStop(id: "web-0", deadline: driver.now + .seconds(1))))
    }

    @Test("A grace period longer than time can tell is long, not over")
    func endlessGracePeriod() {
        var driver = LifecycleDriver(.pod(["terminationGracePeriodSeconds": .int(.max)]))
        driver.now = Timestamp("2026-01-02T03:04:05Z")!
        driver.settle()
        var pod = driver.lifecycle.pod.object
        pod.set(.string(driver.now.description), at: ["metadata", "deletionTimestamp"])
        pod.set(.int(.max), at: ["metadata", "deletionGracePeriodSeconds"])
        driver.send(.changed(Pod(pod)))
        guard case .stopContainer(_, _, let deadline)? = driver.take({ if case .stopContainer = $0 { true } else { false } }) else {
            return #expect(Bool(false), "it is being stopped")
        }
        #expect(deadline - driver.now > .seconds(1 << 30))
    }

    @Test("An object that vanished takes its containers along and is not deleted again")
    func gone() {
        var driver = LifecycleDriver(.pod())
        driver.settle()
        driver.send(.gone)
        driver.settle()
        #expect(driver.lifecycle.isOver)
        #expect(!driver.open.contains(.deleteObject))
    }

    @Test("A failed liveness probe kills and restarts; a failed readiness probe only unreadies")
    func probes() {
        var driver = LifecycleDriver(
            .pod(containers: [
                [
                    "name": "web", "image": "i:1", "readinessProbe": ["tcpSocket": ["port": 1]],
                    "livenessProbe": ["tcpSocket": ["port": 1], "terminationGracePeriodSeconds": 5],
                ]
            ]))
        driver.settle()
        #expect(driver.condition("Ready") == "False")
        driver.send(.probe("web", id: "web-0", .readiness, .success))
        #expect(driver.condition("Ready") == "True")
        driver.send(.probe("web", id: "web-0", .readiness, .failure))
        #expect(driver.condition("Ready") == "False")
        #expect(driver.stopping == [])
        driver.send(.probe("web", id: "web-0", .liveness, .failure))
        #expect(driver.open.contains(.stopContainer("web", id: "web-0", deadline: driver.now + .seconds(5))))
        driver.settle()
        #expect(driver.record("web").restartCount == 1)
        #expect(driver.events.contains("Killing: Container web failed liveness probe, will be restarted"))
    }

    @Test("The startup probe holds the others back")
    func startupProbe() {
        let probe: JSON = ["tcpSocket": ["port": 1]]
        var driver = LifecycleDriver(
            .pod(containers: [["name": "web", "image": "i:1", "startupProbe": probe, "livenessProbe": probe]]))
        driver.settleUntilRunning("web")
        #expect(driver.probesStarted == [[.startup]])
        #expect(driver.condition("Ready") == "False")
        driver.send(.probe("web", id: "web-0", .startup, .success))
        #expect(driver.probesStarted == [[.startup], [.liveness]])
        #expect(driver.condition("Ready") == "True")
    }

    @Test("A dead sandbox is made again, with its init containers")
    func sandboxDeath() {
        var driver = LifecycleDriver(.pod(initial: [["name": "one", "image": "i:1"]]))
        driver.settle()
        driver.end("one", code: 0)
        driver.settle()
        driver.send(.sandboxExited(id: "sandbox-0"))
        driver.end("web", code: 137)
        driver.settle()
        #expect(driver.events.contains("SandboxChanged: Pod sandbox changed, it will be killed and re-created."))
        #expect(driver.record("one").isRunning)
        #expect(driver.lifecycle.sandboxID == "sandbox-1")
        driver.end("one", code: 0)
        driver.settle()
        #expect(driver.record("web").isRunning)
        #expect(driver.record("web").restartCount == 1)
    }

    @Test("activeDeadlineSeconds fails the pod and keeps the object")
    func activeDeadline() {
        var driver = LifecycleDriver(.pod(["activeDeadlineSeconds": 60]))
        driver.settle()
        driver.sleep()
        driver.settle()
        #expect(driver.phase() == "Failed")
        #expect(driver.status()["reason"] == "DeadlineExceeded")
        #expect(driver.lifecycle.stage == .finished)
        #expect(!driver.open.contains(.deleteObject))
    }

    @Test("A changed image replaces the container")
    func imageChange() {
        var driver = LifecycleDriver(.pod())
        driver.settle()
        driver.send(.changed(Pod(.pod(containers: [["name": "web", "image": "web:2"]]))))
        #expect(driver.stopping == ["web"])
        driver.settle()
        #expect(driver.record("web").isRunning)
        #expect(driver.record("web").restartCount == 1)
    }

    @Test("A container that cannot be started counts as an end, one that cannot be made does not")
    func startFailures() {
        var driver = LifecycleDriver(.pod(restartPolicy: "Never"))
        driver.settle(except: "web")
        driver.send(.containerNotStarted("web", StartFailure(reason: .config, message: "secret \"s\" not found")))
        #expect(driver.waitingReason("web") == "CreateContainerConfigError")
        #expect(driver.record("web").restartCount == 0)
        driver.open.removeAll()
        driver.send(.referencesChanged)
        #expect(driver.starting == ["web"])
        let exit = ContainerExit(code: 128, reason: "StartError", message: "no such file", startedAt: driver.now, finishedAt: driver.now)
        driver.send(.containerNotStarted("web", StartFailure(reason: .run, message: "no such file", exited: .init(id: "c", exit: exit))))
        driver.open.removeAll { if case .startContainer = $0 { true } else { false } }
        driver.settle()
        #expect(driver.phase() == "Failed")
        #expect(driver.state("web")["terminated"]?["reason"] == "StartError")
    }

    @Test("Transition times move only with the value")
    func transitionTimes() {
        var driver = LifecycleDriver(.pod())
        driver.settle()
        let before = driver.status()
        driver.now = driver.now + .seconds(60)
        #expect(driver.status() == before)
    }
}

extension LifecycleDriver {
    /// Settles all but the start of one container.
    mutating func settle(except name: String) {
        for event: PodEvent in [
            .volumesMounted(refreshAt: nil), .sandboxStarted(id: "s", ips: []),
            .image(container: name, .success(FetchedImage(reference: "r", message: "m"))),
        ] { send(event) }
    }

    mutating func settleUntilRunning(_ name: String) {
        settle(except: name)
        send(.containerStarted(name, id: "\(name)-0", at: now))
    }

    var probesStarted: [[ProbeSpec.Kind]] {
        open.compactMap { if case .startProbes(_, _, let kinds, _) = $0 { kinds } else { nil } }
    }
}
