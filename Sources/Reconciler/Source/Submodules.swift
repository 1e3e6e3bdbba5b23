import APIMachinery

/// Finds the submodules in and around a path of a commit, each in a repository of its own.
///
/// Their objects are then read as if they were the commit's own: the repository gets theirs as alternates, and each
/// entry stands for the tree of the commit that it pins.
struct Submodules: Sendable {
    /// Submodules of submodules.
    static let depthMax = 8
    static let countMax = 64

    /// One entry of a tree, with what `.gitmodules` says of it.
    struct Module: Sendable, Hashable {
        var name: String
        /// From the root of the outermost repository.
        var path: String
        var url: String
        /// What the tree pins.
        var commit: ObjectID
    }

    /// The repository of a module that the one at `base` names, and where that is.
    typealias Locate = @Sendable (_ module: Module, _ base: RemoteURL) async throws(GitError) -> (Repository, RemoteURL)

    /// What is deployed: submodules elsewhere are not looked at.
    let path: String
    let locate: Locate

    func complete(_ resolved: Sources.Resolved, base: RemoteURL) async throws(GitError) -> Sources.Resolved {
        var trees: [ObjectID: ObjectID] = [:]
        var alternates: [String] = []
        var open = [(repository: resolved.repository, tree: resolved.commit.tree, prefix: "", base: base, depth: 0)]
        while let next = open.popLast() {
            for module in try await modules(of: next.tree, in: next.repository, below: next.prefix)
            where trees[module.commit] == nil {
                guard next.depth < Self.depthMax, trees.count < Self.countMax else {
                    throw GitError(
                        .tooLarge,
                        "\(module.path): more than \(Self.countMax) submodules, or more than \(Self.depthMax) within one another",
                        remedy: "deploy a path with fewer")
                }
                let (repository, location) = try await locate(module, next.base)
                let (commit, objects) = try await Self.commit(module, in: repository)
                trees[module.commit] = commit.tree
                alternates.append(objects)
                open.append((repository, commit.tree, module.path + "/", location, next.depth + 1))
            }
        }
        var resolved = resolved
        resolved.submodules = trees
        resolved.repository = resolved.repository.adding(alternates)
        return resolved
    }

    private static func commit(_ module: Module, in repository: Repository) async throws(GitError) -> (Commit, objects: String) {
        do throws(GitError) {
            return try await repository.read { repository throws(GitError) in
                (try repository.commit(repository.resolve(module.commit.description)), repository.objectsDirectory)
            }
        } catch {
            guard error.reason == .noRevision || error.reason == .noRepository else { throw error }
            throw GitError(
                .noRevision,
                "the submodule \(module.path): \(RemoteMirror.withoutCredentials(module.url)) has no commit \(module.commit.short), which is pinned",
                remedy: "push it there, to a branch or tag")
        }
    }

    private func modules(of tree: ObjectID, in repository: Repository, below prefix: String) async throws(GitError) -> [Module] {
        let path = path
        return try await repository.read { repository throws(GitError) in
            let entries = try repository.tree(tree)
            guard let file = entries.first(where: { $0.name == GitModules.name && $0.kind == .file }) else { return [] }
            let text = try repository.blob(file.id, sizeMax: GitModules.sizeMax, name: prefix + GitModules.name)
            var modules: [Module] = []
            for module in GitModules(parsing: text).modules {
                let full = prefix + module.path
                guard path == "." || path == full || path.hasPrefix(full + "/") || full.hasPrefix(path + "/"),
                    let pinned = try repository.submodule(at: module.path, in: tree)
                else { continue }
                modules.append(Module(name: module.name, path: full, url: module.url, commit: pinned))
            }
            return modules
        }
    }
}

extension OpenRepository {
    /// The commit that a tree pins at a path; nil where no submodule stands there.
    fileprivate func submodule(at path: String, in tree: ObjectID) throws(GitError) -> ObjectID? {
        var tree = tree
        let parts = path.split(separator: "/").map(String.init)
        for (index, part) in parts.enumerated() {
            guard let entry = try self.tree(tree).first(where: { $0.name == part }) else { return nil }
            if index == parts.count - 1 { return entry.kind == .submodule ? entry.id : nil }
            guard entry.kind == .tree else { return nil }
            tree = entry.id
        }
        return nil
    }
}
