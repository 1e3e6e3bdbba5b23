import APIMachinery

/// The operations of a kind: what the verbs accept and answer.
struct OpenAPIPaths {
    let dialect: OpenAPIDialect
    /// Definitions by kind; a kind without one is described as any object.
    let names: [GroupVersionKind: String]
    /// The types that definitions add.
    var custom: Set<ResourceType> = []

    private static let mediaTypes = ["application/json", "application/yaml"]

    /// Paths with their path items.
    func items(of type: ResourceType) -> [(String, JSON)] {
        let base = (type.group.isEmpty ? "/api/" : "/apis/") + type.gvk.apiVersion
        let collection = type.isNamespaced ? "\(base)/namespaces/{namespace}/\(type.plural)" : "\(base)/\(type.plural)"
        let place = type.isNamespaced ? "Namespaced" : ""
        if Review.allCases.contains(where: { $0.type == type }) {
            let create = operation("create\(place)\(type.kind)", "post", type.gvk, Self.writing, body: type.gvk, answer: type.gvk)
            return [(collection, item(["post": create], parameters: type.isNamespaced ? ["namespace"] : []))]
        }
        let list = OpenAPIDocument.list(type.gvk)
        var items: [(String, JSON)] = [
            (
                collection,
                item(
                    [
                        "get": operation("list\(place)\(type.kind)", "list", type.gvk, Self.listing, answer: list),
                        "post": operation("create\(place)\(type.kind)", "post", type.gvk, Self.writing, body: type.gvk, answer: type.gvk),
                        "delete": operation(
                            "deleteCollection\(place)\(type.kind)", "deletecollection", type.gvk, Self.listing + Self.deleting,
                            body: Self.deleteOptions, answer: Self.status),
                    ], parameters: type.isNamespaced ? ["namespace"] : [])
            ),
            (
                collection + "/{name}",
                item(
                    [
                        "get": operation("read\(place)\(type.kind)", "get", type.gvk, ["pretty"], answer: type.gvk),
                        "put": operation("replace\(place)\(type.kind)", "put", type.gvk, Self.writing, body: type.gvk, answer: type.gvk),
                        "patch": patch("patch\(place)\(type.kind)", type, type.gvk),
                        "delete": operation(
                            "delete\(place)\(type.kind)", "delete", type.gvk, Self.deleting, body: Self.deleteOptions, answer: Self.status),
                    ], parameters: type.isNamespaced ? ["name", "namespace"] : ["name"])
            ),
        ]
        if type.isNamespaced {
            let listAll = operation("list\(type.kind)ForAllNamespaces", "list", type.gvk, Self.listing, answer: list)
            items.append(("\(base)/\(type.plural)", item(["get": listAll], parameters: [])))
        }
        items = items.compactMap { path, item in Self.served(item, type).map { (path, $0) } }
        for name in type.subresources.sorted() {
            guard let subresource = Subresource.named(name, of: type) else { continue }
            let gvk = subresource.kind ?? type.gvk
            // Several versions of a kind share the kind of a subresource.
            let origin = gvk.groupVersion == type.gvk.groupVersion ? "" : type.group.filter(\.isLetter) + type.version
            let suffix = "\(place)\(type.kind)\(name.prefix(1).uppercased())\(name.dropFirst())\(origin)"
            var operations = JSONObject()
            for verb in subresource.verbs {
                switch verb {
                case .get: operations["get"] = operation("read\(suffix)", "get", gvk, name == "log" ? Self.logging : ["pretty"], answer: gvk)
                case .update: operations["put"] = operation("replace\(suffix)", "put", gvk, Self.writing, body: gvk, answer: gvk)
                case .patch: operations["patch"] = patch("patch\(suffix)", type, gvk)
                default: operations["post"] = operation("create\(suffix)", "post", gvk, Self.writing, body: gvk, answer: gvk)
                }
            }
            let parameters = type.isNamespaced ? ["name", "namespace"] : ["name"]
            items.append(("\(collection)/{name}/\(name)", item(operations, parameters: parameters)))
        }
        return items
    }

    /// The operations that the kind has; nil when it has none of them.
    private static func served(_ item: JSON, _ type: ResourceType) -> JSON? {
        guard var operations = item.object else { return nil }
        let verbs = ["post": "create", "put": "update"]
        for operation in operations {
            guard let action = operation.value["x-kubernetes-action"]?.string else { continue }
            if !type.verbs.contains(verbs[action] ?? action) { operations[operation.key] = nil }
        }
        return operations.contains { $0.key != "parameters" } ? .object(operations) : nil
    }

