import APIMachinery

/// What a subresource accepts and answers: what discovery says of it, and what the verbs check.
package struct Subresource: Sendable {
    /// nil: the kind of the resource itself.
    package var kind: GroupVersionKind?
    package var verbs: [ResourceRoute.Verb]

    private init(_ kind: GroupVersionKind? = nil, _ verbs: ResourceRoute.Verb...) {
        self.kind = kind
        self.verbs = verbs
    }

    /// The subresources that are served, by name. A type names those that it has; what is not here is not served.
    package static let served: [String: Subresource] = [
        "status": Subresource(nil, .get, .patch, .update),
        "scale": Subresource(GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale"), .get, .patch, .update),
        "log": Subresource(nil, .get),
        "binding": Subresource(GroupVersionKind(group: "", version: "v1", kind: "Binding"), .create),
        "eviction": Subresource(GroupVersionKind(group: "policy", version: "v1", kind: "Eviction"), .create),
        "token": Subresource(GroupVersionKind(group: "authentication.k8s.io", version: "v1", kind: "TokenRequest"), .create),
        "finalize": Subresource(nil, .update),
        "approval": Subresource(nil, .get, .patch, .update),
        "ephemeralcontainers": Subresource(nil, .get, .patch, .update),
        "resize": Subresource(nil, .get, .patch, .update),
    ]

    package static func named(_ name: String, of type: ResourceType) -> Subresource? {
        type.subresources.contains(name) ? served[name] : nil
    }
}
