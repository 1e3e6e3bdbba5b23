/// `namespace`: of all objects that have one, and of what refers to them.
struct NamespaceSetter {
    enum Subjects: String { case defaultOnly, allServiceAccounts, none }

    let namespace: String
    let specs: [FieldSpec]
    var onlyUnset = false
    var subjects = Subjects.defaultOnly

    func transform(_ map: inout ResourceMap) throws {
        for resource in map.resources where !resource.isGone {
            if resource.annotations["internal.config.kubernetes.io/helm-generated"] == "true" { continue }
            try resource.rememberID()
            try apply(to: resource)
        }
        map.invalidate()
        // Two objects that differed by namespace alone would now be one.
        try map.replaceAll(map.resources)
    }

    func apply(to resource: Resource) throws {
        let id = resource.id
        if !id.isClusterScoped {
            try FieldSpec(path: "metadata/namespace", create: true).apply(to: resource, creating: .scalar, set)
        }
        let isBinding = ["RoleBinding", "ClusterRoleBinding"].contains(id.kind)
        if isBinding { try setSubjects(of: resource) }
        for spec in specs where spec.path != "metadata/namespace" {
            if spec.path == "metadata/name", resource.apiVersion != "v1" { continue }
            if isBinding, ["RoleBinding", "ClusterRoleBinding"].contains(spec.kind.kind), spec.path == "subjects/namespace" {
                continue
            }
            try spec.apply(to: resource, creating: .scalar, tag: .string, set)
        }
    }

    private func set(_ field: YAMLValue) throws {
        if onlyUnset, !field.isEmpty, !field.text.isEmpty { return }
        try field.setScalar(.string(namespace))
    }

    private func setSubjects(of resource: Resource) throws {
        guard subjects != .none, let list = resource.value["subjects"], !list.isNull else { return }
        try list.require(.sequence)
        for subject in list.elements {
            let isMeant = subjects == .defaultOnly ? subject["name"]?.text == "default" : subject["kind"]?.text == "ServiceAccount"
            guard isMeant, let field = try subject.lookup(["namespace"], create: .scalar) else { continue }
            try set(field)
        }
    }
}
