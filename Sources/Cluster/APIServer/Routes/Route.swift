import APIMachinery
import NIOHTTP1

/// Which resource and verb a path and method mean. Source: API concepts, "Resource URIs".
package struct ResourceRoute: Sendable, Hashable {
    package enum Verb: String, Sendable {
        case get, list, watch, create, update, patch, delete
        case deleteCollection = "deletecollection"

        /// Whether the verb changes nothing.
        package var isRead: Bool { self == .get || self == .list || self == .watch }
    }

    package var verb: Verb
    package var group: String
    package var version: String
    /// Plural, as in the path.
    package var resource: String
    /// nil: cluster-scoped, or all namespaces.
    package var namespace: String?
    package var name: String?
    package var subresource: String?

    /// What authorization is asked.
    package func question(user: UserInfo, named fieldName: String?) -> AuthorizationQuestion {
        AuthorizationQuestion(
            user: user, verb: verb.rawValue,
            target: .resource(
                group: group, version: version, resource: resource, subresource: subresource ?? "", namespace: namespace ?? "",
                name: name ?? fieldName ?? ""))
    }
}

package enum Route: Sendable, Hashable {
    case resource(ResourceRoute)
    /// Discovery, health, OpenAPI: a path without a resource.
    case path

    /// Throws `methodNotAllowed` for a method that resources do not have.
    package init(method: HTTPMethod, path: String, query: Query) throws(APIStatus) {
        // Not a resource: `namespaces//pods` is not the namespace "pods".
        guard !Self.hasEmptySegment(path) else {
            self = .path
            return
        }
        var segments = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        let group: String
        switch segments.first {
        case "api" where segments.count > 2:
            group = ""
            segments.removeFirst()
        case "apis" where segments.count > 3:
            group = segments[1]
            segments.removeFirst(2)
        default:
            self = .path
            return
        }
        let version = segments.removeFirst()
        // The old form, `/api/v1/watch/pods`.
        let isOldWatch = segments.first == "watch" && segments.count > 1
        if isOldWatch { segments.removeFirst() }
        var namespace: String?
        // `namespaces/NAME` alone, and its subresources, are the Namespace itself.
        if segments[0] == "namespaces", segments.count > 2, !(segments.count == 3 && Self.namespaceSubresources.contains(segments[2])) {
            namespace = segments[1]
            segments.removeFirst(2)
        }
        let resource = segments[0]
        let name = segments.count > 1 ? segments[1] : nil
        let subresource = segments.count > 2 ? segments[2...].joined(separator: "/") : nil
        let verb: ResourceRoute.Verb
        switch method {
        case .GET:
            if isOldWatch {
                verb = .watch
            } else if name != nil {
                verb = .get
            } else {
                verb = try query.bool("watch") == true ? .watch : .list
            }
        case .POST: verb = .create
        case .PUT: verb = .update
        case .PATCH: verb = .patch
        case .DELETE: verb = name == nil ? .deleteCollection : .delete
        default:
            throw APIStatus(.methodNotAllowed, "the server does not allow this method on the requested resource: \(method.rawValue)")
        }
        self = .resource(
            ResourceRoute(
                verb: verb, group: group, version: version, resource: resource, namespace: namespace, name: name, subresource: subresource))
    }

    /// Whether two slashes follow one another, other than at the end.
    static func hasEmptySegment(_ path: String) -> Bool {
        var trimmed = path.utf8[...]
        while trimmed.last == UInt8(ascii: "/") { trimmed = trimmed.dropLast() }
        return zip(trimmed, trimmed.dropFirst()).contains { $0 == UInt8(ascii: "/") && $1 == UInt8(ascii: "/") }
    }

    private static let namespaceSubresources: Set = ["status", "finalize"]
}
