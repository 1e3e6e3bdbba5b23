import APIMachinery
import Dispatch
import FoundationEssentials
import Synchronization

/// Finds an Application's repository and the commit that it asks for.
///
/// Applications that read one URL with the same Secret share one copy of it, and its fetches.
package final class Sources: Sendable {
    /// What is fetched once for all that ask for it.
    struct Remote: Sendable, Hashable {
        var url: String
        /// `NAMESPACE/NAME` of the Secret.
        var secret: String?

        /// Whether submodules of what is read from `other` may be read from here.
        fileprivate func mayServeSubmodules(of other: Remote) -> Bool {
            secret == other.secret && RemoteURL(url).isSameServer(as: RemoteURL(other.url))
        }
    }

    /// Of copies that are about to be deleted.
    private static let unusedSuffix = ".unused"

    /// Of copies that are being made; left behind only by a daemon that was killed.
    private static let newSuffix = ".new"
    /// After which a copy is not being made any more.
    private static let creationTimeMax = Duration.seconds(3600)
    /// Repositories read in place that are remembered; with more all are forgotten, and cost an opening each.
    private static let localsMax = 256

    /// A place of its own for what is about to be deleted.
    static func unusedPath(beside path: String) -> String { "\(path).\(UUID().uuidString)\(unusedSuffix)" }

    /// A place of its own for what is no copy yet.
    static func newPath(beside path: String) -> String { "\(path).\(UUID().uuidString)\(newSuffix)" }

    /// Whether a file beside the copies is left over.
    private static func isLeftOver(_ path: String) -> Bool {
        guard path.hasSuffix(newSuffix) else { return path.hasSuffix(unusedSuffix) }
        let date = (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
        return date.map { -$0.timeIntervalSinceNow > Double(creationTimeMax.components.seconds) } ?? false
    }

    private let dataDirectory: String
    private let client: any ResourceClient
    private let clock: any WallClock
    private let onFetch: @Sendable (Duration) -> Void
    private let mirrors = Mutex<[Remote: RemoteMirror]>([:])
    /// Those that are read in place, by path: Applications of one share its openings.
    private let locals = Mutex<[String: Repository]>([:])
    private let observer = Mutex<(@Sendable (Remote, Set<String>) -> Void)?>(nil)

    /// - Parameter onFetch: told how long each fetch took, whatever came of it.
    package init(
        dataDirectory: String, client: any ResourceClient, clock: any WallClock, onFetch: @escaping @Sendable (Duration) -> Void = { _ in }
    ) {
        self.dataDirectory = dataDirectory
        self.client = client
        self.clock = clock
        self.onFetch = onFetch
    }

    package struct Resolved: Sendable {
        package var repository: Repository
        package var commit: Commit
        /// The tree of each submodule by the commit that is pinned; nil where they are not read.
        package var submodules: [ObjectID: ObjectID]?
        /// Finds those that another Application of the source needs; nil where none are read.
        var completion: (@Sendable (Application) async throws(GitError) -> Resolved)?

        /// The same commit for another Application of the source.
        func completed(for other: Application) async throws(GitError) -> Resolved {
            guard let completion else { return self }
            return try await completion(other)
        }
    }

    /// Calls `observer` when a fetch has moved a branch or tag of a remote, with the Applications that it was made for:
    /// the others have to look again. Set once, at the start.
    func onMove(_ new: @escaping @Sendable (Remote, Set<String>) -> Void) { observer.withLock { $0 = new } }

    /// - Parameters:
    ///   - revision: instead of the Application's own.
    ///   - fetches: asks a remote first; otherwise only when it was never fetched.
    ///   - age: how old the last fetch may be to count for this one.
    package func resolve(
        _ application: Application, revision: String? = nil, fetches: Bool, age: Duration = .zero
    ) async throws(GitError) -> Resolved {
        let mirror = Self.remote(of: application).map { self.mirror($0) }
        if let mirror, fetches || !FileManager.default.fileExists(atPath: mirror.path) {
            try await mirror.fetch(for: application.reference, age: age)
        }
        let repository = mirror?.repository ?? local(localPath(of: application))
        let commit: Commit
        do throws(GitError) {
            commit = try await Self.commit(application, revision, in: repository)
        } catch {
            // A revision that is not there may have come since the last fetch; damage is mended by it.
            guard let mirror, !fetches, error.reason == .noRevision || error.reason == .corrupt else { throw error }
            try await mirror.fetch(for: application.reference)
            commit = try await Self.commit(application, revision, in: repository)
        }
        return try await complete(Resolved(repository: repository, commit: commit), for: application)
    }

    private static func commit(_ application: Application, _ revision: String?, in repository: Repository) async throws(GitError)
        -> Commit
    {
        if revision == nil, let range = application.source.versions { return try await repository.commit(newestIn: range) }
        return try await repository.commit(at: revision ?? application.revision)
    }

    /// With the submodules that the Application's path needs, where it wants them.
    func complete(_ resolved: Resolved, for application: Application) async throws(GitError) -> Resolved {
        guard application.source.readsSubmodules else { return resolved }
        let base: String
        switch application.origin {
        case .repository(let name): base = "\(dataDirectory)/git/\(name).git"
        case .url(let url): base = url
        }
        var completed = try await Submodules(path: application.path) { [self] module, base throws(GitError) in
            let location = try location(of: module, named: base, by: application)
            guard !location.scheme.isEmpty else { return (Repository(path: location.path), location) }
            let mirror = mirror(Remote(url: location.text, secret: Self.remote(of: application)?.secret))
            if try await !mirror.has(module.commit) { try await mirror.fetch(for: application.reference) }
            return (mirror.repository, location)
        }.complete(resolved, base: RemoteURL(base))
        completed.completion = { [self] other throws(GitError) in try await complete(resolved, for: other) }
        return completed
    }

    /// A submodule is read from the server of the repository that names it, and from no other.
    private func location(of module: Submodules.Module, named base: RemoteURL, by application: Application) throws(GitError)
        -> RemoteURL
    {
        let shown = RemoteMirror.withoutCredentials(module.url)
        guard let location = base.resolving(module.url), location.isSameServer(as: base) else {
            throw GitError(
                .invalid, "the submodule \(module.path) is at \(shown), which is not on the server of the repository itself",
                remedy: "give it a URL relative to the repository (../NAME.git) in .gitmodules, and keep a copy there")
        }
        if case .repository = application.origin {
            let names = location.path.split(separator: "/").map(String.init)
            let own = "\(dataDirectory)/git".split(separator: "/").map(String.init)
            guard names.count == own.count + 1, names.starts(with: own), names[own.count].hasSuffix(".git") else {
                throw GitError(
                    .invalid, "the submodule \(module.path) is at \(shown), which is no repository of gitctl's own",
                    remedy: "push it to gitctl as a repository, and name it as ../NAME.git in .gitmodules")
            }
        }
        return location
    }

    // MARK: Where

    /// What has to be fetched for an Application; nil where the repository is read in place.
    static func remote(of application: Application) -> Remote? {
        guard case .url(let url) = application.origin, !RemoteURL(url).scheme.isEmpty else { return nil }
        return Remote(url: url, secret: application.source.secretName.map { "\(application.namespace)/\($0)" })
    }

    private func local(_ path: String) -> Repository {
        locals.withLock { locals in
            if let known = locals[path] { return known }
            let repository = Repository(path: path)
            if locals.count >= Self.localsMax { locals = [:] }
            locals[path] = repository
            return repository
        }
    }

    private func localPath(of application: Application) -> String {
        switch application.origin {
        case .repository(let name): "\(dataDirectory)/git/\(name).git"
        case .url(let url): RemoteURL(url).path
        }
    }

    /// What has to be fetched for an Application object, also for one that asks for what cannot be.
    static func remote(of object: Object) -> Remote? {
        let source = object.spec["source"]
        guard let url = source?["url"]?.string, !url.isEmpty, !RemoteURL(url).scheme.isEmpty else { return nil }
        let secret = source?[path: ["secretRef", "name"]]?.string ?? ""
        return Remote(url: url, secret: secret.isEmpty ? nil : "\(object.namespace)/\(secret)")
    }

    /// Removes the copies of remotes that none of the Applications reads any more. One that is missed is removed at the next start.
    func removeUnused(by applications: [Object]) {
        let used = Set(applications.compactMap(Self.remote))
        let reading = Set(applications.filter { $0.spec[path: ["source", "submodules"]]?.bool == true }.compactMap(Self.remote))
        let directory = "\(dataDirectory)/git/remotes"
        let unused = mirrors.withLock { mirrors -> [String] in
            var dropped: Set<String> = []
            for (remote, mirror) in mirrors where !used.contains(remote) && !reading.contains(where: { remote.mayServeSubmodules(of: $0) }) {
                mirrors[remote] = nil
                dropped.insert(mirror.path)
            }
            let kept = Set(mirrors.values.map(\.path) + used.map { RemoteMirror.path($0.url, access: $0.secret, in: directory) })
            // There is none before the first fetch.
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            return names.compactMap { name in
                let path = "\(directory)/\(name)"
                if Self.isLeftOver(path) { return path }
                // What nobody has read since the start may be of a submodule.
                guard name.hasSuffix(".git"), !kept.contains(path), reading.isEmpty || dropped.contains(path) else { return nil }
                // At once: a copy that comes to the same place is another.
                let aside = Self.unusedPath(beside: path)
                do { try FileManager.default.moveItem(atPath: path, toPath: aside) } catch { return nil }
                return aside
            }
        }
        guard !unused.isEmpty else { return }
        DispatchQueue.global(qos: .utility).async {
            // What cannot be removed now is found again by its name.
            for path in unused { try? FileManager.default.removeItem(atPath: path) }
        }
    }

    func mirror(_ remote: Remote) -> RemoteMirror {
        mirrors.withLock { mirrors in
            if let known = mirrors[remote] { return known }
            var credentials: (@Sendable () async throws(GitError) -> SourceCredentials)?
            if let name = remote.secret {
                credentials = { [client] () async throws(GitError) -> SourceCredentials in
                    try await Self.credentials(name, for: remote.url, client: client)
                }
            }
            let mirror = RemoteMirror(
                url: remote.url, access: remote.secret, directory: "\(dataDirectory)/git/remotes", clock: clock, onFetch: onFetch,
                onMove: { [weak self] served in self?.observer.withLock { $0 }?(remote, served) }, credentials: credentials)
            mirrors[remote] = mirror
            return mirror
        }
    }

    private static func credentials(_ name: String, for url: String, client: any ResourceClient) async throws(GitError)
        -> SourceCredentials
    {
        let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
        let secret: Object
        do throws(APIStatus) {
            secret = try await client.get(ObjectKey(.secrets, namespace: parts[0], name: parts[1]))
        } catch {
            guard error.reason == .notFound else { throw GitError(.io, "Secret \(name): \(error.message)") }
            throw GitError(
                .unauthorized, "Secret \(name), which spec.source.secretRef names, is not there",
                remedy:
                    "create it with \(SourceCredentials.keys.dropLast().joined(separator: ", ")) or \(SourceCredentials.keys[SourceCredentials.keys.count - 1]), as the server needs"
            )
        }
        return try SourceCredentials(secret, for: RemoteURL(url))
    }
}
