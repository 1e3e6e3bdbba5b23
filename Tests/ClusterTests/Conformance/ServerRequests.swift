import APIMachinery
import AsyncHTTPClient
import NIOCore
import Testing

@testable import Cluster

/// What the conformance tests ask of a server: the requests that a client library sends.
extension ServerUnderTest {
    static let tableType = "application/json;as=Table;v=v1;g=meta.k8s.io"

    enum PatchType: String {
        case json = "application/json-patch+json"
        case merge = "application/merge-patch+json"
        case strategic = "application/strategic-merge-patch+json"
        case apply = "application/apply-patch+yaml"
    }

    func put(_ path: String, _ body: JSON) async throws -> Answer {
        try await send(.PUT, path, headers: ["content-type": "application/json"], body: body.text)
    }

    func patch(_ path: String, _ body: JSON, _ type: PatchType = .merge) async throws -> Answer {
        try await patch(path, text: body.text, type)
    }

    func patch(_ path: String, text: String, _ type: PatchType) async throws -> Answer {
        try await send(.PATCH, path, headers: ["content-type": type.rawValue], body: text)
    }

    func delete(_ path: String, _ options: JSON? = nil) async throws -> Answer {
        try await send(.DELETE, path, headers: options == nil ? [:] : ["content-type": "application/json"], body: options?.text)
    }

    /// The names in a list.
    func names(_ path: String) async throws -> [String] {
        try await get(path).json["items"]?.array?.compactMap { $0["metadata"]?["name"]?.string } ?? []
    }

    /// The events of a watch, read while `body` runs and until `isLast` says so.
    func watch(_ path: String, until isLast: @Sendable (JSON) -> Bool, _ body: () async throws -> Void) async throws -> [JSON] {
        try await withClient { client in
            // A watch that misses its last event ends by itself, and the test with what came.
            let response = try await client.execute(request(.GET, path + "&timeoutSeconds=20"), timeout: .seconds(30))
            #expect(response.status == .ok)
            var lines = WatchLines(response)
            try await body()
            var events: [JSON] = []
            while let event = try await lines.next() {
                events.append(event)
                if isLast(event) { break }
            }
            return events
        }
    }
}

/// Reads a watch line by line.
struct WatchLines {
    private var body: HTTPClientResponse.Body.AsyncIterator
    private var rest: [UInt8] = []

    init(_ response: HTTPClientResponse) { body = response.body.makeAsyncIterator() }

    mutating func next() async throws -> JSON? {
        while true {
            if let end = rest.firstIndex(of: 10) {
                defer { rest.removeSubrange(...end) }
                return try JSON(parsing: rest[..<end])
            }
            guard let chunk = try await body.next() else { return nil }
            rest += chunk.readableBytesView
        }
    }
}

extension JSON {
    /// `ADDED name`, as tests compare the events of watches.
    var eventText: String { "\(self["type"]?.string ?? "") \(self["object"]?["metadata"]?["name"]?.string ?? "")" }
}

extension ResourceType {
    /// The path of a collection, an object or a part of one.
    func path(_ name: String? = nil, _ subresource: String? = nil, in namespace: String? = "default") -> String {
        var path = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        if isNamespaced, let namespace { path += "/namespaces/\(namespace)" }
        path += "/\(plural)"
        if let name { path += "/\(name)" }
        if let subresource { path += "/\(subresource)" }
        return path
    }
}
