/// Finds the manifests under a path of a commit's tree, on the git thread.
///
/// In path order; hidden names are left out; each real file counts once, however many symlinks lead to it.
struct TreeWalk {
    static let manifestSizeMax = 3 * 1024 * 1024
    static let filesMax = 20_000
    /// Bytes of all manifests; each takes several times that in memory.
    static let sizeMax = 64 * 1024 * 1024
    static let depthMax = 64
    static let symlinksMax = 16
    private static let symlinkSizeMax = 4096

    struct Found: Sendable {
        /// Names the content, with the variables of the rendering.
        struct Source: Sendable, Hashable {
            var path: String
            var blob: ObjectID
            /// Which run of a kustomization made it, and as the how-manieth; 0 of a plain file.
            var build: UInt64 = 0
            var index = 0
        }

        var source: Source
        var file: ManifestFile

        var path: String { source.path }
        var blob: ObjectID { source.blob }

        init(path: String, blob: ObjectID, build: UInt64 = 0, index: Int = 0, file: ManifestFile) {
            source = Source(path: path, blob: blob, build: build, index: index)
            self.file = file
        }
    }

    private let reader: TreeReader
    private let substitution: Substitution?
    private var cache: RenderCache { reader.cache }
    /// Where the walk was, and from the first symlink on the same as a set: without one nothing is met twice.
    private var walked: [[String]] = []
    private var visited: Set<String>?
    private(set) var files: [Found] = []
    private var size = 0
    private(set) var diagnostics: [Diagnostic] = []
    private(set) var warnings: [String] = []
    /// Where symlinks lead is not kept track of: any change may concern those who follow some.
    private var followsSymlinks = false
    /// What lies below the path counts with it.
    private var looked = RenderFootprint()
    /// The path, empty for the root.
    private var top = ""

    /// Everything under `path`, a directory or one file.
    init(_ path: String, _ reader: TreeReader, substitution: Substitution?, in repository: borrowing OpenRepository) throws(GitError) {
        self.reader = reader
        self.substitution = substitution
        try collect(path, in: repository)
    }

    /// What of the commit was looked at.
    var footprint: RenderFootprint {
        guard followsSymlinks else { return looked }
        var whole = RenderFootprint()
        whole.add("", reader.root)
        return whole
    }

    private mutating func collect(_ path: String, in repository: borrowing OpenRepository) throws(GitError) {
        guard path != "." else {
            looked.add("", reader.root)
            return try walk(reader.root, [], shown: [], depth: 0, ignoring: [], in: repository)
        }
        let parts = path.split(separator: "/").map(String.init)
        for count in parts.indices {
            let file = (parts.prefix(count) + [IgnoreFile.name]).joined(separator: "/")
            looked.add(file, try KustomizedDirectory.entry(file, reader, in: repository)?.id)
        }
        switch try follow(parts, in: repository) {
        case .entry(let entry, let real):
            let ignores = try reader.ignores(above: real, in: repository)
            for count in 1...max(1, real.count) where count <= real.count {
                let above = ignores.filter { $0.depth < count }
                guard let line = above.reason(Array(real.prefix(count)), isDirectory: count < real.count || entry.kind == .tree) else { continue }
                throw Self.missing(path, "left out by \(line)")
            }
            top = real.joined(separator: "/")
            looked.add(top, entry.id)
            switch entry.kind {
            case .tree: try walk(entry.id, real, shown: parts, depth: 0, ignoring: ignores, in: repository)
            case .file: try add(entry.id, real, shown: parts, in: repository)
            case .symlink, .submodule: throw Self.missing(path, "a submodule, \(reader.submoduleAdvice)")
            }
        case .missing: throw Self.missing(path, "not in the commit")
        case .outside: throw Self.missing(path, "a symlink that leaves the repository")
        case .loop: throw Self.missing(path, "behind a chain of more than \(Self.symlinksMax) symlinks")
        }
    }

    private static func missing(_ path: String, _ what: String) -> GitError {
        GitError(.noPath, "the path \"\(path)\" is \(what)", remedy: "set spec.source.path (gitctl up --path) to the directory of the manifests")
    }

