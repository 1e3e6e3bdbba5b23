import APIMachinery
import Synchronization

/// The kinds served at this moment: the built-in ones, and those that CustomResourceDefinitions add.
///
/// What is custom follows from the definitions in the store; `refresh` reads them anew, so a fork
/// of the store has a catalog of its own.
final class KindCatalog: Sendable {
    private struct Path: Hashable {
        var group: String
        var version: String
        var plural: String

        init(_ type: ResourceType) { (group, version, plural) = (type.group, type.version, type.plural) }
        init(group: String, version: String, plural: String) { (self.group, self.version, self.plural) = (group, version, plural) }
    }

    private struct State {
        /// By the definition's name.
        var custom: [String: CustomResource] = [:]
        var types: [ResourceType]
        var byPath: [Path: ResourceType]
        var versions: [Path: CustomVersion] = [:]
        var resources: [GroupResource: CustomResource] = [:]
        /// The store's revision that this shows.
        var revision: UInt64 = 0
    }

    static let definitionResource = GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")

    private let builtin: [ResourceType]
    private let state: Mutex<State>

    init(builtin: [ResourceType]) {
        self.builtin = builtin
        state = Mutex(State(types: builtin, byPath: Self.index(builtin)))
    }

    private static func index(_ types: [ResourceType]) -> [Path: ResourceType] {
        Dictionary(types.map { (Path($0), $0) }, uniquingKeysWith: { first, _ in first })
    }

    func copy() -> KindCatalog {
        let copy = KindCatalog(builtin: builtin)
        let state = state.withLock { $0 }
        copy.state.withLock { $0 = state }
        return copy
    }

    /// Built-in kinds first, then custom groups by name, the preferred version of each first.
    var types: [ResourceType] { state.withLock { $0.types } }

    func type(group: String, version: String, plural: String) -> ResourceType? {
        state.withLock { $0.byPath[Path(group: group, version: version, plural: plural)] }
    }

    /// The version of a custom kind; nil for built-in ones, and for what is not served any longer.
    func custom(_ type: ResourceType) -> CustomVersion? {
        state.withLock { state in state.versions.isEmpty ? nil : state.versions[Path(type)] }
    }

    func resource(_ groupResource: GroupResource) -> CustomResource? {
        state.withLock { $0.resources.isEmpty ? nil : $0.resources[groupResource] }
    }

    /// The fields by which a custom kind can be selected, in any of its versions; nil for built-in kinds.
    func selectableFields(_ type: ResourceType) -> Set<String>? {
        resource(type.groupResource).map { $0.versions.reduce(into: []) { $0.formUnion($1.selectableFields) } }
    }

    /// All definitions, established or not, by name.
    var definitions: [String: CustomResource] { state.withLock { $0.custom } }

    /// Takes over the definitions as they are at `revision`; older ones than are known change nothing.
    func refresh(_ definitions: [ObjectVersion], revision: UInt64) {
        let known = state.withLock { $0.revision <= revision ? $0.custom : nil }
        guard let known else { return }
        if known.count == definitions.count, definitions.allSatisfy({ known[$0.name]?.definition === $0 }) { return }
        var custom: [String: CustomResource] = [:]
        for definition in definitions {
            let before = known[definition.name]
            custom[definition.name] = before?.definition === definition ? before : CustomResource(definition, previous: before?.sharing(definition))
        }
        let served = custom.values.filter(\.isEstablished)
            .sorted { ($0.groupResource.group, $0.groupResource.resource) < ($1.groupResource.group, $1.groupResource.resource) }
        let versions = served.flatMap(\.versions).filter(\.isServed)
        let taken = Self.index(builtin)
        let groups = Dictionary(grouping: versions.filter { taken[Path($0.type)] == nil }, by: \.type.group)
        let types = groups.sorted { $0.key < $1.key }.flatMap { _, versions in
            versions.map(\.type).sorted { (VersionPriority($1.version), $0.plural) < (VersionPriority($0.version), $1.plural) }
        }
        let all = builtin + types
        let byPath = Self.index(all)
        state.withLock { state in
            guard state.revision <= revision else { return }
            state.revision = revision
            state.custom = custom
            state.types = all
            state.byPath = byPath
            state.versions = Dictionary(versions.map { (Path($0.type), $0) }, uniquingKeysWith: { first, _ in first })
            state.resources = Dictionary(served.map { ($0.groupResource, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }
}

extension CustomResource {
    /// This, when `definition` is a later version of the same object, not another of its name.
    fileprivate func sharing(_ definition: ObjectVersion) -> CustomResource? { self.definition.uid == definition.uid ? self : nil }
}

extension Registry {
    /// Serves what the definitions in the store say.
    func refreshKinds() {
        let snapshot = store.snapshot(KindCatalog.definitionResource)
        kinds.refresh(Array(snapshot.versions.objects(in: nil)), revision: snapshot.revision)
    }
}
