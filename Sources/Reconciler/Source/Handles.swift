import Clibgit2

// One noncopyable handle per libgit2 object: freed in `deinit`, confined to this folder and to the
// thread that made it.

struct RepositoryHandle: ~Copyable {
    let pointer: OpaquePointer
    deinit { git_repository_free(pointer) }
}

struct ObjectDatabaseHandle: ~Copyable {
    let pointer: OpaquePointer
    deinit { git_odb_free(pointer) }
}

struct ObjectHandle: ~Copyable {
    let pointer: OpaquePointer
    deinit { git_object_free(pointer) }
}

struct CommitHandle: ~Copyable {
    let pointer: OpaquePointer
    deinit { git_commit_free(pointer) }
}

struct TreeHandle: ~Copyable {
    let pointer: OpaquePointer
    deinit { git_tree_free(pointer) }
}

struct BlobHandle: ~Copyable {
    let pointer: OpaquePointer
    deinit { git_blob_free(pointer) }
}

struct ReferenceHandle: ~Copyable {
    let pointer: OpaquePointer
    deinit { git_reference_free(pointer) }
}

struct RemoteHandle: ~Copyable {
    let pointer: OpaquePointer
    deinit { git_remote_free(pointer) }
}

struct ConfigHandle: ~Copyable {
    let pointer: OpaquePointer
    deinit { git_config_free(pointer) }
}