    private mutating func walk(
        _ tree: ObjectID, _ real: [String], shown: [String], depth: Int, ignoring outer: [IgnoreFile], in repository: borrowing OpenRepository
    ) throws(GitError) {
        guard isFirstVisit(real) else { return }
        let path = shown.isEmpty ? "." : shown.joined(separator: "/")
        guard depth < Self.depthMax else {
            diagnostics.append(Diagnostic(path: path, "more than \(Self.depthMax) directories deep; move it up"))
            return
        }
        let (entries, ignores) = try reader.entries(tree, at: real, ignoring: outer, in: repository)
        if entries.contains(where: { $0.kind != .tree && KustomizationFile.names.contains($0.name) }) {
            return try kustomize(tree, real.joined(separator: "/"), in: repository)
        }
        if let chart = entries.first(where: { $0.kind != .tree && $0.name == "Chart.yaml" }) {
            diagnostics.append(Diagnostic(path: (shown + [chart.name]).joined(separator: "/"), Self.chartAdvice))
            return
        }
        for entry in entries where !entry.name.hasPrefix(".") {
            try visit(entry, real + [entry.name], shown: shown + [entry.name], depth: depth, ignoring: ignores, in: repository)
        }
    }

    private static let chartAdvice =
        "Helm charts are not supported yet; commit the output of `helm template` as plain manifests, or deploy another directory (gitctl up --path)"

    /// A directory with a kustomization: what that makes of it, instead of the files in and below it.
    private mutating func kustomize(_ tree: ObjectID, _ directory: String, in repository: borrowing OpenRepository) throws(GitError)
    {
        if let cached = cache.kustomized(tree, with: substitution), try cached.isCurrent(at: directory, reader, in: repository) {
            return try append(cached)
        }
        do {
            let built = try KustomizedDirectory.build(directory, reader, substitution: substitution, in: repository)
            cache.store(tree, built, with: substitution)
            try append(built)
        } catch let failure as KustomizeFailure {
            diagnostics.append(failure.diagnostic)
        } catch let error as GitError {
            throw error
        } catch {
            diagnostics.append(Diagnostic(path: directory, "\(error)"))
        }
    }

    private mutating func append(_ directory: KustomizedDirectory) throws(GitError) {
        warnings += directory.warnings
        for (path, id) in directory.inputs.entries where !top.isEmpty && !path.hasPrefix("\(top)/") { looked.add(path, id) }
        for found in directory.files { try append(found) }
    }

    private mutating func visit(
        _ entry: TreeEntry, _ real: [String], shown: [String], depth: Int, ignoring ignores: [IgnoreFile],
        in repository: borrowing OpenRepository
    ) throws(GitError) {
        switch entry.kind {
        case .tree: try walk(entry.id, real, shown: shown, depth: depth + 1, ignoring: ignores, in: repository)
        case .file:
            if Self.isManifest(entry.name) { try add(entry.id, real, shown: shown, in: repository) }
        case .submodule:
            let path = shown.joined(separator: "/")
            if reader.submodules == nil {
                warnings.append("\(path) is a submodule, and its manifests are left out; set spec.source.submodules: true to deploy them")
            } else {
                diagnostics.append(Diagnostic(path: path, "a submodule \(reader.submoduleAdvice)"))
            }
        case .symlink:
            try visitSymlink(real, shown: shown, depth: depth, in: repository)
        }
    }

    private mutating func visitSymlink(
        _ link: [String], shown: [String], depth: Int, in repository: borrowing OpenRepository
    ) throws(GitError) {
        let path = shown.joined(separator: "/")
        switch try follow(link, in: repository) {
        case .entry(let entry, let real):
            switch entry.kind {
            case .tree:
                let ignores = try reader.ignores(above: real, in: repository)
                try walk(entry.id, real, shown: shown, depth: depth + 1, ignoring: ignores, in: repository)
            case .file where Self.isManifest(shown.last ?? ""): try add(entry.id, real, shown: shown, in: repository)
            default: break
            }
        case .outside:
            diagnostics.append(
                Diagnostic(path: path, "the symlink leads out of the repository; commit the file itself, or link to one inside"))
        case .missing where Self.isManifest(shown.last ?? ""):
            diagnostics.append(Diagnostic(path: path, "the symlink leads nowhere; fix its target or remove it"))
        case .loop:
            diagnostics.append(
                Diagnostic(path: path, "the symlink leads through more than \(Self.symlinksMax) others; link to the file itself"))
        // A dangling link that would not be a manifest anyway.
        case .missing: break
        }
    }

