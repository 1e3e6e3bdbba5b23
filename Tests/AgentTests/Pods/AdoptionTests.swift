import APIMachinery
import Testing

@testable import Agent

/// A new agent meets what an earlier one left.
@Suite(.timeLimit(.minutes(1)))
struct AdoptionTests {
    private let now = Timestamp(seconds: 1_000_000)

    private func sandbox(isReady: Bool = true, attempt: Int = 0) -> ObservedSandbox {
        ObservedSandbox(
            id: "s\(attempt)", podUID: "uid", podNamespace: "default", podName: "pod", attempt: attempt, isReady: isReady, createdAt: now,
            ips: ["10.42.0.9"])
    }

    private func container(_ state: ObservedContainer.State, restartCount: Int = 0, hash: String? = nil) -> ObservedContainer {
        ObservedContainer(
            id: "c\(restartCount)", sandboxID: "s0", podUID: "uid", name: "web", restartCount: restartCount,
            hash: hash ?? PodContainer(["name": "web", "image": "web:1"], isInit: false).hash, state: state,
            createdAt: now + .seconds(Int64(restartCount)), startedAt: now, image: "web:1", imageID: "web@sha256:1")
    }

    private func reported(_ object: Object, phase: String = "Running", ready: Bool = true) -> Object {
        var object = object
        object.set(
            [
                "phase": .string(phase), "startTime": "1970-01-12T00:00:00Z",
                "containerStatuses": [
                    [
                        "name": "web", "containerID": "containerd://c3", "restartCount": 3, "ready": .bool(ready), "started": true,
                        "state": ["running": ["startedAt": "1970-01-12T00:00:00Z"]],
                    ]
                ],
            ], at: ["status"])
        return object
    }

    @Test("A running container is kept, with its restart count, address and readiness")
    func running() {
        let probe: JSON = ["name": "web", "image": "web:1", "readinessProbe": ["tcpSocket": ["port": 1]]]
        let driver = LifecycleDriver(
            reported(.pod(containers: [probe])), adopting: ([sandbox()], [container(.running, restartCount: 3)]))
        #expect(driver.starting == [])
        #expect(driver.stopping == [])
        #expect(!driver.open.contains { if case .runSandbox = $0 { true } else { false } })
        #expect(driver.record("web").restartCount == 3)
        #expect(driver.condition("Ready") == "True")
        #expect(driver.status()["podIP"] == "10.42.0.9")
        #expect(driver.open.contains(.startProbes("web", id: "c3", [.readiness], isReady: true)))
    }

    @Test("A container that ended meanwhile is restarted, and counted")
    func ended() {
        let exit = ContainerExit(code: 1, reason: "Error", message: "", startedAt: now, finishedAt: now)
        var driver = LifecycleDriver(reported(.pod()), adopting: ([sandbox()], [container(.exited(exit), restartCount: 3)]))
        while !driver.record("web").isRunning {
            driver.settle()
            if !driver.record("web").isRunning { driver.sleep() }
        }
        #expect(driver.record("web").restartCount == 4)
        #expect(driver.status()["containerStatuses"]?.array?.first?["lastState"]?["terminated"]?["exitCode"] == 1)
    }

    @Test("A container made but never started is replaced under the same count")
    func created() {
        var driver = LifecycleDriver(.pod(), adopting: ([sandbox()], [container(.created)]))
        #expect(driver.open.contains(.removeContainer(id: "c0")))
        driver.settle()
        #expect(driver.record("web").isRunning)
        #expect(driver.record("web").restartCount == 0)
    }

    @Test("A container of an older image is replaced")
    func outdated() {
        var driver = LifecycleDriver(.pod(), adopting: ([sandbox()], [container(.running, hash: "old")]))
        #expect(driver.stopping == ["web"])
        driver.settle()
        #expect(driver.record("web").restartCount == 1)
    }

    @Test("A pod that is over stays as reported, and only its remains are removed with it")
    func terminal() {
        let exit = ContainerExit(code: 0, reason: "Completed", message: "", startedAt: now, finishedAt: now)
        var driver = LifecycleDriver(
            reported(.pod(restartPolicy: "Never"), phase: "Succeeded"),
            adopting: ([sandbox(isReady: false)], [container(.exited(exit))]))
        driver.settle()
        #expect(driver.lifecycle.stage == .finished)
        #expect(driver.lifecycle.status(hostIPs: [], runtime: "containerd", now: now) == nil)
        driver.delete()
        driver.settle()
        #expect(driver.lifecycle.isOver)
    }

    @Test("After a reboot the sandbox is made again")
    func reboot() {
        let exit = ContainerExit(code: 255, reason: "Unknown", message: "", startedAt: now, finishedAt: now)
        var driver = LifecycleDriver(
            reported(.pod()), adopting: ([sandbox(isReady: false)], [container(.exited(exit), restartCount: 3)]))
        while !driver.record("web").isRunning {
            driver.settle()
            if !driver.record("web").isRunning { driver.sleep() }
        }
        #expect(driver.lifecycle.sandboxID == "sandbox-1")
        #expect(driver.record("web").restartCount == 4)
    }

    @Test("A later listing shows what the event stream lost")
    func catchUp() {
        var driver = LifecycleDriver(.pod())
        driver.settle()
        let exit = ContainerExit(code: 2, reason: "", message: "", startedAt: driver.now, finishedAt: driver.now)
        var lost = container(.exited(exit))
        lost.id = "web-0"
        var own = sandbox()
        own.id = "sandbox-0"
        driver.send(.observed([own], [lost]))
        #expect(driver.record("web").hasFailed)
    }

    @Test("A listing that was begun before a container and its sandbox were made says nothing of them")
    func staleListing() {
        var driver = LifecycleDriver(.pod())
        driver.settle()
        driver.send(.observed([], [], asOf: []))
        #expect(driver.record("web").isRunning)
        #expect(driver.lifecycle.sandboxID == "sandbox-0")
        driver.send(.observed([], [], asOf: ["sandbox-0", "web-0"]))
        #expect(!driver.record("web").isRunning, "a listing that could have shown it, and does not, tells its end")
    }

    @Test("A restart count that someone wrote into the status breaks nothing", arguments: [Int64.min, -1, .max])
    func absurdRestartCount(count: Int64) {
        var pod = reported(.pod())
        pod.set([["name": "web", "containerID": "containerd://gone", "restartCount": .int(count), "state": ["running": [:]]]], at: ["status", "containerStatuses"])
        var driver = LifecycleDriver(pod)
        driver.settle()
        #expect(driver.record("web").isRunning)
        #expect(UInt32(exactly: driver.record("web").restartCount) != nil)
    }
}
