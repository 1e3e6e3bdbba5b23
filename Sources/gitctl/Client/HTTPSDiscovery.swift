import APIMachinery

extension HTTPSClient {
    private static let aggregated =
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

    /// Asks for the aggregated documents (Kubernetes 1.26 and later), and one by one where a server has only the old ones.
    package func resourceTypes() async throws(APIStatus) -> [ResourceType] {
        try await core() + groups()
    }

    private func core() async throws(APIStatus) -> [ResourceType] {
        let (document, contentType) = try await connection.answer(.GET, "/api", accept: Self.aggregated)
        if contentType.contains("APIGroupDiscoveryList") { return Self.types(aggregated: document) }
        return try await types(groupVersions: document["versions"]?.array?.compactMap(\.string) ?? [], root: "/api/")
    }

    private func groups() async throws(APIStatus) -> [ResourceType] {
        let (document, contentType) = try await connection.answer(.GET, "/apis", accept: Self.aggregated)
        if contentType.contains("APIGroupDiscoveryList") { return Self.types(aggregated: document) }
        let versions = (document["groups"]?.array ?? []).flatMap { group -> [String] in
            let preferred = group["preferredVersion"]?["groupVersion"]?.string
            let all = (group["versions"]?.array ?? []).compactMap { $0["groupVersion"]?.string }
            return all.filter { $0 == preferred } + all.filter { $0 != preferred }
        }
        return try await types(groupVersions: versions, root: "/apis/")
    }

    // MARK: The aggregated document

    private static func types(aggregated document: JSONObject) -> [ResourceType] {
        (document["items"]?.array ?? []).flatMap { group in
            (group["versions"]?.array ?? []).flatMap { version in
                (version["resources"]?.array ?? []).compactMap { resource in
                    type(resource, group: group["metadata"]?["name"]?.string ?? "", version: version["version"]?.string ?? "")
                }
            }
        }
    }

    private static func type(_ resource: JSON, group: String, version: String) -> ResourceType? {
        guard isStored(resource), let plural = resource["resource"]?.string, let kind = resource["responseKind"]?["kind"]?.string else { return nil }
        return ResourceType(
            group: group, version: version, kind: kind, plural: plural, singular: resource["singularResource"]?.string,
            shortNames: resource["shortNames"]?.array?.compactMap(\.string) ?? [],
            categories: resource["categories"]?.array?.compactMap(\.string) ?? [], isNamespaced: resource["scope"]?.string == "Namespaced",
            subresources: Set((resource["subresources"]?.array ?? []).compactMap { $0["subresource"]?.string }),
            verbs: (resource["verbs"]?.array ?? []).compactMap(\.string).sorted())
    }

    /// Reviews and their like are only created: there is nothing to read.
    private static func isStored(_ resource: JSON) -> Bool { resource["verbs"]?.array?.contains("get") ?? false }

    // MARK: The old documents

    private func types(groupVersions: [String], root: String) async throws(APIStatus) -> [ResourceType] {
        var types: [ResourceType] = []
        for text in groupVersions {
            guard let groupVersion = GroupVersion(text) else { continue }
            let document = try await connection.object(.GET, root + text)
            let resources = document["resources"]?.array ?? []
            for resource in resources where Self.isStored(resource) {
                guard let name = resource["name"]?.string, !name.contains("/"), let kind = resource["kind"]?.string else { continue }
                let subresources = resources.compactMap { $0["name"]?.string }.filter { $0.hasPrefix(name + "/") }.map { String($0.dropFirst(name.count + 1)) }
                types.append(
                    ResourceType(
                        group: groupVersion.group, version: groupVersion.version, kind: kind, plural: name,
                        singular: resource["singularName"]?.string?.isEmpty == false ? resource["singularName"]?.string : nil,
                        shortNames: resource["shortNames"]?.array?.compactMap(\.string) ?? [],
                        categories: resource["categories"]?.array?.compactMap(\.string) ?? [],
                        isNamespaced: resource["namespaced"]?.bool ?? false, subresources: Set(subresources),
                        verbs: (resource["verbs"]?.array ?? []).compactMap(\.string).sorted()))
            }
        }
        return types
    }
}
