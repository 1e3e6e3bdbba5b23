import APIMachinery

extension Admission {
    /// The label by which selectors find a namespace. Source: KEP-2161.
    static let namespaceNameLabel = "kubernetes.io/metadata.name"

    /// Content goes into namespaces that exist and stay; a namespace carries its name as a label.
    static let namespaceLifecycle: Plugin = { object, request throws(APIStatus) in
        if request.type == .namespaces {
            object.set(.string(object.name), at: ["metadata", "labels", namespaceNameLabel])
            return
        }
        guard request.isCreate, request.type.isNamespaced else { return }
        guard let namespace = request.lookup(.namespaces, "", object.namespace) else { throw .notFound(.namespaces, name: object.namespace) }
        guard namespace.isDeleting || namespace["status", "phase"]?.string == "Terminating" else { return }
        throw .forbidden(
            request.type, name: object.name,
            "unable to create new content in namespace \(object.namespace) because it is being terminated",
            causes: [
                .init(reason: "NamespaceTerminating", message: "namespace \(object.namespace) is being terminated", field: "metadata.namespace")
            ])
    }
}
