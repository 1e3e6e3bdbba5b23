import APIMachinery
import Crypto
import NIOHTTP1

/// Tells clients which kinds are served: the old per-group documents, and the aggregated one (KEP-3352).
struct Discovery {
    /// The stored kinds, with all verbs.
    let types: [ResourceType]
    /// The kinds that are only created.
    let reviews: [ResourceType]

    private func verbs(_ type: ResourceType) -> JSON {
        reviews.contains(type) ? ["create"] : JSON(type.verbs)
    }

    /// Groups in the order in which their first kinds were registered, each with its versions in order of preference.
    private func groups(isCore: Bool) -> [(name: String, versions: [String])] {
        var groups: [(name: String, versions: [String])] = []
        for type in types + reviews where type.group.isEmpty == isCore {
            if let index = groups.firstIndex(where: { $0.name == type.group }) {
                if !groups[index].versions.contains(type.version) { groups[index].versions.append(type.version) }
            } else {
                groups.append((type.group, [type.version]))
            }
        }
        return groups
    }

    private func types(group: String, version: String) -> [ResourceType] {
        (types + reviews).filter { $0.group == group && $0.version == version }.sorted { $0.plural < $1.plural }
    }

    private func subresources(of type: ResourceType) -> [(name: String, subresource: Subresource)] {
        type.subresources.sorted().compactMap { name in Subresource.named(name, of: type).map { (name, $0) } }
    }

    // MARK: Routes

    /// `/api`, `/api/v1`.
    func core(_ request: Request) -> Reply {
        let parts = request.path.split(separator: "/")
        if parts.count == 2 { return resources(group: "", version: String(parts[1])) }
        if let version = Self.aggregatedVersion(request) { return aggregated(request, isCore: true, version: version) }
        return Self.reply([
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": .string(request.headers.first(name: "host") ?? "")]],
        ])
    }

    /// `/apis`, `/apis/GROUP`, `/apis/GROUP/VERSION`.
    func groups(_ request: Request) throws(APIStatus) -> Reply {
        let parts = request.path.split(separator: "/").map(String.init)
        switch parts.count {
        case 3: return resources(group: parts[1], version: parts[2])
        case 2:
            guard let group = groups(isCore: false).first(where: { $0.name == parts[1] }) else { throw APIServer.unknownPath }
            var document = Self.group(group)
            document["apiVersion"] = "v1"
            document["kind"] = "APIGroup"
            return Self.reply(.object(document))
        default:
            if let version = Self.aggregatedVersion(request) { return aggregated(request, isCore: false, version: version) }
            return Self.reply([
                "kind": "APIGroupList", "apiVersion": "v1", "groups": .array(groups(isCore: false).map { .object(Self.group($0)) }),
            ])
        }
    }

    private static func group(_ group: (name: String, versions: [String])) -> JSONObject {
        let versions = group.versions.map { version -> JSON in
            ["groupVersion": .string(GroupVersion(group: group.name, version: version).description), "version": .string(version)]
        }
        return ["name": .string(group.name), "versions": .array(versions), "preferredVersion": versions[0]]
    }

    /// APIResourceList of one group and version.
    private func resources(group: String, version: String) -> Reply {
        let types = types(group: group, version: version)
        guard !types.isEmpty else { return Reply(.now(Response(APIServer.unknownPath))) }
        var resources: [JSON] = []
        for type in types {
            var resource: JSONObject = [
                "name": .string(type.plural), "singularName": .string(type.singular), "namespaced": .bool(type.isNamespaced),
                "kind": .string(type.kind), "verbs": verbs(type),
            ]
            if !type.shortNames.isEmpty { resource["shortNames"] = JSON(type.shortNames) }
            if !type.categories.isEmpty { resource["categories"] = JSON(type.categories) }
            resources.append(.object(resource))
            for (name, subresource) in subresources(of: type) {
                var entry: JSONObject = [
                    "name": .string("\(type.plural)/\(name)"), "singularName": "", "namespaced": .bool(type.isNamespaced),
                    "kind": .string(subresource.kind?.kind ?? type.kind), "verbs": JSON(subresource.verbs.map(\.rawValue)),
                ]
                if let kind = subresource.kind, kind.groupVersion != type.gvk.groupVersion {
                    entry["group"] = .string(kind.group)
                    entry["version"] = .string(kind.version)
                }
                resources.append(.object(entry))
            }
        }
        return Self.reply([
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(GroupVersion(group: group, version: version).description),
            "resources": .array(resources),
        ])
    }

