import APIMachinery
import Foundation
import TestSupport
import Testing

@testable import Reconciler

/// A bare repository that servers hand out, and the work tree that pushes to it.
struct ServedRepository: Sendable {
    let scratch: ScratchDirectory
    let work: GitRepositoryFixture
    /// The directory of the served repositories.
    let root: String
    let name: String
    var path: String { "\(root)/\(name)" }

    init(_ name: String = "site.git", in scratch: ScratchDirectory? = nil) async throws {
        self.name = name
        self.scratch = try scratch ?? ScratchDirectory("served")
        root = self.scratch.path + "/repositories"
        work = try await GitRepositoryFixture()
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try await work.git("init", "--quiet", "--bare", "--initial-branch=main", "\(root)/\(name)")
        try work.write("page.yaml", Self.page("page"))
        try await push("one")
    }

    static func page(_ name: String, _ text: String = "one") -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \(name)\ndata:\n  text: \(text)\n"
    }

    /// Commits everything and pushes it; the commit's id.
    @discardableResult
    func push(_ message: String = "change") async throws -> String {
        let commit = try await work.commit(message)
        try await work.push(to: path)
        return commit
    }
}

extension Object {
    static func secret(_ name: String, _ data: [String: String]) -> Object {
        var encoded = JSONObject()
        for (key, value) in data { encoded[key] = .string(Data(value.utf8).base64EncodedString()) }
        return Object(.secrets, namespace: "gitctl-system", name: name, ["data": .object(encoded)])
    }
}

extension RemoteMirror {
    /// One that is read with the data of a Secret `gitctl-system/auth`.
    static func test(_ url: String, in directory: String, secret: [String: String]?) -> RemoteMirror {
        var credentials: (@Sendable () async throws(GitError) -> SourceCredentials)?
        if let secret {
            credentials = { () async throws(GitError) -> SourceCredentials in try SourceCredentials(.secret("auth", secret), for: RemoteURL(url)) }
        }
        return RemoteMirror(
            url: url, access: secret == nil ? nil : "gitctl-system/auth", directory: directory, clock: SystemClock(), onMove: { _ in },
            credentials: credentials)
    }
}

func basic(_ user: String, _ password: String) -> String { "Basic " + Data("\(user):\(password)".utf8).base64EncodedString() }
