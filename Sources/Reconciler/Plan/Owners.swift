import APIMachinery
import Synchronization

/// Says which other Application an object belongs to: marked as its own and in its inventory.
final class Owners: Sendable {
    private let client: any ResourceClient
    private let application: Application
    /// By reference, as far as objects have named them; empty for one that is gone or owns nothing.
    private let inventories = Mutex<[String: Set<ObjectIdentity>]>([:])

    init(client: any ResourceClient, application: Application) {
        self.client = client
        self.application = application
    }

    /// The reference of the other owner; nil when there is none.
    func other(of live: Object?, identity: ObjectIdentity) async throws(APIStatus) -> String? {
        guard let mark = live?.annotations[Application.annotation], mark != application.reference else { return nil }
        let known = inventories.withLock { $0[mark] }
        let inventory = if let known { known } else { try await self.inventory(of: mark) }
        return inventory.contains(identity) ? mark : nil
    }

    private func inventory(of reference: String) async throws(APIStatus) -> Set<ObjectIdentity> {
        let parts = reference.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        var inventory: Set<ObjectIdentity> = []
        if parts.count == 2 {
            do throws(APIStatus) {
                let owner = try await client.get(ObjectKey(.applications, namespace: parts[0], name: parts[1]))
                inventory = Set(ApplicationStatus(owner.status).inventory)
            } catch {
                // The mark of one that was deleted binds nobody, nor does one on a cluster without the kind.
                guard error.reason == .notFound else { throw error }
            }
        }
        inventories.withLock { $0[reference] = inventory }
        return inventory
    }
}
