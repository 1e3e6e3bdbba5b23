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
        let authorizer = Access(store: store).authorizer
        registry.guards.authorizer = authorizer
        let client = LocalClient(registry: registry, user: .component("contract"), authorizer: authorizer)
        _ = try await client.create(.namespaces, Object(.namespaces, name: "default"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store.run() }
            try await contract.run(client)
            group.cancelAll()
        }
        await store.close()
    }

    @Test("who may not impersonate is refused in the name of the one who asked", .timeLimit(.minutes(1)))
    func refusesImpersonation() async throws {
        let store = Store.inMemory(clock: SystemClock())
        let registry = try Registry(store: store, serviceCIDR: "10.43.0.0/16", clock: SystemClock())
        let client = LocalClient(registry: registry, user: UserInfo(name: "jane", groups: ["system:authenticated"]), authorizer: Access(store: store).authorizer)
        let robot = client.impersonating(.serviceAccount(namespace: "team", name: "robot"))
        let error = await #expect(throws: APIStatus.self) { _ = try await robot.list(.pods, namespace: "team") }
        #expect(
            error?.message
                == "serviceaccounts \"robot\" is forbidden: User \"jane\" cannot impersonate resource \"serviceaccounts\" in API group \"\" in the namespace \"team\"")
    }
}
