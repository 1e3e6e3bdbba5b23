import APIMachinery

/// Objects from the text of a file or of a patch: several documents, Lists expanded.
enum ResourceReader {
    static func resources(parsing bytes: [UInt8], path: String) throws -> [Resource] {
        let documents = try YAMLValue.documents(parsing: withoutCarriageReturns(bytes), path: path)
        var queue: [Resource] = []
        for document in documents {
            let origin = Resource.Origin(
                path: path, document: document.index, place: FieldPath(), line: document.line, column: document.column)
            let resource = Resource(document.value, origin: origin)
            let isWrapped =
                documents.count == 1 && ["List", "ResourceList"].contains(resource.kind) && document.value["items"] != nil
            queue += isWrapped ? items(of: resource) : [resource]
        }
        queue = queue.filter { !$0.isGone }
        for resource in queue { try validate(resource) }
        return try expandingLists(queue)
    }

    /// Windows' line ends as `\n`, as kustomize takes them; any other carriage return stays.
    private static func withoutCarriageReturns(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(13) else { return bytes }
        return bytes.indices.filter { bytes[$0] != 13 || $0 + 1 == bytes.count || bytes[$0 + 1] != 10 }.map { bytes[$0] }
    }

    private static func items(of list: Resource) -> [Resource] {
        (list.value["items"]?.elements ?? []).enumerated().map { index, value in
            var origin = list.origin
            origin.place = FieldPath([.key("items"), .index(index)])
            return Resource(value, origin: origin)
        }
    }

    /// A typed list's items come after everything else of the file, as kustomize has it.
    private static func expandingLists(_ resources: [Resource]) throws -> [Resource] {
        var queue = resources[...]
        var result: [Resource] = []
        while let resource = queue.popFirst() {
            guard resource.kind.hasSuffix("List"), let list = resource.value["items"] else {
                result.append(resource)
                continue
            }
            if list.isNull { continue }
            guard list.isSequence else {
                throw KustomizeFailure("items of a \(resource.kind) must be a list, found \(list.kindName)", at: resource.place)
            }
            for item in items(of: resource) {
                let canonical = Resource(YAMLValue(json: try item.value.json()), origin: item.origin)
                if canonical.isGone { continue }
                try validate(canonical)
                queue.append(canonical)
            }
        }
        return result
    }

    private static func validate(_ resource: Resource) throws {
        guard resource.value.isMapping else {
            throw KustomizeFailure(
                "expected a Kubernetes object (apiVersion, kind, metadata, …), found \(resource.value.kindName)", at: resource.place
            )
        }
        if resource.kind.isEmpty {
            throw KustomizeFailure(
                "no kind: not a Kubernetes object; add it, or remove the file from the kustomization", at: resource.place)
        }
        if resource.kind.hasSuffix("List") { return }
        if resource.name.isEmpty {
            throw KustomizeFailure("\(resource.kind): metadata.name is missing; give the object a name", at: resource.place)
        }
    }
}
