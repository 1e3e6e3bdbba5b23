import APIMachinery
import Synchronization

/// A client of a daemon that dies: after so many writes nothing of it reaches the cluster any more.
final class MortalClient: ResourceClient {
    private struct State {
        var writesLeft: Int?
        /// The last write is made, but its answer is lost.
        var losesAnswer = false
        var isDead = false
    }

    private let base: any ResourceClient
    private let state = Mutex(State())
    /// Fired when it dies.
    let died = Signal()

    init(_ base: any ResourceClient) { self.base = base }

    /// Dies with the write after `writes` more.
    func die(after writes: Int, losingAnswer: Bool) {
        state.withLock { state in
            state.writesLeft = writes
            state.losesAnswer = losingAnswer
        }
    }

    private static let dead = APIStatus(.serviceUnavailable, "the daemon is dead")

    private func living<Value>(_ body: () async throws(APIStatus) -> Value) async throws(APIStatus) -> Value {
        guard !state.withLock({ $0.isDead }) else { throw Self.dead }
        return try await body()
    }

    private func writing<Value>(_ body: () async throws(APIStatus) -> Value) async throws(APIStatus) -> Value {
        let (isDead, dies, losesAnswer) = state.withLock { state -> (Bool, Bool, Bool) in
            guard !state.isDead else { return (true, false, false) }
            guard let left = state.writesLeft else { return (false, false, false) }
            state.writesLeft = left - 1
            guard left <= 0 else { return (false, false, false) }
            state.isDead = true
            return (!state.losesAnswer, true, state.losesAnswer)
        }
        defer { if dies { died.fire() } }
        guard !isDead else { throw Self.dead }
        let value = try await body()
        if losesAnswer { throw Self.dead }
        return value
    }

    /// The Applications here act as nobody else.
    func impersonating(_ user: UserInfo) -> any ResourceClient { self }
    func resourceTypes() async throws(APIStatus) -> [ResourceType] { try await living { () throws(APIStatus) in try await base.resourceTypes() } }
    func get(_ key: ObjectKey) async throws(APIStatus) -> Object { try await living { () throws(APIStatus) in try await base.get(key) } }
    func getSubresource(_ key: ObjectKey, _ subresource: String) async throws(APIStatus) -> Object {
        try await living { () throws(APIStatus) in try await base.getSubresource(key, subresource) }
    }
    func list(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> ObjectList {
        try await living { () throws(APIStatus) in try await base.list(type, namespace: namespace, options: options) }
    }
    func watch(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> WatchStream {
        try await living { () throws(APIStatus) in try await base.watch(type, namespace: namespace, options: options) }
    }
    func create(_ type: ResourceType, _ object: Object, options: WriteOptions) async throws(APIStatus) -> Object {
        try await writing { () throws(APIStatus) in try await base.create(type, object, options: options) }
    }
    func update(_ type: ResourceType, _ object: Object, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object {
        try await writing { () throws(APIStatus) in try await base.update(type, object, subresource: subresource, options: options) }
    }
    func patch(_ key: ObjectKey, _ patch: Patch, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object {
        if options.isDryRun { return try await living { () throws(APIStatus) in try await base.patch(key, patch, subresource: subresource, options: options) } }
        return try await writing { () throws(APIStatus) in try await base.patch(key, patch, subresource: subresource, options: options) }
    }
    func delete(_ key: ObjectKey, options: DeleteOptions) async throws(APIStatus) -> Object {
        try await writing { () throws(APIStatus) in try await base.delete(key, options: options) }
    }
    func createSubresource(_ key: ObjectKey, _ subresource: String, _ body: Object, options: WriteOptions) async throws(APIStatus) -> Object {
        try await writing { () throws(APIStatus) in try await base.createSubresource(key, subresource, body, options: options) }
    }
}
