import APIMachinery
import Synchronization

/// What the kustomization of a directory makes of a commit, and all that it looked at for it.
struct KustomizedDirectory: Sendable {
    /// Path from the repository's root.
    private let directory: String
    /// Each path that was asked for, and what stood there.
    let inputs: RenderFootprint
    /// One object each, with the file that it comes from.
    let files: [TreeWalk.Found]
    let warnings: [String]
    let filesRead: Int
    /// Bytes of what was read: the cache's measure.
    let size: Int

    /// Whether a build of this commit would look at the same.
    func isCurrent(at directory: String, _ reader: TreeReader, in repository: borrowing OpenRepository) throws(GitError) -> Bool {
        guard directory == self.directory else { return false }
        return try inputs.isSame(in: reader, repository)
    }

    /// - Throws: `KustomizeFailure` for what is wrong with the kustomization, `GitError` when the repository cannot be read.
    static func build(
        _ directory: String, _ reader: TreeReader, substitution: Substitution?, in repository: borrowing OpenRepository
    ) throws -> KustomizedDirectory {
        var reading = Reading()
        let output = try Kustomization.build(directory) { path in
            let entry = try Self.entry(path, reader, in: repository)
            reading.inputs.add(path, entry?.id)
            guard let entry else { return nil }
            switch entry.kind {
            case .tree: return .directory
            case .symlink:
                throw KustomizeFailure(
                    "\(path) is a symlink, which a kustomization may not name; name what it leads to, or commit a copy")
            case .submodule:
                throw KustomizeFailure("\(path) is a submodule, \(reader.submoduleAdvice)")
            case .file: return .file(try reading.file(path, entry.id, in: repository))
            }
        }
        return KustomizedDirectory(directory: directory, output: output, reading: reading, substitution: substitution)
    }

    /// Tells one run from another.
    private static let builds = Atomic<UInt64>(0)

    private init(directory: String, output: Kustomization.Output, reading: Reading, substitution: Substitution?) {
        var reading = reading
        self.directory = directory
        inputs = reading.inputs
        warnings = output.warnings
        filesRead = reading.contents.count
        size = reading.contents.values.reduce(0) { $0 + $1.count }
        let share = size / max(1, output.documents.count)
        let build = Self.builds.add(1, ordering: .relaxed).newValue
        files = output.documents.enumerated().map { index, document in
            let origin = document.origin
            let count = origin.place.steps.count
            let source = ManifestFile.Source(
                substitution: substitution, position: { reading.position(of: $0, in: origin) },
                isQuoted: { document.source.isQuoted(at: $0.steps.dropFirst(count)) })
            let file = ManifestFile(
                kustomized: document.value, document: origin.document, place: origin.place, size: share, from: source)
            return TreeWalk.Found(
                path: origin.path, blob: (reading.inputs.entries[origin.path] ?? nil) ?? ObjectID(hashing: []), build: build, index: index, file: file)
        }
    }

    /// The entry at a path from the root; symlinks are not followed.
    static func entry(
        _ path: String, _ reader: TreeReader, in repository: borrowing OpenRepository
    ) throws(GitError) -> TreeEntry? {
        var found = TreeEntry(name: "", kind: .tree, id: reader.root)
        for part in path.split(separator: "/") {
            guard found.kind == .tree else { return found.kind == .file ? nil : found }
            guard let next = try reader.entries(found.id, in: repository).first(where: { $0.name == part }) else { return nil }
            found = next
        }
        return found
    }

    /// The files of one build, read once each.
    private struct Reading {
        var inputs = RenderFootprint()
        var contents: [String: [UInt8]] = [:]
        private var documents: [String: [YAMLDocument]] = [:]
        private var size = 0

        mutating func file(_ path: String, _ id: ObjectID, in repository: borrowing OpenRepository) throws -> [UInt8] {
            if let known = contents[path] { return known }
            let bytes: [UInt8]
            do throws(GitError) {
                bytes = try repository.blob(id, sizeMax: TreeWalk.manifestSizeMax, name: path)
            } catch {
                // A file that is too large is one error among the commit's; a damaged object ends the reading.
                guard error.reason == .tooLarge else { throw error }
                throw KustomizeFailure(error.description)
            }
            size += bytes.count
            guard size <= TreeWalk.sizeMax, contents.count < TreeWalk.filesMax else {
                throw GitError(
                    .tooLarge,
                    "the files of a kustomization are more than \(TreeWalk.sizeMax.byteCount) or \(TreeWalk.filesMax) together",
                    remedy: "deploy smaller directories as several Applications")
            }
            contents[path] = bytes
            return bytes
        }

        /// Where a field stands in the file that the object comes from, or its nearest ancestor.
        mutating func position(of path: FieldPath, in origin: Resource.Origin) -> ManifestFile.Position {
            if documents[origin.path] == nil {
                // What kustomize reads and Kubernetes' own reader does not has no positions but its beginning.
                documents[origin.path] = (try? YAML.documents(parsing: contents[origin.path] ?? [])) ?? []
            }
            let all = documents[origin.path] ?? []
            guard all.indices.contains(origin.document), let found = all[origin.document].position(of: path) else {
                return ManifestFile.Position(line: origin.line, column: origin.column)
            }
            return ManifestFile.Position(line: found.line, column: found.column)
        }
    }
}
