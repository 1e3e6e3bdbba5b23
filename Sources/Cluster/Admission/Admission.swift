import APIMachinery

/// What the server adds to or refuses of a write beyond its kind's schema and rules.
///
/// Pure: reads other objects through `lookup` and changes only the object. Runs in the order of
/// `plugins`, on create and update, dry runs included.
package enum Admission {
    struct Request: Sendable {
        var type: ResourceType
        /// The stored object; nil on create.
        var old: Object?
        /// The newest version of another object: type, namespace, name.
        var lookup: @Sendable (ResourceType, String, String) -> Object?
        /// Five random characters.
        var suffix: @Sendable () -> String

        var isCreate: Bool { old == nil }
    }

    typealias Plugin = @Sendable (inout Object, Request) throws(APIStatus) -> Void

    private static let plugins: [Plugin] = [
        namespaceLifecycle, serviceAccount, defaultTolerations, priority, storageProtection, jobSelector,
    ]

    static func admit(_ object: inout Object, _ request: Request) throws(APIStatus) {
        for plugin in plugins { try plugin(&object, request) }
    }
}
