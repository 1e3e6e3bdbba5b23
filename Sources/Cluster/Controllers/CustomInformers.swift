import APIMachinery
import Synchronization

/// The informers of custom kinds, which come and go with their CustomResourceDefinitions.
///
/// Controllers that look at every kind (garbage collection, namespaces, clean-up) read `all`, and
/// attach themselves to each new one before it runs.
package final class CustomInformers: Sendable {
    private struct Running {
        var informer: Informer
        /// Fired when the kind is no longer served.
        var end: Signal
    }

    private struct State {
        var running: [GroupResource: Running] = [:]
        var starting: [Running] = []
        var listeners: [@Sendable (Informer) -> Void] = []
    }

    let definitions: Informer
    private let make: @Sendable (ResourceType) -> Informer
    private let state = Mutex(State())
    private let wake = Signal()

    /// `definitions` must not run yet.
    package init(definitions: Informer, make: @escaping @Sendable (ResourceType) -> Informer) {
        self.definitions = definitions
        self.make = make
        definitions.onChange { [weak self] change in self?.follow(change) }
    }

    package var all: [Informer] { state.withLock { $0.running.values.map(\.informer) } }

    package func informer(_ resource: GroupResource) -> Informer? { state.withLock { $0.running[resource]?.informer } }

    /// Calls `attach` with each informer to come, before it runs; before the definitions' informer does.
    package func onNew(_ attach: @escaping @Sendable (Informer) -> Void) { state.withLock { $0.listeners.append(attach) } }

    private func follow(_ change: Informer.Change) {
        switch change {
        case .added(let definition), .updated(_, let definition):
            guard let type = Self.type(of: definition) else { return }
            let (known, listeners) = state.withLock { ($0.running[type.groupResource], $0.listeners) }
            if let known, known.informer.type.gvk == type.gvk { return }
            known?.end.fire()
            let running = Running(informer: make(type), end: Signal())
            for attach in listeners { attach(running.informer) }
            state.withLock { state in
                state.running[type.groupResource] = running
                state.starting.append(running)
            }
            wake.fire()
        case .deleted(let definition):
            guard let type = Self.type(of: definition) else { return }
            state.withLock { $0.running.removeValue(forKey: type.groupResource) }?.end.fire()
        }
    }

    /// Runs what comes until cancelled; once only. Who listens ends with it: listeners hold what holds this.
    package func run() async {
        defer { state.withLock { $0 = State() } }
        await withTaskGroup(of: Void.self) { group in
            while !Task.isCancelled {
                for running in state.withLock({ $0.starting.takeAll() }) { group.addTask { await Self.run(running) } }
                await wake.wait()
            }
            group.cancelAll()
        }
    }

    private static func run(_ running: Running) async {
        await withTaskGroup(of: Void.self) { group in
            // It ends by cancellation alone.
            group.addTask { try? await running.informer.run() }
            group.addTask { await running.end.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    /// The kind of an established definition, in the version stored if that is served.
    static func type(of definition: Object) -> ResourceType? {
        guard definition.hasCondition("Established") else { return nil }
        let names = definition.status["acceptedNames"]
        let versions = (definition.spec["versions"]?.array ?? []).filter { $0["served"]?.bool == true }
        guard let version = (versions.first { $0["storage"]?.bool == true } ?? versions.first)?["name"]?.string,
            let plural = names?["plural"]?.string, let kind = names?["kind"]?.string, let group = definition.spec["group"]?.string
        else { return nil }
        return ResourceType(
            group: group, version: version, kind: kind, plural: plural, isNamespaced: definition.spec["scope"]?.string == "Namespaced")
    }

    /// What is read of a definition here; its schemas may be large.
    static func trimmed(_ definition: Object) -> Object {
        var copy = definition
        copy["metadata", "annotations"] = nil
        copy["spec", "versions"] = .array(
            (definition.spec["versions"]?.array ?? []).map { version in
                var short = JSONObject()
                for key in ["name", "served", "storage"] { short[key] = version[key] }
                return .object(short)
            })
        return copy
    }
}

extension Array {
    fileprivate mutating func takeAll() -> [Element] {
        defer { self = [] }
        return self
    }
}
