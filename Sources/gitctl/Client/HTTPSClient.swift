import APIMachinery
import AsyncHTTPClient
import Cluster
import NIOCore
import NIOHTTP1
import NIOSSL

/// The Kubernetes API over HTTPS, as a kubeconfig describes it: any cluster, this project's included.
package struct HTTPSClient: ResourceClient {
    /// Longest answer read as a whole. Lists are read in pages, so this is one object or one page.
    static let answerBytesMax = 256 << 20
    static let pageSize = 500
    static let requestTimeout = TimeAmount.seconds(60)

    let connection: HTTPSConnection

    /// Reads the kubeconfig; connects when first used. Throws errors whose `description` is a message for the user.
    package init(kubeconfig path: String, context: String?) throws {
        connection = try HTTPSConnection(KubeconfigFile(path: path, context: context))
    }

    private init(_ connection: HTTPSConnection) { self.connection = connection }

    package func impersonating(_ user: UserInfo) -> any ResourceClient { HTTPSClient(HTTPSConnection(connection, as: user)) }

    package func get(_ key: ObjectKey) async throws(APIStatus) -> Object {
        Object(try await connection.object(.GET, Self.path(key)))
    }

    package func getSubresource(_ key: ObjectKey, _ subresource: String) async throws(APIStatus) -> Object {
        Object(try await connection.object(.GET, Self.path(key, subresource)))
    }

    package func list(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> ObjectList {
        let list = try await connection.object(.GET, Self.path(type, namespace: namespace), query: Self.query(options))
        let items = (list["items"]?.array ?? []).compactMap(\.object).map { fields -> Object in
            var object = Object(fields)
            // Servers leave the kind out of a list's items.
            if object.kind.isEmpty {
                object["apiVersion"] = .string(type.gvk.apiVersion)
                object["kind"] = .string(type.kind)
            }
            return object
        }
        let metadata = list["metadata"]
        return ObjectList(
            items: items, resourceVersion: metadata?["resourceVersion"]?.string ?? "", continueToken: metadata?["continue"]?.string ?? "",
            remainingItemCount: metadata?["remainingItemCount"]?.int.map(Int.init))
    }

    package func create(_ type: ResourceType, _ object: Object, options: WriteOptions) async throws(APIStatus) -> Object {
        let namespace = type.isNamespaced ? (object.namespace.isEmpty ? "default" : object.namespace) : nil
        return Object(
            try await connection.object(
                .POST, Self.path(type, namespace: namespace), query: Self.query(options), body: (object.encoded(), "application/json")))
    }

    package func update(
        _ type: ResourceType, _ object: Object, subresource: String?, options: WriteOptions
    ) async throws(APIStatus) -> Object {
        let key = ObjectKey(type, namespace: type.isNamespaced ? object.namespace : nil, name: object.name)
        return Object(
            try await connection.object(
                .PUT, Self.path(key, subresource), query: Self.query(options), body: (object.encoded(), "application/json")))
    }

    package func patch(_ key: ObjectKey, _ patch: Patch, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object {
        let (document, kind): (JSON, PatchKind) =
            switch patch {
            case .json(let document): (document, .json)
            case .merge(let document): (document, .merge)
            case .strategicMerge(let document): (document, .strategicMerge)
            case .apply(let document): (document, .apply)
            }
        return Object(
            try await connection.object(
                .PATCH, Self.path(key, subresource), query: Self.query(options), body: (document.encoded(), kind.rawValue)))
    }

    package func delete(_ key: ObjectKey, options: DeleteOptions) async throws(APIStatus) -> Object {
        let answer = try await connection.object(.DELETE, Self.path(key), body: (Self.body(options).encoded(), "application/json"))
        guard answer["kind"]?.string == "Status" else { return Object(answer) }
        // Gone at once: the server says no more of it than its identity.
        var object = Object(key.type, namespace: key.namespace, name: key.name)
        object.uid = answer["details"]?["uid"]?.string ?? ""
        return object
    }

    package func createSubresource(
        _ key: ObjectKey, _ subresource: String, _ body: Object, options: WriteOptions
    ) async throws(APIStatus) -> Object {
        Object(
            try await connection.object(
                .POST, Self.path(key, subresource), query: Self.query(options), body: (body.encoded(), "application/json")))
    }
}

/// Paths and queries.
extension HTTPSClient {
    static func path(_ type: ResourceType, namespace: String?) -> String {
        var path = (type.group.isEmpty ? "/api/" : "/apis/") + type.gvk.apiVersion
        if let namespace, type.isNamespaced { path += "/namespaces/\(PercentEncoding.encode(namespace))" }
        return path + "/" + type.plural
    }

    static func path(_ key: ObjectKey, _ subresource: String? = nil) -> String {
        path(key.type, namespace: key.namespace) + "/" + PercentEncoding.encode(key.name) + (subresource.map { "/" + $0 } ?? "")
    }

    static func query(_ options: ListOptions) -> [(String, String)] {
        var query: [(String, String)] = []
        if !options.labelSelector.isEverything { query.append(("labelSelector", options.labelSelector.description)) }
        if !options.fieldSelector.isEverything { query.append(("fieldSelector", options.fieldSelector.description)) }
        if options.limit > 0 { query.append(("limit", String(options.limit))) }
        if !options.continueToken.isEmpty { query.append(("continue", options.continueToken)) }
        if !options.resourceVersion.isEmpty { query.append(("resourceVersion", options.resourceVersion)) }
        if !options.resourceVersionMatch.isEmpty { query.append(("resourceVersionMatch", options.resourceVersionMatch)) }
        if options.allowWatchBookmarks { query.append(("allowWatchBookmarks", "true")) }
        if options.sendInitialEvents { query.append(("sendInitialEvents", "true")) }
        if let timeout = options.timeout { query.append(("timeoutSeconds", String(max(1, timeout.components.seconds)))) }
        return query
    }

    private static func query(_ options: WriteOptions) -> [(String, String)] {
        var query = [("fieldValidation", options.fieldValidation.rawValue)]
        if options.isDryRun { query.append(("dryRun", "All")) }
        if !options.fieldManager.isEmpty { query.append(("fieldManager", options.fieldManager)) }
        if options.force { query.append(("force", "true")) }
        return query
    }

    private static func body(_ options: DeleteOptions) -> JSON {
        var body: JSONObject = ["apiVersion": "v1", "kind": "DeleteOptions"]
        if options.isDryRun { body["dryRun"] = ["All"] }
        if let seconds = options.gracePeriodSeconds { body["gracePeriodSeconds"] = JSON(seconds) }
        if let policy = options.propagation { body["propagationPolicy"] = .string(policy.rawValue) }
        var preconditions: JSONObject = [:]
        if let uid = options.preconditionUID { preconditions["uid"] = .string(uid) }
        if let version = options.preconditionResourceVersion { preconditions["resourceVersion"] = .string(version) }
        if !preconditions.isEmpty { body["preconditions"] = .object(preconditions) }
        return .object(body)
    }
}
