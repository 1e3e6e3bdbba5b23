/// Rewrites the names by which objects refer to others, after those were renamed.
struct NameReferences {
    private let references: [TransformerConfig.NameReference]

    init(_ references: [TransformerConfig.NameReference]) { self.references = references }

    /// An object that may be referred to, as it is called now and was before.
    private struct Candidate {
        let resource: Resource
        let id: ResourceID
        let previous: [ResourceID]
        let prefixes: [String]
        let suffixes: [String]
        /// Namespaces of the accounts that a RoleBinding names.
        var accountNamespaces: Set<String> = []

        init(_ resource: Resource) throws {
            self.resource = resource
            id = resource.id
            previous = resource.previousIDs
            prefixes = resource.list(.prefixes)
            suffixes = resource.list(.suffixes)
            guard id.kind == "RoleBinding" else { return }
            for subject in resource.value["subjects"]?.elements ?? [] where subject["kind"]?.text == "ServiceAccount" {
                guard let namespace = subject["namespace"] else { continue }
                guard namespace.isString else {
                    throw KustomizeFailure(
                        "\(id.shown): a subject's namespace is \(namespace.kindName); write its name, or remove it",
                        at: resource.place)
                }
                accountNamespaces.insert(namespace.text)
            }
        }

        var originalID: ResourceID { previous.first ?? id }
    }

    func fix(_ map: inout ResourceMap) throws {
        let all = try map.resources.map(Candidate.init)
        var byName: [String: [Candidate]] = [:]
        for candidate in all {
            for name in Set(candidate.previous.map(\.name)) { byName[name, default: []].append(candidate) }
        }
        if byName.isEmpty { return }
        let namespaces = Set(all.map(\.originalID.effectiveNamespace))
        for referrer in all {
            let original = referrer.originalID
            for reference in references {
                for spec in reference.referrers where original.isSelected(by: spec.kind) {
                    let field = Field(
                        referrer: referrer, path: spec.path, target: reference.target, byName: byName, namespaces: namespaces)
                    // Already known to be meant, by what it was.
                    try FieldSpec(path: spec.path, create: spec.create).apply(to: referrer.resource) { try field.update($0) }
                }
            }
        }
        map.invalidate()
    }

    /// One field of one object that holds the name of another.
    private struct Field {
        let referrer: Candidate
        let path: String
        let target: KindSelector
        let byName: [String: [Candidate]]
        /// Those that objects belonged to before.
        let namespaces: Set<String>

        func update(_ value: YAMLValue) throws {
            switch value.content {
            case .scalar(let scalar): if scalar.tag != .null { try updateScalar(value) }
            case .mapping: try updateMapping(value)
            case .sequence(let elements):
                for element in elements where !element.isNull {
                    if element.isMapping { try updateMapping(element) } else { try updateScalar(element) }
                }
            }
        }

        private func updateScalar(_ value: YAMLValue) throws {
            try value.require(.scalar)
            guard let found = try select(value.text, from: candidates(value.text), sameNamespace: false),
                found.id.name != value.text
            else { return }
            try value.setScalar(.untagged(found.id.name))
        }

        private func updateMapping(_ value: YAMLValue) throws {
            guard let name = value["name"] else {
                throw KustomizeFailure("the field holds a mapping without name; correct the nameReference of the configuration")
            }
            var candidates = candidates(name.text)
            if let namespace = value["namespace"], !namespace.isNull {
                let byOriginal = candidates.filter { $0.originalID.effectiveNamespace == namespace.text }
                candidates =
                    namespaces.contains(namespace.text)
                    ? byOriginal : candidates.filter { $0.id.effectiveNamespace == namespace.text }
            }
            guard let found = try select(name.text, from: candidates, sameNamespace: true) else { return }
            if found.id.name == name.text, found.id.namespace.isEmpty { return }
            try value.set("name", .untagged(found.id.name))
            if !found.id.namespace.isEmpty { try value.set("namespace", .untagged(found.id.namespace)) }
        }

        /// Those that were called so, and that the referrer can see.
        private func candidates(_ name: String) -> [Candidate] {
            let found = byName[name] ?? []
            if referrer.id.isClusterScoped { return found }
            return found.filter { candidate in
                candidate.id.isClusterScoped || candidate.id.effectiveNamespace == referrer.id.effectiveNamespace
                    || referrer.accountNamespaces.contains(candidate.id.namespace)
            }
        }

        private func select(_ name: String, from all: [Candidate], sameNamespace: Bool) throws -> Candidate? {
            let role = roleReference
            var found = all.filter { candidate in
                guard candidate.previous.contains(where: { $0.isSelected(by: target) }) else { return false }
                if let role, !candidate.previous.contains(where: { $0.isSelected(by: role) }) { return false }
                return referrer.id.isClusterScoped || candidate.id.isClusterScoped || candidate.id.kind == "ServiceAccount"
                    || candidate.id.effectiveNamespace == referrer.id.effectiveNamespace
            }
            if found.count == 1 { return found[0] }
            found = found.filter { isInSameContext($0, mayBeEmpty: true) }
            if found.count > 1 { found = found.filter { isInSameContext($0, mayBeEmpty: false) } }
            guard let first = found.first else { return nil }
            let isUnique = found.allSatisfy {
                $0.id.name == first.id.name && (!sameNamespace || $0.id.namespace == first.id.namespace)
            }
            if isUnique { return first }
            throw KustomizeFailure(
                "\"\(name)\" could be any of \(found.map(\.id.shown).joined(separator: ", ")); give them different names")
        }

        /// The kind that a binding's roleRef names.
        private var roleReference: KindSelector? {
            guard path.hasSuffix("roleRef/name"), let reference = referrer.resource.value["roleRef"],
                let group = reference["apiGroup"],
                let kind = reference["kind"]
            else { return nil }
            return KindSelector(group: group.text, kind: kind.text)
        }

        private func isInSameContext(_ candidate: Candidate, mayBeEmpty: Bool) -> Bool {
            func agree(_ a: [String], _ b: [String]) -> Bool {
                if mayBeEmpty, a.isEmpty || b.isEmpty { return true }
                let (short, long) = a.count <= b.count ? (a, b) : (b, a)
                return short.isEmpty ? long.isEmpty : long.suffix(short.count).elementsEqual(short)
            }
            return agree(candidate.prefixes, referrer.prefixes) && agree(candidate.suffixes, referrer.suffixes)
        }
    }
}
