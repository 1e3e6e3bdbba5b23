import APIMachinery

/// One document: paths and the definitions they reach, encoded piece by piece so that no tree of the whole exists.
struct OpenAPIDocument {
    let dialect: OpenAPIDialect
    let types: [ResourceType]
    let schema: Schema
    var custom: [CustomVersion] = []

    private static let title = "gitctl"
    /// What operations refer to beside the kinds.
    private static let common = [
        GroupVersionKind(group: "", version: "v1", kind: "Status"), GroupVersionKind(group: "", version: "v1", kind: "DeleteOptions"),
    ]

    private static let info: JSON = ["title": .string(title), "version": "v1.36.0"]

    /// As JSON.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
        var isFirst = true
        func member(_ key: String, _ value: JSON) {
            if !isFirst { append(",") }
            isFirst = false
            JSON.string(key).encode(into: &bytes)
            append(":")
            value.encode(into: &bytes)
        }
        append(dialect == .v2 ? #"{"swagger":"2.0","info":\#(Self.info.text),"paths":{"# : #"{"openapi":"3.0.0","info":\#(Self.info.text),"paths":{"#)
        visitPaths(member)
        append(dialect == .v2 ? #"},"definitions":{"# : #"},"components":{"schemas":{"#)
        isFirst = true
        visitDefinitions(member)
        append(dialect == .v2 ? "}}" : "}}}")
        return bytes
    }

    /// Swagger 2.0 as gnostic's protobuf, which older kubectl, Helm and Argo CD ask for.
    func protobuf() -> [UInt8] {
        var document = OpenAPIProtobuf.Document(info: Self.info)
        visitPaths { path, item in document.add(path: path, item) }
        visitDefinitions { name, definition in document.add(definition: name, definition) }
        return document.encoded()
    }

    private func visitPaths(_ visit: (String, JSON) -> Void) {
        let paths = OpenAPIPaths(dialect: dialect, names: names, custom: Set(custom.map(\.type)))
        for type in types { for (path, item) in paths.items(of: type) { visit(path, item) } }
    }

    private func visitDefinitions(_ visit: (String, JSON) -> Void) {
        let definitions = OpenAPIDefinitions(dialect: dialect, schema: schema, kinds: kindsByName)
        definitions.walk(from: kinds, visit)
        for version in custom {
            for (name, definition) in OpenAPICustom(dialect: dialect, version: version).definitions { visit(name, definition) }
        }
    }

    private var kinds: [GroupVersionKind] {
        var kinds = Self.common
        for type in types {
            kinds.append(type.gvk)
            kinds.append(Self.list(type.gvk))
            for name in type.subresources { if let kind = Subresource.named(name, of: type)?.kind { kinds.append(kind) } }
        }
        return kinds
    }

    static func list(_ gvk: GroupVersionKind) -> GroupVersionKind {
        GroupVersionKind(group: gvk.group, version: gvk.version, kind: gvk.kind + "List")
    }

    private var kindsByName: [String: [GroupVersionKind]] {
        var byName: [String: [GroupVersionKind]] = [:]
        for kind in Set(kinds) { if let name = schema.node(kind)?.name { byName[name, default: []].append(kind) } }
        return byName
    }

    /// The definitions' names of the kinds that have one.
    private var names: [GroupVersionKind: String] {
        var names: [GroupVersionKind: String] = [:]
        for kind in Set(kinds) { names[kind] = schema.node(kind)?.name }
        for version in custom {
            names[version.type.gvk] = OpenAPICustom.name(of: version.type.gvk)
            names[Self.list(version.type.gvk)] = OpenAPICustom.name(of: Self.list(version.type.gvk))
        }
        return names
    }
}