    // MARK: The aggregated document

    /// The version of APIGroupDiscoveryList that the client wants first; nil when it wants the old documents.
    private static func aggregatedVersion(_ request: Request) -> String? {
        for type in MediaType.accepted(request.headers.first(name: "accept")) {
            guard type.name == "application/json" || type.name == "*/*" else { continue }
            guard type.parameters["as"] == "APIGroupDiscoveryList" else { return nil }
            if type.parameters["g"] == "apidiscovery.k8s.io", let version = type.parameters["v"], ["v2", "v2beta1"].contains(version) { return version }
        }
        return nil
    }

    private func aggregated(_ request: Request, isCore: Bool, version: String) -> Reply {
        let items = groups(isCore: isCore).map { group -> JSON in
            [
                "metadata": ["name": .string(group.name), "creationTimestamp": .null],
                "versions": .array(
                    group.versions.map { groupVersion in
                        [
                            "version": .string(groupVersion), "freshness": "Current",
                            "resources": .array(types(group: group.name, version: groupVersion).map(aggregated)),
                        ]
                    }),
            ]
        }
        let document: JSON = [
            "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/\(version)", "metadata": [:], "items": .array(items),
        ]
        return Self.reply(
            document, contentType: "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList", cachedBy: request)
    }

    private func aggregated(_ type: ResourceType) -> JSON {
        func kind(_ gvk: GroupVersionKind) -> JSON {
            ["group": .string(gvk.group), "version": .string(gvk.version), "kind": .string(gvk.kind)]
        }
        var resource: JSONObject = [
            "resource": .string(type.plural), "responseKind": kind(type.gvk), "scope": type.isNamespaced ? "Namespaced" : "Cluster",
            "singularResource": .string(type.singular), "verbs": verbs(type),
        ]
        if !type.shortNames.isEmpty { resource["shortNames"] = JSON(type.shortNames) }
        if !type.categories.isEmpty { resource["categories"] = JSON(type.categories) }
        let subresources = subresources(of: type)
        if !subresources.isEmpty {
            resource["subresources"] = .array(
                subresources.map { name, subresource in
                    [
                        "subresource": .string(name), "responseKind": kind(subresource.kind ?? type.gvk),
                        "verbs": JSON(subresource.verbs.map(\.rawValue)),
                    ]
                })
        }
        return .object(resource)
    }

    // MARK: Answers

    private static func reply(_ json: JSON) -> Reply { Reply(.now(.json(json))) }

    /// With an ETag, and 304 for a client that has the document.
    private static func reply(_ json: JSON, contentType: String, cachedBy request: Request) -> Reply {
        Reply(.now(.cacheable(json.encoded(), contentType: contentType, request: request)))
    }
}

extension Response {
    /// An answer with a strong ETag, or 304 when the client's `If-None-Match` names it (RFC 9110 §13.1.2).
    static func cacheable(_ bytes: [UInt8], contentType: String, request: Request) -> Response {
        let hash = SHA256.hash(data: bytes).prefix(16).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }.joined()
        let tag = "\"\(hash)\""
        if isKnown(tag, to: request) { return notModified(tag) }
        var response = Response(contentType: contentType, body: .bytes(bytes))
        response.tag(tag)
        return response
    }

    /// Whether the client has the document of this tag.
    static func isKnown(_ tag: String, to request: Request) -> Bool {
        let known = request.headers[canonicalForm: "if-none-match"].map { $0.hasPrefix("W/") ? $0.dropFirst(2) : $0 }
        return known.contains { $0 == tag || $0 == "*" }
    }

    static func notModified(_ tag: String) -> Response {
        var response = Response(status: .notModified, contentType: "", body: .bytes([]))
        response.tag(tag)
        return response
    }

    mutating func tag(_ tag: String) {
        headers.replaceOrAdd(name: "etag", value: tag)
        headers.replaceOrAdd(name: "vary", value: "Accept")
    }
}