    private mutating func add(
        _ blob: ObjectID, _ real: [String], shown: [String], in repository: borrowing OpenRepository
    ) throws(GitError) {
        guard isFirstVisit(real) else { return }
        let path = shown.joined(separator: "/")
        guard files.count < Self.filesMax else {
            throw GitError(.tooLarge, "more than \(Self.filesMax) manifests", remedy: "deploy smaller directories as several Applications")
        }
        if let cached = cache.file(blob, with: substitution) { return try append(Found(path: path, blob: blob, file: cached)) }
        let file: ManifestFile
        do throws(GitError) {
            file = ManifestFile(parsing: try repository.blob(blob, sizeMax: Self.manifestSizeMax, name: path), substitution: substitution)
        } catch {
            // A file that is too large is one error among the commit's; a damaged object ends the reading.
            guard error.reason == .tooLarge else { throw error }
            diagnostics.append(
                Diagnostic(path: path, String(error.description.dropFirst(path.count + 2))))
            return
        }
        cache.store(blob, file, with: substitution)
        try append(Found(path: path, blob: blob, file: file))
    }

    private mutating func isFirstVisit(_ real: [String]) -> Bool {
        if visited == nil {
            walked.append(real)
            guard followsSymlinks else { return true }
            // This one among them, where it was not met before.
            let earlier = walked.dropLast().map { $0.joined(separator: "/") }
            visited = Set(earlier)
            walked = []
        }
        return visited?.insert(real.joined(separator: "/")).inserted ?? true
    }

    private mutating func append(_ found: Found) throws(GitError) {
        size += found.file.size
        guard size <= Self.sizeMax else {
            throw GitError(
                .tooLarge, "the manifests are more than \(Self.sizeMax.byteCount) together",
                remedy: "deploy smaller directories as several Applications")
        }
        files.append(found)
    }

    static func isManifest(_ name: String) -> Bool {
        name.hasSuffix(".yaml") || name.hasSuffix(".yml") || name.hasSuffix(".json")
    }

    // MARK: Symlinks

    private enum Target {
        case entry(TreeEntry, real: [String])
        case missing
        case outside
        case loop
    }

    /// What a path leads to from the root when every symlink on it is followed inside the tree.
    private mutating func follow(_ path: [String], in repository: borrowing OpenRepository) throws(GitError) -> Target {
        var rest = path[...]
        var real: [String] = []
        var trees = [reader.root]
        var hops = 0
        var last = TreeEntry(name: "", kind: .tree, id: reader.root)
        while let part = rest.popFirst() {
            if part == "." || part.isEmpty { continue }
            if part == ".." {
                guard trees.count > 1 else { return .outside }
                trees.removeLast()
                real.removeLast()
                last = TreeEntry(name: real.last ?? "", kind: .tree, id: trees[trees.count - 1])
                continue
            }
            guard let entry = try reader.entries(trees[trees.count - 1], in: repository).first(where: { $0.name == part }) else {
                return .missing
            }
            switch entry.kind {
            case .tree:
                trees.append(entry.id)
                real.append(part)
                last = entry
            case .file, .submodule:
                return rest.isEmpty ? .entry(entry, real: real + [part]) : .missing
            case .symlink:
                followsSymlinks = true
                hops += 1
                guard hops <= Self.symlinksMax else { return .loop }
                let name = (real + [part]).joined(separator: "/")
                let bytes = try repository.blob(entry.id, sizeMax: Self.symlinkSizeMax, name: name)
                let target = String(decoding: bytes, as: UTF8.self)
                guard !target.hasPrefix("/") else { return .outside }
                rest = target.split(separator: "/").map(String.init)[...] + rest
            }
        }
        return .entry(last, real: real)
    }
}
