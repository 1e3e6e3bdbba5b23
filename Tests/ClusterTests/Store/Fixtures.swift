import APIMachinery
import Foundation
import Logging
import Testing

@testable import Cluster

/// A directory that goes with the test.
final class StoreDirectory: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "gitctl-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    // A directory that is left behind harms no test.
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A copy of everything in it but the lock: what a crash at this moment leaves.
    func snapshot() throws -> StoreDirectory {
        let copy = try StoreDirectory()
        for name in try FileManager.default.contentsOfDirectory(atPath: path) where name != "cluster.lock" {
            try FileManager.default.copyItem(atPath: "\(path)/\(name)", toPath: "\(copy.path)/\(name)")
        }
        return copy
    }
}

func openStore(_ directory: StoreDirectory, clock: any WallClock = SystemClock()) throws -> Store {
    try Store.open(directory: directory.path, clock: clock, logger: Logger(label: "test"))
}

extension Store {
    /// Creates a ConfigMap without the registry.
    @discardableResult
    func put(_ name: String, namespace: String = "default", data: JSON = [:], labels: [String: String] = [:], type: ResourceType = .configMaps) async throws -> ObjectVersion {
        var object = Object(type, namespace: namespace, name: name, ["data": data])
        object.uid = "uid-\(name)"
        object.labels = labels
        let expected = latest(type.groupResource, namespace: namespace, name: name)
        return try await commit(Write(resource: type.groupResource, expected: expected, object: object, author: "tester test"))
    }

    @discardableResult
    func remove(_ name: String, namespace: String = "default", type: ResourceType = .configMaps) async throws -> ObjectVersion {
        let expected = try #require(latest(type.groupResource, namespace: namespace, name: name))
        return try await commit(
            Write(resource: type.groupResource, expected: expected, object: expected.object, isDeletion: true, author: "tester test"))
    }

    func read(_ name: String, namespace: String = "default", type: ResourceType = .configMaps) -> ObjectVersion? {
        version(type.groupResource, namespace: namespace, name: name)
    }

    func names(_ type: ResourceType = .configMaps) -> [String] { snapshot(type.groupResource).versions.objects(in: nil).map(\.name) }
}
