import APIMachinery
import Synchronization

/// Trees, manifest files and what kustomizations make, by the id of their content: of a new commit only what changed is read.
///
/// Bounded by the bytes of the sources it stands for; the least recently used go first.
package final class RenderCache: Sendable {
    /// Parsed manifests take several times their source.
    package static let sizeMaxDefault = 4 * 1024 * 1024
    /// What a tree's entry counts for.
    private static let entrySize = 64

    /// How often git had to be asked; tests compare two of these.
    package struct Statistics: Sendable, Hashable {
        package var treesRead = 0
        package var filesRead = 0
    }

    /// How often it helped, and how much it holds.
    struct Usage: Sendable {
        var hits = 0
        var misses = 0
        var bytes = 0
        /// Whole renderings made.
        var renderings = 0
    }

    private enum Value: Sendable {
        case tree([TreeEntry])
        case file(ManifestFile)
        case kustomized(KustomizedDirectory)

        var size: Int {
            switch self {
            case .tree(let entries): (entries.count + 1) * RenderCache.entrySize
            case .file(let file): file.size + RenderCache.entrySize
            case .kustomized(let directory): directory.size + RenderCache.entrySize
            }
        }
    }

    /// A directory's tree is kept as its entries, and as what its kustomization makes of it.
    private enum Key: Hashable {
        case object(ObjectID)
        case kustomization(ObjectID)
        case substituted(ObjectID, Substitution)
        case substitutedKustomization(ObjectID, Substitution)

        static func file(_ id: ObjectID, _ substitution: Substitution?) -> Key {
            substitution.map { .substituted(id, $0) } ?? .object(id)
        }

        static func directory(_ id: ObjectID, _ substitution: Substitution?) -> Key {
            substitution.map { .substitutedKustomization(id, $0) } ?? .kustomization(id)
        }
    }

    /// Objects of the whole renderings that are kept, at least the last: a push is rendered for its review, and a
    /// moment later for its sync. A rendering without any counts as one.
    static let renderedObjectsMax = 12_000
    /// Renderings from the same inputs: of what is deployed, of what is under review, and of what somebody compares.
    static let renderingsMax = 3

    private struct State {
        /// The latest last.
        var renderings: [RenderInputs: [(rendering: Rendering, lastUse: UInt64)]] = [:]
        var renderedObjects = 0
        var values: [Key: (value: Value, lastUse: UInt64)] = [:]
        var size = 0
        var uses: UInt64 = 0
        var statistics = Statistics()
        var hits = 0
        var misses = 0
        var renderingsMade = 0
    }

    private let sizeMax: Int
    private let state = Mutex(State())

    package init(sizeMax: Int = sizeMaxDefault) { self.sizeMax = sizeMax }

    package var statistics: Statistics { state.withLock { $0.statistics } }

    var usage: Usage { state.withLock { Usage(hits: $0.hits, misses: $0.misses, bytes: $0.size, renderings: $0.renderingsMade) } }

    /// What was made of the same inputs and other commits, the latest last.
    func renderings(from inputs: RenderInputs) -> [Rendering] {
        state.withLock { state in
            guard var known = state.renderings[inputs] else { return [] }
            state.uses += 1
            for index in known.indices { known[index].lastUse = state.uses }
            state.renderings[inputs] = known
            return known.map(\.rendering)
        }
    }

    func countHit() { state.withLock { $0.hits += 1 } }

    func keep(_ rendering: Rendering, from inputs: RenderInputs) {
        state.withLock { state in
            state.uses += 1
            state.renderingsMade += 1
            var known = state.renderings[inputs] ?? []
            if let index = known.firstIndex(where: { $0.rendering.footprint == rendering.footprint }) {
                state.renderedObjects -= known.remove(at: index).rendering.count
            } else if known.count >= Self.renderingsMax {
                state.renderedObjects -= known.removeFirst().rendering.count
            }
            known.append((rendering, state.uses))
            state.renderings[inputs] = known
            state.renderedObjects += rendering.count
            if state.renderedObjects > Self.renderedObjectsMax { forgetRenderings(but: inputs, &state) }
        }
    }

    private func forgetRenderings(but inputs: RenderInputs, _ state: inout State) {
        // Down to three quarters, so that this sort is rare.
        let all = state.renderings.flatMap { entry in entry.value.map { (inputs: entry.key, lastUse: $0.lastUse, count: $0.rendering.count) } }
        for entry in all.sorted(by: { $0.lastUse < $1.lastUse }) {
            guard state.renderedObjects > Self.renderedObjectsMax / 4 * 3 else { return }
            guard let known = state.renderings[entry.inputs], known.count > 1 || entry.inputs != inputs else { continue }
            state.renderedObjects -= known[0].rendering.count
            state.renderings[entry.inputs] = known.count == 1 ? nil : Array(known.dropFirst())
        }
    }

    func tree(_ id: ObjectID) -> [TreeEntry]? {
        if case .tree(let entries)? = lookup(.object(id)) { return entries }
        return nil
    }

    func file(_ id: ObjectID, with substitution: Substitution?) -> ManifestFile? {
        if case .file(let file)? = lookup(.file(id, substitution)) { return file }
        return nil
    }

    /// What was made of the directory with this tree; whether all that it read is the same still, the caller checks.
    func kustomized(_ tree: ObjectID, with substitution: Substitution?) -> KustomizedDirectory? {
        if case .kustomized(let directory)? = lookup(.directory(tree, substitution)) { return directory }
        return nil
    }

    func store(_ id: ObjectID, _ entries: [TreeEntry]) { store(.object(id), .tree(entries)) { $0.treesRead += 1 } }
    func store(_ id: ObjectID, _ file: ManifestFile, with substitution: Substitution?) {
        store(.file(id, substitution), .file(file)) { $0.filesRead += 1 }
    }
    func store(_ id: ObjectID, _ directory: KustomizedDirectory, with substitution: Substitution?) {
        store(.directory(id, substitution), .kustomized(directory)) { $0.filesRead += directory.filesRead }
    }

    private func lookup(_ key: Key) -> Value? {
        state.withLock { state in
            guard let value = state.values[key]?.value else {
                state.misses += 1
                return nil
            }
            state.hits += 1
            state.uses += 1
            state.values[key]?.lastUse = state.uses
            return value
        }
    }

    private func store(_ key: Key, _ value: Value, count: (inout Statistics) -> Void) {
        state.withLock { state in
            count(&state.statistics)
            state.uses += 1
            if let old = state.values.updateValue((value, state.uses), forKey: key) { state.size -= old.value.size }
            state.size += value.size
            guard state.size > sizeMax else { return }
            // Down to three quarters, so that this sort is rare.
            for (key, entry) in state.values.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
                guard state.size > sizeMax / 4 * 3 else { break }
                state.values[key] = nil
                state.size -= entry.value.size
            }
        }
    }
}
