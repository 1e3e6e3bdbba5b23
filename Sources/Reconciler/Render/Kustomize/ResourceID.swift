/// What identifies an object to kustomize.
struct ResourceID: Hashable {
    var group = ""
    var version = ""
    var kind = ""
    var name = ""
    var namespace = ""

    /// The group and version of an `apiVersion`.
    static func parse(_ apiVersion: String) -> (group: String, version: String) {
        guard let slash = apiVersion.firstIndex(of: "/") else { return ("", apiVersion) }
        return (String(apiVersion[..<slash]), String(apiVersion[apiVersion.index(after: slash)...]))
    }

    var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    var isClusterScoped: Bool { KnownKinds.clusterScoped.contains("\(apiVersion) \(kind)") }

    /// An absent namespace is `default`; kinds known to have none share one that is none.
    var effectiveNamespace: String {
        if isClusterScoped { return "_non_namespaceable_" }
        return namespace.isEmpty ? "default" : namespace
    }

    /// With `effectiveNamespace` for the namespace: equal for objects that would be one.
    var canonical: ResourceID {
        var id = self
        id.namespace = effectiveNamespace
        return id
    }

    func isSame(as other: ResourceID) -> Bool { canonical == other.canonical }

    func isSelected(by selector: KindSelector) -> Bool {
        (selector.group.isEmpty || selector.group == group) && (selector.version.isEmpty || selector.version == version)
            && (selector.kind.isEmpty || selector.kind == kind)
    }

    /// `Deployment shop/web`, `Namespace shop`.
    var shown: String {
        "\(kind) \(namespace.isEmpty ? "" : namespace + "/")\(name)"
    }
}

/// Group, version and kind, each of which may be left open.
struct KindSelector: Hashable {
    var group = ""
    var version = ""
    var kind = ""

    var shown: String {
        let apiVersion = [group, version].filter { !$0.isEmpty }.joined(separator: "/")
        return [apiVersion, kind].filter { !$0.isEmpty }.joined(separator: " ")
    }
}
