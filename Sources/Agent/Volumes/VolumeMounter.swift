import APIMachinery
import Glibc
import Synchronization

/// A volume that is ready to be mounted into containers.
struct MountedVolume: Sendable, Hashable {
    /// On the host.
    var path: String
    var isReadOnly = false
}

/// Makes a pod's volumes, keeps their content current, and removes them.
package final class VolumeMounter: Sendable {
    private struct State {
        var mounted: [String: [String: MountedVolume]] = [:]
        var tokens: [TokenKey: Token] = [:]
    }
    struct TokenKey: Hashable {
        var pod: String
        var volume: String
        var path: String
    }
    struct Token {
        var text: String
        var refreshAt: Timestamp
    }

    let client: any ResourceClient
    let directories: PodDirectories
    let nodeName: String
    let hostIPs: [String]
    let resources: NodeResources
    let clock: any WallClock
    private let state = Mutex(State())

    package init(
        client: any ResourceClient, directories: PodDirectories, nodeName: String, hostIPs: [String], resources: NodeResources,
        clock: any WallClock
    ) {
        self.client = client
        self.directories = directories
        self.nodeName = nodeName
        self.hostIPs = hostIPs
        self.resources = resources
        self.clock = clock
    }

    // MARK: Mounting

    /// Idempotent: what exists keeps its content. Errors are texts for an event, one volume's.
    package func mount(_ pod: Pod) async throws {
        let volumes = pod.spec["volumes"]?.array ?? []
        var mounted: [String: MountedVolume] = [:]
        try await withThrowingTaskGroup(of: (String, MountedVolume).self) { group in
            for volume in volumes {
                let name = volume["name"]?.string ?? ""
                group.addTask {
                    do {
                        return (name, try await self.mount(volume, name, of: pod))
                    } catch {
                        throw PodProblem("MountVolume.SetUp failed for volume \"\(name)\" : \(error)")
                    }
                }
            }
            for try await (name, volume) in group { mounted[name] = volume }
        }
        state.withLock { $0.mounted[pod.uid] = mounted }
    }

    private func mount(_ volume: JSON, _ name: String, of pod: Pod) async throws -> MountedVolume {
        let path = "\(directories.volumes(pod.uid))/\(name)"
        if let source = VolumeContent(volume) {
            let files = try await files(of: source, volume: name, pod: pod)
            try await write(files, to: path, isSecret: source.isSecret, pod: pod)
            return MountedVolume(path: path, isReadOnly: source.isReadOnly)
        }
        let group = pod.fsGroup
        if let source = volume["emptyDir"] {
            let size = Quantity(source["sizeLimit"])?.value
            try await Files.offPool {
                if source["medium"]?.string == "Memory" {
                    try Mounts.tmpfs(at: path, sizeBytes: size, mode: 0o777)
                } else {
                    try Files.makeDirectory(path, mode: 0o777)
                }
                if let group { try Self.give(path, to: group) }
            }
            return MountedVolume(path: path)
        }
        if let source = volume["hostPath"] {
            return MountedVolume(path: try await hostPath(source))
        }
        if let source = volume["persistentVolumeClaim"] {
            return try await claim(source, pod: pod)
        }
        let kinds = (volume.object?.keys ?? []).filter { $0 != "name" }
        throw PodProblem("volume type \(kinds.joined(separator: ", ")) is not supported; use emptyDir, hostPath, configMap, secret, downwardAPI, projected or persistentVolumeClaim")
    }

    private static func give(_ path: String, to group: Int64) throws(Files.Failure) {
        try Files.check(chown(path, uid_t.max, gid_t(truncatingIfNeeded: group)), "chown", path)
        try Files.check(chmod(path, 0o2777), "chmod", path)
    }

    private func hostPath(_ source: JSON) async throws -> String {
        let path = source["path"]?.string ?? ""
        let type = source["type"]?.string ?? ""
        guard path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
            throw PodProblem("hostPath \"\(path)\" must be absolute and must not contain '..'")
        }
        try await Files.offPool { try HostPath.check(path, type: type) }
        return path
    }

    /// Claim → volume → path on this node.
    private func claim(_ source: JSON, pod: Pod) async throws -> MountedVolume {
        let name = source["claimName"]?.string ?? ""
        let claim = try await client.get(ObjectKey(.persistentVolumeClaims, namespace: pod.namespace, name: name))
        let volumeName = claim.spec["volumeName"]?.string ?? ""
        guard claim.status["phase"]?.string == "Bound", !volumeName.isEmpty else {
            throw PodProblem("persistentvolumeclaim \"\(name)\" is not bound to a volume yet")
        }
        let volume = try await client.get(ObjectKey(.persistentVolumes, name: volumeName))
        let isReadOnly = source["readOnly"]?.bool ?? false
        if let host = volume.spec["hostPath"] {
            // Kubernetes makes a missing directory for a claim's hostPath where no type forbids it.
            var host = host
            if (host["type"]?.string ?? "").isEmpty { host.set("DirectoryOrCreate", at: ["type"]) }
            return MountedVolume(path: try await hostPath(host), isReadOnly: isReadOnly)
        }
        if let path = volume.spec["local"]?["path"]?.string {
            guard Files.status(path) != nil else { throw PodProblem("local path \"\(path)\" of PersistentVolume \(volumeName) does not exist") }
            if let group = pod.fsGroup { try await Files.offPool { try Self.give(path, to: group) } }
            return MountedVolume(path: path, isReadOnly: isReadOnly)
        }
        throw PodProblem("PersistentVolume \(volumeName) is neither hostPath nor local; no other kind is supported")
    }

    // MARK: Content

    /// Writes anew what has changed; returns when that is due again though no object changes (tokens).
    package func refresh(_ pod: Pod) async throws -> Timestamp? {
        for volume in pod.spec["volumes"]?.array ?? [] {
            guard let source = VolumeContent(volume), let name = volume["name"]?.string else { continue }
            let files = try await files(of: source, volume: name, pod: pod)
            try await write(files, to: "\(directories.volumes(pod.uid))/\(name)", isSecret: source.isSecret, pod: pod)
        }
        return nextRefresh(pod.uid)
    }

    package func nextRefresh(_ uid: String) -> Timestamp? {
        state.withLock { state in state.tokens.filter { $0.key.pod == uid }.map(\.value.refreshAt).min() }
    }

    private func write(_ files: [String: AtomicWriter.File], to path: String, isSecret: Bool, pod: Pod) async throws {
        let writer = AtomicWriter(directory: path, group: pod.fsGroup.map { gid_t(truncatingIfNeeded: $0) })
        let now = clock.now
        try await Files.offPool {
            // Secrets never touch the disk.
            if isSecret { try Mounts.tmpfs(at: path, sizeBytes: nil, mode: 0o777) } else { try Files.makeDirectory(path, mode: 0o777) }
            try writer.write(files, now: now)
        }
    }

    private func files(of source: VolumeContent, volume: String, pod: Pod) async throws -> [String: AtomicWriter.File] {
        let reader = VolumeContent.Reader(
            client: client, pod: pod,
            fields: DownwardFields(pod: pod, nodeName: nodeName, podIPs: [], hostIPs: hostIPs, capacity: resources.allocatable),
            token: { try await self.token($0, volume: volume, pod: pod) })
        return try await reader.files(source)
    }

    /// A token for the pod's service account, renewed when four fifths of its life are over.
    private func token(_ source: JSON, volume: String, pod: Pod) async throws -> String {
        let key = TokenKey(pod: pod.uid, volume: volume, path: source["path"]?.string ?? "")
        let now = clock.now
        if let token = state.withLock({ $0.tokens[key] }), token.refreshAt > now { return token.text }
        var spec: JSONObject = [
            "expirationSeconds": .int(source["expirationSeconds"]?.int ?? 3600),
            "boundObjectRef": ["apiVersion": "v1", "kind": "Pod", "name": .string(pod.name), "uid": .string(pod.uid)],
        ]
        if let audience = source["audience"]?.string, !audience.isEmpty { spec["audiences"] = [.string(audience)] }
        let request = Object(["apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": .object(spec)])
        let account = pod.spec["serviceAccountName"]?.string ?? "default"
        let answer = try await client.createSubresource(
            ObjectKey(.serviceAccounts, namespace: pod.namespace, name: account), "token", request, options: WriteOptions())
        guard let text = answer.status["token"]?.string,
            let expiry = answer.status["expirationTimestamp"]?.string.flatMap(Timestamp.init)
        else { throw PodProblem("the server issued no token for service account \(account)") }
        state.withLock { $0.tokens[key] = Token(text: text, refreshAt: now + (expiry - now) * 4 / 5) }
        return text
    }

    /// The objects whose change concerns the pod's volumes.
    static func references(of pod: Pod) -> [ObjectKey] {
        (pod.spec["volumes"]?.array ?? []).flatMap { volume -> [ObjectKey] in
            if let name = volume["persistentVolumeClaim"]?["claimName"]?.string {
                return [ObjectKey(.persistentVolumeClaims, namespace: pod.namespace, name: name)]
            }
            return VolumeContent(volume)?.references(namespace: pod.namespace) ?? []
        }
    }

    // MARK: Unmounting

    package func unmount(_ uid: String) async throws {
        state.withLock { state in
            state.mounted[uid] = nil
            state.tokens = state.tokens.filter { $0.key.pod != uid }
        }
        let directory = directories.pod(uid)
        try await Files.offPool {
            for point in Mounts.points(below: directory) { try Mounts.unmount(point) }
            try Files.removeTree("\(directory)/volumes")
            try Files.removeTree("\(directory)/volume-subpaths")
        }
    }

    // MARK: Into containers

    func mounts(of container: PodContainer, in pod: Pod, variables: [String: String]) async throws -> [Runtime_V1_Mount] {
        let mounted = state.withLock { $0.mounted[pod.uid] ?? [:] }
        var mounts: [Runtime_V1_Mount] = []
        for (index, mount) in (container.json["volumeMounts"]?.array ?? []).enumerated() {
            let name = mount["name"]?.string ?? ""
            guard let volume = mounted[name] else { throw PodProblem("volume \"\(name)\" of container \(container.name) is not mounted") }
            var path = volume.path
            var subPath = mount["subPath"]?.string ?? ""
            if let expression = mount["subPathExpr"]?.string, !expression.isEmpty {
                subPath = Expansion.expand(expression, variables)
                if subPath.contains("$(") { throw PodProblem("subPathExpr \"\(expression)\" names a variable that is not set") }
            }
            if !subPath.isEmpty {
                let target = "\(directories.pod(pod.uid))/volume-subpaths/\(name)/\(container.name)/\(index)"
                let root = volume.path
                let wanted = subPath
                let group = pod.fsGroup
                path = try await Files.offPool {
                    let file = try SubPath.open(wanted, in: root, group: group)
                    defer { close(file) }
                    try Files.makeDirectory(String(target[..<target.lastIndex(of: "/")!]), mode: 0o755)
                    try Mounts.bind(file, at: target)
                    return target
                }
            }
            mounts.append(
                .with {
                    $0.hostPath = path
                    $0.containerPath = mount["mountPath"]?.string.map { $0.hasPrefix("/") ? $0 : "/" + $0 } ?? ""
                    $0.readonly = volume.isReadOnly || mount["readOnly"]?.bool ?? false
                    $0.propagation =
                        switch mount["mountPropagation"]?.string {
                        case "HostToContainer": .propagationHostToContainer
                        case "Bidirectional": .propagationBidirectional
                        default: .propagationPrivate
                        }
                })
        }
        return mounts
    }
}

extension Pod {
    var fsGroup: Int64? { spec["securityContext"]?["fsGroup"]?.int }
}

/// Source: API reference, core/v1 HostPathVolumeSource.type.
enum HostPath {
    static func check(_ path: String, type: String) throws {
        var status = stat()
        let exists = stat(path, &status) == 0
        let kind = status.st_mode & S_IFMT
        func need(_ wanted: mode_t, _ what: String) throws {
            guard exists, kind == wanted else { throw PodProblem("hostPath type check failed: \(path) is not a \(what)") }
        }
        switch type {
        case "": break
        case "DirectoryOrCreate":
            if !exists { try Files.makeDirectory(path, mode: 0o755) } else { try need(S_IFDIR, "directory") }
        case "Directory": try need(S_IFDIR, "directory")
        case "FileOrCreate":
            if !exists { try Files.write([], to: path, mode: 0o644) } else { try need(S_IFREG, "file") }
        case "File": try need(S_IFREG, "file")
        case "Socket": try need(S_IFSOCK, "socket")
        case "CharDevice": try need(S_IFCHR, "character device")
        case "BlockDevice": try need(S_IFBLK, "block device")
        default: throw PodProblem("hostPath type \"\(type)\" is unknown")
        }
    }
}
