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

    @Test("who acts as another has no more rights than that one to act as a third", .timeLimit(.minutes(1)))
    func nestedImpersonation() async throws {
        let store = Store.inMemory(clock: SystemClock())
        let registry = try Registry(store: store, serviceCIDR: "10.43.0.0/16", clock: SystemClock())
        let client = LocalClient(registry: registry, user: .component("contract"), authorizer: Access(store: store).authorizer)
        let robot = client.impersonating(.serviceAccount(namespace: "team", name: "robot")).impersonating(.component("other"))
        let error = await #expect(throws: APIStatus.self) { _ = try await robot.list(.pods, namespace: "team") }
        #expect(error?.message.contains("User \"system:serviceaccount:team:robot\" cannot impersonate resource \"users\"") == true)
    }

    @Test(
        "a ServiceAccount's name has all its parts, or is that of any other user",
        arguments: ["system:serviceaccount::robot", "system:serviceaccount:team:", "system:serviceaccount::team:robot", "system:serviceaccount:team:robot:", "system::serviceaccount:team:robot", "a:serviceaccount:team:robot"])
    func accountNames(name: String) throws {
        let user = UserInfo(name: name, groups: ["system:serviceaccounts:team"])
        #expect(user.serviceAccount == nil)
        #expect(user.withoutImpliedGroups.groups == user.groups)
        let authorizer = Access(store: Store.inMemory(clock: SystemClock())).authorizer
        let error = #expect(throws: APIStatus.self) {
            try Impersonation.check(user, by: UserInfo(name: "jane"), authorizer: authorizer)
        }
        #expect(error?.message == "users \"\(name)\" is forbidden: User \"jane\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope")
        let robot = try #require(UserInfo(name: "system:serviceaccount:team:robot").serviceAccount)
        #expect(robot == ("team", "robot"))
    }
}
