/// The one seam between gitctl's parts: the Kubernetes API, in process or over HTTPS.
///
/// Written contract, held by every implementation (one test suite runs against all):
/// - a call that returned is durable and visible to every later read and watch;
/// - a watch begun at resource version *v* delivers every matching change after *v*, in order,
///   exactly once, or ends with `APIStatus` reason `expired`;
/// - errors are `APIStatus`, whatever failed (an unreachable server is `serviceUnavailable`).
package protocol ResourceClient: Sendable {
    /// A client that acts as `user`: every call is allowed what that user may, and recorded as its own.
    /// Calls fail with `forbidden` where this client's user may not impersonate that one.
    func impersonating(_ user: UserInfo) -> any ResourceClient

    /// The kinds that the server serves at this moment (discovery), preferred versions first.
    func resourceTypes() async throws(APIStatus) -> [ResourceType]

    func get(_ key: ObjectKey) async throws(APIStatus) -> Object

    /// The document of a subresource (`scale`, `status`).
    func getSubresource(_ key: ObjectKey, _ subresource: String) async throws(APIStatus) -> Object

    /// All matching objects of a type, of one namespace or (nil) of all.
    func list(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> ObjectList

    /// Changes after `options.resourceVersion`. Ends only by cancellation, `options.timeout`, or an error.
    func watch(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> WatchStream

    /// Creates `object` in its namespace; `metadata.name` may be empty when `generateName` is set.
    func create(_ type: ResourceType, _ object: Object, options: WriteOptions) async throws(APIStatus) -> Object

    /// Replaces an object (or its `subresource`); a set `resourceVersion` must be the current one.
    func update(_ type: ResourceType, _ object: Object, subresource: String?, options: WriteOptions) async throws(APIStatus)
        -> Object

    /// Patches an object (or its `subresource`).
    func patch(_ key: ObjectKey, _ patch: Patch, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object

    /// Begins (or completes) deletion; returns the object as it is after that.
    @discardableResult
    func delete(_ key: ObjectKey, options: DeleteOptions) async throws(APIStatus) -> Object

    /// Creates a subresource document (`pods/binding`, `serviceaccounts/token`, `pods/eviction`).
    @discardableResult
    func createSubresource(_ key: ObjectKey, _ subresource: String, _ body: Object, options: WriteOptions) async throws(APIStatus)
        -> Object
}

extension ResourceClient {
    package func list(_ type: ResourceType, namespace: String? = nil) async throws(APIStatus) -> ObjectList {
        try await list(type, namespace: namespace, options: ListOptions())
    }
    package func create(_ type: ResourceType, _ object: Object) async throws(APIStatus) -> Object {
        try await create(type, object, options: WriteOptions())
    }
    package func update(_ type: ResourceType, _ object: Object, subresource: String? = nil) async throws(APIStatus) -> Object {
        try await update(type, object, subresource: subresource, options: WriteOptions())
    }
    @discardableResult
    package func patch(_ key: ObjectKey, _ patch: Patch, subresource: String? = nil) async throws(APIStatus) -> Object {
        try await self.patch(key, patch, subresource: subresource, options: WriteOptions())
    }
    @discardableResult
    package func delete(_ key: ObjectKey) async throws(APIStatus) -> Object {
        try await delete(key, options: DeleteOptions())
    }
}

/// What a list or watch asks for. Field meanings: API reference, meta/v1 ListOptions.
package struct ListOptions: Sendable {
    package var labelSelector: LabelSelector = .everything
    package var fieldSelector: FieldSelector = .everything
    /// Objects per page; 0 is all.
    package var limit: Int = 0
    package var continueToken: String = ""
    package var resourceVersion: String = ""
    package var resourceVersionMatch: String = ""
    package var allowWatchBookmarks = false
    package var sendInitialEvents = false
    /// The reader wants objects in their `watchedForm`. A hint: a client in the server's process answers so, and all such
    /// readers share one tree of an object; others answer whole objects.
    package var wantsWatchedForm = false
    /// How long a watch lasts; nil is as long as the server likes.
    package var timeout: Duration?

    package init() {}
}

package struct ObjectList: Sendable {
    package var items: [Object]
    /// The store's version of which `items` is a consistent snapshot.
    package var resourceVersion: String
    package var continueToken: String
    package var remainingItemCount: Int?

    package init(items: [Object], resourceVersion: String, continueToken: String = "", remainingItemCount: Int? = nil) {
        self.items = items
        self.resourceVersion = resourceVersion
        self.continueToken = continueToken
        self.remainingItemCount = remainingItemCount
    }
}

/// Options of create, update and patch. Source: API reference, meta/v1 {Create,Update,Patch}Options.
package struct WriteOptions: Sendable {
    package enum FieldValidation: String, Sendable {
        case strict = "Strict"
        case warn = "Warn"
        case ignore = "Ignore"
    }

    package var isDryRun = false
    /// Empty: the server derives one from the client's name.
    package var fieldManager = ""
    /// Takes over fields that other managers own; server-side apply alone.
    package var force = false
    package var fieldValidation = FieldValidation.warn

    package init() {}
    package init(isDryRun: Bool = false, fieldManager: String = "", force: Bool = false, fieldValidation: FieldValidation = .warn) {
        self.isDryRun = isDryRun
        self.fieldManager = fieldManager
        self.force = force
        self.fieldValidation = fieldValidation
    }
}

package struct DeleteOptions: Sendable {
    package enum Propagation: String, Sendable {
        case background = "Background"
        case foreground = "Foreground"
        case orphan = "Orphan"
    }

    package var isDryRun = false
    /// nil: the object's own default (30 s for pods unless the spec says otherwise).
    package var gracePeriodSeconds: Int?
    package var propagation: Propagation?
    package var preconditionUID: String?
    package var preconditionResourceVersion: String?

    package init() {}
}

/// The four ways to patch.
package enum Patch: Sendable {
    /// RFC 6902.
    case json(JSON)
    /// RFC 7386.
    case merge(JSON)
    case strategicMerge(JSON)
    /// Server-side apply: the fields that the manager in `WriteOptions.fieldManager` wants.
    case apply(JSON)
}

/// One event of a watch.
package enum WatchEvent: Sendable {
    case added(Object)
    case modified(Object)
    /// The object's last state, with the resource version of the deletion.
    case deleted(Object)
    /// The watch has seen everything up to this version. `endsInitialEvents`: the initial list is complete.
    case bookmark(resourceVersion: String, endsInitialEvents: Bool)
}

/// The events of one watch, in order; throws `APIStatus` when it breaks.
///
/// Cancelling the consuming task, or dropping the stream, ends the watch.
package struct WatchStream: AsyncSequence, Sendable {
    package typealias Element = WatchEvent
    package typealias Failure = any Error

    private let stream: AsyncThrowingStream<WatchEvent, any Error>

    package init(_ stream: AsyncThrowingStream<WatchEvent, any Error>) { self.stream = stream }

    package func makeAsyncIterator() -> AsyncThrowingStream<WatchEvent, any Error>.AsyncIterator {
        stream.makeAsyncIterator()
    }
}