    private static let status = GroupVersionKind(group: "", version: "v1", kind: "Status")
    private static let deleteOptions = GroupVersionKind(group: "", version: "v1", kind: "DeleteOptions")
    private static let writing = ["dryRun", "fieldManager", "fieldValidation", "pretty"]
    private static let deleting = ["dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy", "pretty"]
    private static let listing = [
        "allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "pretty", "resourceVersion", "resourceVersionMatch",
        "sendInitialEvents", "timeoutSeconds", "watch",
    ]
    private static let logging = [
        "container", "follow", "limitBytes", "pretty", "previous", "sinceSeconds", "sinceTime", "tailLines", "timestamps",
    ]
    private static let booleans: Set = [
        "allowWatchBookmarks", "sendInitialEvents", "watch", "force", "follow", "previous", "timestamps", "orphanDependents",
    ]
    private static let integers: Set = ["limit", "timeoutSeconds", "gracePeriodSeconds", "limitBytes", "sinceSeconds", "tailLines"]

    private func item(_ operations: JSONObject, parameters: [String]) -> JSON {
        var item = operations
        if !parameters.isEmpty {
            item["parameters"] = .array(
                parameters.map { name in
                    var parameter: JSONObject = ["name": .string(name), "in": "path", "required": true]
                    describe("string", in: &parameter)
                    return .object(parameter)
                })
        }
        return .object(item)
    }

    private func describe(_ type: String, in parameter: inout JSONObject) {
        if dialect == .v2 { parameter["type"] = .string(type) } else { parameter["schema"] = ["type": .string(type)] }
    }

    private func operation(
        _ id: String, _ action: String, _ gvk: GroupVersionKind, _ parameters: [String], body: GroupVersionKind? = nil, answer: GroupVersionKind
    ) -> JSON {
        operation(id, action, gvk, parameters, bodySchema: body.map(reference), bodyTypes: ["application/json", "application/yaml"], answer: answer)
    }

    /// Custom kinds have no strategic merge, as in Kubernetes.
    private func patch(_ id: String, _ type: ResourceType, _ gvk: GroupVersionKind) -> JSON {
        var types = PatchKind.allCases
        if type == .applications || custom.contains(type) { types.removeAll { $0 == .strategicMerge } }
        return operation(
            id, "patch", gvk, Self.writing + ["force"], bodySchema: ["type": "object"], bodyTypes: types.map(\.rawValue), answer: gvk)
    }

    private func operation(
        _ id: String, _ action: String, _ gvk: GroupVersionKind, _ parameters: [String], bodySchema: JSON?, bodyTypes: [String],
        answer: GroupVersionKind
    ) -> JSON {
        var parameters = parameters.map { name -> JSON in
            var parameter: JSONObject = ["name": .string(name), "in": "query"]
            describe(Self.booleans.contains(name) ? "boolean" : Self.integers.contains(name) ? "integer" : "string", in: &parameter)
            return .object(parameter)
        }
        let operationID = id + (gvk.group.isEmpty ? "Core" : gvk.group.filter(\.isLetter)) + gvk.version
        var operation: JSONObject = [
            "operationId": .string(operationID), "x-kubernetes-action": .string(action), "x-kubernetes-group-version-kind": gvk.openAPI,
        ]
        switch dialect {
        case .v2:
            if let bodySchema {
                parameters.append(["name": "body", "in": "body", "schema": bodySchema])
                operation["consumes"] = JSON(bodyTypes)
            }
            operation["produces"] = JSON(Self.mediaTypes)
            operation["responses"] = ["200": ["description": "OK", "schema": reference(answer)]]
        case .v3:
            if let bodySchema { operation["requestBody"] = ["content": content(bodyTypes, bodySchema)] }
            operation["responses"] = ["200": ["description": "OK", "content": content(Self.mediaTypes, reference(answer))]]
        }
        operation["parameters"] = .array(parameters)
        return .object(operation)
    }

    private func content(_ types: [String], _ schema: JSON) -> JSON {
        .object(JSONObject(types.map { .init(key: $0, value: ["schema": schema]) }))
    }

    private func reference(_ gvk: GroupVersionKind) -> JSON {
        names[gvk].map { ["$ref": .string(dialect.definitionPrefix + $0)] } ?? ["type": "object"]
    }
}
