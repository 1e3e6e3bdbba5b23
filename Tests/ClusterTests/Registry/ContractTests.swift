import APIMachinery
import Logging
import TestSupport
import Testing

@testable import Cluster

@Suite("The client in process holds the ResourceClient contract")
struct ContractTests {
    @Test("in process, over SQLite", .timeLimit(.minutes(1)), arguments: ResourceClientContract.all)
    func local(_ contract: ResourceClientContract) async throws {
        let directory = try StoreDirectory()
        let store = try openStore(directory)
        let registry = try Registry(store: store, serviceCIDR: "10.43.0.0/16", clock: SystemClock())
        let client = LocalClient(registry: registry, user: .component("contract"))
        _ = try await client.create(.namespaces, Object(.namespaces, name: "default"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store.run() }
            try await contract.run(client)
            group.cancelAll()
        }
        await store.close()
    }
}
