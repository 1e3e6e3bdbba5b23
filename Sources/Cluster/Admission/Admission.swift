import APIMachinery

/// What the server adds to or refuses of a write beyond its kind's schema and rules.
///
/// Pure: reads other objects through the request's `lookup` and changes only the object. `mutate`
/// runs before validation, `judge` after it; webhooks follow each of them (`Webhooks`).
package enum Admission {
    /// Source: API reference, admission.k8s.io/v1 AdmissionRequest.
    enum Operation: String, Sendable {
        case create = "CREATE"
        case update = "UPDATE"
        case delete = "DELETE"
        case connect = "CONNECT"
    }

    struct Request: Sendable {
        var operation: Operation
        var type: ResourceType
        var subresource: String?
        var namespace: String
        /// Empty where the server has yet to make one.
        var name: String
        /// The stored object; nil on create.
        var old: Object?
        var user: UserInfo
        var isDryRun: Bool
        /// The newest version of another object: type, namespace, name.
        var lookup: @Sendable (ResourceType, String, String) -> Object?
        /// The newest versions of a kind's objects in a namespace ("" for cluster-scoped kinds).
        var list: @Sendable (ResourceType, String) -> [Object]
        /// Five random characters.
        var suffix: @Sendable () -> String
        /// Takes the texts of `Warning:` headers.
        var warn: @Sendable (String) -> Void
        /// Takes what the audit shall say of the request: key, value.
        var annotate: @Sendable (String, String) -> Void

        var isCreate: Bool { operation == .create && subresource == nil }
        /// A create or an update of the object itself.
        var isWrite: Bool { subresource == nil && (operation == .create || operation == .update) }
    }

    typealias Plugin = @Sendable (inout Object, Request) throws(APIStatus) -> Void
    typealias Judge = @Sendable (Object, Request) throws(APIStatus) -> Void

    /// In Kubernetes' order.
    private static let plugins: [Plugin] = [
        namespaceLifecycle, limitDefaults, serviceAccount, priority, defaultTolerations, runtimeClass,
        defaultStorageClass, storageProtection, jobSelector,
    ]

    private static let judges: [Judge] = [limits, podSecurity, singleDefaultPriority, runtimeOverhead]

    static func mutate(_ object: inout Object, _ request: Request) throws(APIStatus) {
        for plugin in plugins { try plugin(&object, request) }
    }

    /// Judges what is about to be stored: nothing may change it any more.
    static func judge(_ object: Object, _ request: Request) throws(APIStatus) {
        for judge in judges { try judge(object, request) }
    }
}
