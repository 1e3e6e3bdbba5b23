import APIMachinery
import Testing

@testable import Agent

@Suite(.timeLimit(.minutes(1)))
struct ProbeCounterTests {
    private func spec(_ kind: ProbeSpec.Kind, _ json: JSONObject = [:]) -> ProbeSpec { ProbeSpec(kind, .object(json)) }

    @Test("A readiness probe hurries until its first success, within its first period")
    func early() {
        var counter = ProbeCounter(spec(.readiness, ["periodSeconds": 1]))
        var delays: [Double] = []
        for _ in 0..<8 { delays.append(counter.record(.failure).next.milliseconds) }
        #expect(delays == [25, 50, 100, 200, 400, 225, 1000, 1000])
        #expect(counter.record(.success).change == .success)
    }

    @Test("Early tries count no failure and report none")
    func earlyCountsNothing() {
        var counter = ProbeCounter(spec(.startup, ["periodSeconds": 1, "failureThreshold": 2]))
        let outcomes = (0..<7).map { _ in counter.record(.failure) }
        #expect(outcomes.map(\.isReported) == [true, false, false, false, false, false, true])
        #expect(outcomes.last?.change == .failure)
    }

    @Test("Thresholds count consecutive results")
    func thresholds() {
        var counter = ProbeCounter(spec(.liveness, ["failureThreshold": 3]))
        #expect(counter.record(.success).change == .success)
        let results: [ProbeCounter.Verdict] = [.failure, .failure, .success, .failure, .failure, .failure]
        let changes = results.map { counter.record($0).change }
        #expect(changes == [nil, nil, nil, nil, nil, .failure])
    }

    @Test("A readiness probe of an adopted, ready container does not hurry")
    func adopted() {
        var counter = ProbeCounter(spec(.readiness, ["periodSeconds": 5, "failureThreshold": 1]), verdict: .success)
        let outcome = counter.record(.failure)
        #expect(outcome.change == .failure)
        #expect(outcome.next == .seconds(5))
    }

    @Test("Ports are found by number and by name")
    func ports() {
        let container: JSON = ["ports": [["name": "http", "containerPort": 8080]]]
        #expect(HookHandler.Port("http").number(in: container) == 8080)
        #expect(HookHandler.Port(9090).number(in: container) == 9090)
        #expect(HookHandler.Port("none").number(in: container) == nil)
    }
}
