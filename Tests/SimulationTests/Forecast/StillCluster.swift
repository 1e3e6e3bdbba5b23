import APIMachinery
import Testing

@testable import Cluster

/// A cluster that a simulation brought to a state, and in which nothing runs any more: what forecasts are made of.
struct StillCluster: Sendable {
    let simulated: SimulatedCluster
    /// Stands still: however busy the machine is, no forecast runs out of time.
    private let clock = VirtualClock(now: Timestamp(seconds: 0))

    init(seed: UInt64 = 1, _ body: @escaping @Sendable (SimulatedCluster) async throws -> Void = { _ in }) async throws {
        simulated = try SimulatedCluster(seed: seed)
        try await simulated.run(body)
        simulated.registry.forecasts = Forecaster(certificateAuthority: "PEM", clock: clock)
        let access = Access(store: simulated.store)
        simulated.registry.guards.authorizer = access.authorizer
        simulated.registry.guards.escalation = access.escalation
    }

    var registry: Registry { simulated.registry }

    /// As somebody who may do everything, or as `user`, whom the real rules bind.
    func forecast(_ steps: [ForecastSpec.Step], as user: UserInfo? = nil, budget: Duration = .seconds(10)) async throws -> ForecastStatus {
        let client = LocalClient(
            registry: registry, user: user ?? UserInfo(name: "tester", groups: ["system:masters"]), authorizer: registry.guards.authorizer)
        let answer = try await client.create(.forecasts, ForecastSpec(steps: steps, fieldManager: "gitctl", budget: budget).object)
        return ForecastStatus(answer.status)
    }

    /// The consequences' messages, of a forecast that settled.
    func messages(_ steps: ForecastSpec.Step...) async throws -> [String] {
        let status = try await forecast(steps)
        #expect(status.isSettled)
        #expect(status.notTried == [])
        return status.consequences.map(\.message)
    }
}

/// Manifests as a commit holds them.
enum Manifest {
    static func service(_ name: String, selecting app: String) -> Object {
        Object(.services, namespace: "default", name: name, ["spec": ["selector": ["app": .string(app)], "ports": [["port": 80]]]])
    }

    /// A Deployment whose container asks for so much.
    static func deployment(_ name: String, replicas: Int, cpu: String, image: String = "one") -> Object {
        var object = SimulationTests.deployment(name, replicas: replicas, image: image)
        object["spec", "template", "spec", "containers"] = [
            ["name": "main", "image": .string(image), "resources": ["requests": ["cpu": .string(cpu)]]]
        ]
        return object
    }

    static func inNamespace(_ namespace: String, _ object: Object) -> Object {
        var object = object
        object.namespace = namespace
        return object
    }

    static func delete(_ type: ResourceType, _ name: String, in namespace: String = "default") -> ForecastSpec.Step {
        ForecastSpec.deletion(ObjectKey(type, namespace: type.isNamespaced ? namespace : nil, name: name))
    }
}
