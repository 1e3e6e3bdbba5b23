import APIMachinery
import FoundationEssentials
import Synchronization

/// Finds an Application's repository and the commit that it asks for.
package final class Sources: Sendable {
    private let dataDirectory: String
    private let mirrors = Mutex<[String: RemoteMirror]>([:])

    private let clock: any WallClock
    private let onFetch: @Sendable (Duration) -> Void

    /// - Parameter onFetch: told how long each fetch took, whatever came of it.
    package init(dataDirectory: String, clock: any WallClock = SystemClock(), onFetch: @escaping @Sendable (Duration) -> Void = { _ in }) {
        self.dataDirectory = dataDirectory
        self.clock = clock
        self.onFetch = onFetch
    }

    private func fetch(_ mirror: RemoteMirror) async throws(GitError) {
        let start = clock.now
        defer { onFetch(clock.now - start) }
        try await mirror.fetch()
    }

    package struct Resolved: Sendable {
        package var repository: Repository
        package var commit: Commit
    }

    /// - Parameters:
    ///   - revision: instead of the Application's own.
    ///   - fetches: asks a remote first; otherwise only when it was never fetched.
    package func resolve(_ application: Application, revision: String? = nil, fetches: Bool) async throws(GitError) -> Resolved {
        let repository: Repository
        switch location(application) {
        case .local(let path): repository = Repository(path: path)
        case .remote(let mirror):
            if fetches || !FileManager.default.fileExists(atPath: mirror.path) { try await fetch(mirror) }
            repository = mirror.repository
        }
        do throws(GitError) {
            return Resolved(repository: repository, commit: try await repository.commit(at: revision ?? application.revision))
        } catch {
            // A revision that is not there may have come since the last fetch; damage is mended by it.
            guard case .remote(let mirror) = location(application), !fetches, error.reason == .noRevision || error.reason == .corrupt else { throw error }
            try await fetch(mirror)
            return Resolved(repository: repository, commit: try await repository.commit(at: revision ?? application.revision))
        }
    }

    private enum Location {
        case local(String)
        case remote(RemoteMirror)
    }

    private func location(_ application: Application) -> Location {
        switch application.origin {
        case .repository(let name): return .local("\(dataDirectory)/git/\(name).git")
        case .url(let url):
            if url.hasPrefix("/") { return .local(url) }
            if url.hasPrefix("file://") { return .local(String(url.dropFirst("file://".count))) }
            let mirror = mirrors.withLock { mirrors in
                let mirror = mirrors[url] ?? RemoteMirror(url: url, directory: "\(dataDirectory)/git/remotes")
                mirrors[url] = mirror
                return mirror
            }
            return .remote(mirror)
        }
    }
}
