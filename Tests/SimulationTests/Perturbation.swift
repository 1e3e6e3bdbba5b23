import APIMachinery
import Synchronization

/// One fault, put into what the control plane sees or does.
///
/// The three of Sieve (Sun et al., OSDI 2022): a crash in an intermediate state, a view that stays
/// behind, an event that is never seen.
final class Perturbation: Sendable {
    enum Kind: Sendable, CustomStringConvertible {
        /// After this many writes the control plane dies, its next writes undone, and starts anew.
        case crash(afterWrite: Int)
        /// From this event on a kind's watches show nothing until this many writes were made elsewhere.
        case stale(ResourceType, afterEvent: Int, writes: Int)
        /// These events of a kind are lost; then the watch expires and is begun by a new list.
        case missed(ResourceType, afterEvent: Int, count: Int)

        var description: String {
            switch self {
            case .crash(let write): "crash after write \(write)"
            case .stale(let type, let event, _): "stale \(type) after event \(event)"
            case .missed(let type, let event, let count): "\(count) \(type) events missed after event \(event)"
            }
        }
    }

    private struct State {
        var generation = 0
        var writes = 0
        var hasCrashed = false
        var events = 0
        var staleUntil: Int?
        var isOver = false
        var watches = 0
        /// The one watch that loses events, and how many it has lost; it is a fault to lose some and never expire.
        var blind: (watch: Int, lost: Int)?
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    let kind: Kind?
    private let state = Mutex(State())
    private let died = Signal()

    init(_ kind: Kind?) { self.kind = kind }

    /// Begins a life of the control plane.
    func begin() -> Int {
        state.withLock { state in
            state.generation += 1
            return state.generation
        }
    }

    /// Returns when the control plane is to die.
    func crash() async { await died.wait() }

    /// Called before a write of a life; throws when that life is over.
    func willWrite(_ generation: Int) throws(APIStatus) {
        let (isDead, dies, wakes) = state.withLock { state -> (Bool, Bool, [CheckedContinuation<Void, Never>]) in
            if generation != state.generation || (state.hasCrashed && generation == 1) { return (true, false, []) }
            state.writes += 1
            var wakes: [CheckedContinuation<Void, Never>] = []
            if let end = state.staleUntil, state.writes >= end {
                wakes = state.waiters
                state.waiters = []
                state.staleUntil = 0
            }
            guard case .crash(let limit) = kind, !state.hasCrashed, state.writes > limit else { return (false, false, wakes) }
            state.hasCrashed = true
            return (true, true, wakes)
        }
        for waiter in wakes { waiter.resume() }
        if dies { died.fire() }
        if isDead { throw APIStatus(.serviceUnavailable, "the control plane has crashed") }
    }

    enum Sight { case seen, lost, expired }

    /// Names a watch that begins.
    func beginWatch() -> Int {
        state.withLock { state in
            state.watches += 1
            return state.watches
        }
    }

    /// Called for each event before the control plane sees it; may hold it back.
    func sight(_ type: ResourceType, watch: Int) async -> Sight {
        switch kind {
        case .stale(type, let event, let writes):
            await withCheckedContinuation { continuation in
                let isHeld = state.withLock { state in
                    state.events += 1
                    if state.events == event { state.staleUntil = state.writes + writes }
                    guard !state.isOver, let end = state.staleUntil, end > state.writes else { return false }
                    state.waiters.append(continuation)
                    return true
                }
                if !isHeld { continuation.resume() }
            }
            return .seen
        case .missed(type, let event, let count):
            return state.withLock { state in
                state.events += 1
                if state.blind == nil, state.events >= event { state.blind = (watch, 0) }
                guard let blind = state.blind, blind.watch == watch else { return .seen }
                state.blind = (watch, blind.lost + 1)
                return blind.lost < count ? .lost : .expired
            }
        default: return .seen
        }
    }

    /// Lets everything through from now on: what is held back when a cluster ends would keep it from ending.
    func end() {
        state.withLock { $0.isOver = true }
        release()
    }

    /// Lets everything through that is held back, so that a stale view ends even when nobody writes.
    func release() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            state.staleUntil = 0
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// A client through which a perturbation acts.
struct PerturbedClient: ResourceClient {
    let base: any ResourceClient
    let perturbation: Perturbation
    let generation: Int

    func impersonating(_ user: UserInfo) -> any ResourceClient {
        PerturbedClient(base: base.impersonating(user), perturbation: perturbation, generation: generation)
    }
    func resourceTypes() async throws(APIStatus) -> [ResourceType] { try await base.resourceTypes() }
    func get(_ key: ObjectKey) async throws(APIStatus) -> Object { try await base.get(key) }
    func getSubresource(_ key: ObjectKey, _ subresource: String) async throws(APIStatus) -> Object {
        try await base.getSubresource(key, subresource)
    }
    func list(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> ObjectList {
        try await base.list(type, namespace: namespace, options: options)
    }

    func watch(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> WatchStream {
        let stream = try await base.watch(type, namespace: namespace, options: options)
        let perturbation = perturbation
        let watch = perturbation.beginWatch()
        return WatchStream(
            AsyncThrowingStream(unfolding: {
                // Iterators of one stream go on where the last one stopped.
                var iterator = stream.makeAsyncIterator()
                while let event = try await iterator.next() {
                    switch await perturbation.sight(type, watch: watch) {
                    case .seen: return event
                    case .lost: continue
                    case .expired: throw APIStatus.expired("too old resource version")
                    }
                }
                return nil
            }))
    }

    func create(_ type: ResourceType, _ object: Object, options: WriteOptions) async throws(APIStatus) -> Object {
        if type != .events { try perturbation.willWrite(generation) }
        return try await base.create(type, object, options: options)
    }
    func update(_ type: ResourceType, _ object: Object, subresource: String?, options: WriteOptions) async throws(APIStatus)
        -> Object
    {
        try perturbation.willWrite(generation)
        return try await base.update(type, object, subresource: subresource, options: options)
    }
    func patch(_ key: ObjectKey, _ patch: Patch, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object {
        if key.type != .events { try perturbation.willWrite(generation) }
        return try await base.patch(key, patch, subresource: subresource, options: options)
    }
    func delete(_ key: ObjectKey, options: DeleteOptions) async throws(APIStatus) -> Object {
        try perturbation.willWrite(generation)
        return try await base.delete(key, options: options)
    }
    func createSubresource(
        _ key: ObjectKey, _ subresource: String, _ body: Object, options: WriteOptions
    ) async throws(APIStatus) -> Object {
        try perturbation.willWrite(generation)
        return try await base.createSubresource(key, subresource, body, options: options)
    }
}
