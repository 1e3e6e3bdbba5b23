import APIMachinery

/// The API of a cluster whose daemon has ended: every call answers `serviceUnavailable`.
struct StoppedCluster: ResourceClient {
    private var status: APIStatus { APIStatus(.serviceUnavailable, "the daemon has ended") }

    func impersonating(_ user: UserInfo) -> any ResourceClient { self }
    func resourceTypes() async throws(APIStatus) -> [ResourceType] { throw status }
    func get(_ key: ObjectKey) async throws(APIStatus) -> Object { throw status }
    func getSubresource(_ key: ObjectKey, _ subresource: String) async throws(APIStatus) -> Object { throw status }
    func list(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> ObjectList { throw status }
    func watch(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> WatchStream { throw status }
    func create(_ type: ResourceType, _ object: Object, options: WriteOptions) async throws(APIStatus) -> Object { throw status }
    func update(_ type: ResourceType, _ object: Object, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object {
        throw status
    }
    func patch(_ key: ObjectKey, _ patch: Patch, subresource: String?, options: WriteOptions) async throws(APIStatus) -> Object {
        throw status
    }
    func delete(_ key: ObjectKey, options: DeleteOptions) async throws(APIStatus) -> Object { throw status }
    func createSubresource(_ key: ObjectKey, _ subresource: String, _ body: Object, options: WriteOptions) async throws(APIStatus)
        -> Object
    {
        throw status
    }
}
