import APIMachinery
import Synchronization

/// The API's verbs over the store: what is served, whatever the transport. One file per verb.
package final class Registry: Sendable {
    package let store: Store
    package let clock: any WallClock
    private let issuer = Mutex<(any TokenIssuer)?>(nil)
    private let types: [ResourceType]

    /// - Parameter serviceCIDR: where cluster IPs come from, `10.43.0.0/16`.
    package init(store: Store, types: [ResourceType] = ResourceType.builtin, serviceCIDR: String, clock: any WallClock) throws(APIStatus) {
        self.store = store
        self.types = types
        self.clock = clock
    }

    /// A registry over a fork of the store: what is written to it stays in memory.
    package func fork() -> Registry { self }

    /// Who signs the tokens of `serviceaccounts/token`; set once at start.
    package var tokenIssuer: (any TokenIssuer)? {
        get { issuer.withLock { $0 } }
        set { issuer.withLock { $0 = newValue } }
    }

    /// The kinds served now.
    package var resourceTypes: [ResourceType] { types }

    package func resourceType(group: String, version: String, plural: String) -> ResourceType? {
        types.first { $0.plural == plural && $0.group == group && $0.version == version }
    }
}

let pending = APIStatus(.serviceUnavailable, "the verb is not there yet")

extension Registry {
    /// The stored object, or with `subresource: "scale"` its Scale.
    package func get(
        _ key: ObjectKey, subresource: String? = nil, options: ListOptions = ListOptions(), context: RequestContext
    ) throws(APIStatus) -> ObjectVersion { throw pending }

    package func list(
        _ type: ResourceType, namespace: String?, options: ListOptions, context: RequestContext
    ) throws(APIStatus) -> VersionList { throw pending }

    package func watch(
        _ type: ResourceType, namespace: String?, options: ListOptions, context: RequestContext
    ) throws(APIStatus) -> Watch { throw pending }

    /// `namespace`: the request's; nil takes the object's own.
    package func create(
        _ type: ResourceType, _ object: Object, namespace: String? = nil, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> ObjectVersion { throw pending }

    package func update(
        _ key: ObjectKey, _ object: Object, subresource: String? = nil, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> WriteResult { throw pending }

    package func patch(
        _ key: ObjectKey, _ patch: Patch, subresource: String? = nil, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> WriteResult { throw pending }

    package func delete(
        _ key: ObjectKey, options: DeleteOptions, context: RequestContext
    ) async throws(APIStatus) -> WriteResult { throw pending }

    /// Deletes everything that `list` selects; the answer is what was selected.
    package func deleteCollection(
        _ type: ResourceType, namespace: String?, list: ListOptions, options: DeleteOptions, context: RequestContext
    ) async throws(APIStatus) -> VersionList { throw pending }

    /// `pods/binding`, `pods/eviction`, `serviceaccounts/token`: answers the document to send back.
    package func createSubresource(
        _ key: ObjectKey, _ subresource: String, _ body: Object, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> Object { throw pending }
}

/// The registry as a client in the same process: no serialization, events share the store's objects.
package struct LocalClient: Sendable {
    private let registry: Registry
    private let user: UserInfo

    package init(registry: Registry, user: UserInfo) {
        self.registry = registry
        self.user = user
    }
}
