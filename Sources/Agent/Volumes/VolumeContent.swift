import APIMachinery
import FoundationEssentials
import Glibc

/// A volume whose files come from objects: configMap, secret, downwardAPI or projected.
struct VolumeContent: Sendable {
    enum Source: Sendable {
        case configMap(JSON)
        case secret(JSON)
        case downward(JSON)
        case token(JSON)
    }

    let sources: [Source]
    let defaultMode: mode_t
    let isReadOnly = true

    /// nil for a volume of another kind.
    init?(_ volume: JSON) {
        if let source = volume["configMap"] {
            sources = [.configMap(source)]
            defaultMode = Self.mode(source) ?? 0o644
        } else if let source = volume["secret"] {
            // A secret volume says secretName where every other place says name.
            var source = source
            source.set(source["secretName"], at: ["name"])
            sources = [.secret(source)]
            defaultMode = Self.mode(source) ?? 0o644
        } else if let source = volume["downwardAPI"] {
            sources = [.downward(source)]
            defaultMode = Self.mode(source) ?? 0o644
        } else if let projected = volume["projected"] {
            sources = (projected["sources"]?.array ?? []).flatMap { source -> [Source] in
                [
                    source["configMap"].map(Source.configMap), source["secret"].map(Source.secret),
                    source["downwardAPI"].map(Source.downward), source["serviceAccountToken"].map(Source.token),
                ].compactMap { $0 }
            }
            defaultMode = Self.mode(projected) ?? 0o644
        } else {
            return nil
        }
    }

    private static func mode(_ source: JSON) -> mode_t? { source["defaultMode"]?.int.map { mode_t(truncatingIfNeeded: $0 & 0o777) } }

    /// Holds what must not reach the disk.
    var isSecret: Bool {
        sources.contains { source in
            switch source {
            case .secret, .token: true
            case .configMap, .downward: false
            }
        }
    }

    func references(namespace: String) -> [ObjectKey] {
        sources.compactMap { source in
            switch source {
            case .configMap(let json): json["name"]?.string.map { ObjectKey(.configMaps, namespace: namespace, name: $0) }
            case .secret(let json): json["name"]?.string.map { ObjectKey(.secrets, namespace: namespace, name: $0) }
            case .downward, .token: nil
            }
        }
    }

    /// Reads the sources of one pod's volume.
    struct Reader {
        let client: any ResourceClient
        let pod: Pod
        let fields: DownwardFields
        let token: (JSON) async throws -> String

        func files(_ content: VolumeContent) async throws -> [String: AtomicWriter.File] {
            var files: [String: AtomicWriter.File] = [:]
            for source in content.sources {
                let some =
                    switch source {
                    case .configMap(let json): try await self.files(of: .configMaps, json, content.defaultMode)
                    case .secret(let json): try await self.files(of: .secrets, json, content.defaultMode)
                    case .downward(let json): try downward(json, content.defaultMode)
                    case .token(let json): try await tokenFile(json, content.defaultMode)
                    }
                files.merge(some) { $1 }
            }
            return files
        }

        private func files(of type: ResourceType, _ source: JSON, _ mode: mode_t) async throws -> [String: AtomicWriter.File] {
            let name = source["name"]?.string ?? ""
            let isOptional = source["optional"]?.bool ?? false
            let object: Object
            do throws(APIStatus) {
                object = try await client.get(ObjectKey(type, namespace: pod.namespace, name: name))
            } catch {
                guard error.reason == .notFound && isOptional else { throw error }
                return [:]
            }
            let data = try ConfigurationData(object)
            guard let items = source["items"]?.array, !items.isEmpty else {
                return data.values.mapValues { AtomicWriter.File(bytes: $0, mode: mode) }
            }
            var files: [String: AtomicWriter.File] = [:]
            for item in items {
                let key = item["key"]?.string ?? ""
                guard let bytes = data.values[key] else {
                    if isOptional { continue }
                    throw PodProblem("references non-existent key \"\(key)\" of \(object.kind) \(name)")
                }
                files[item["path"]?.string ?? key] = AtomicWriter.File(bytes: bytes, mode: itemMode(item) ?? mode)
            }
            return files
        }

        private func itemMode(_ item: JSON) -> mode_t? { item["mode"]?.int.map { mode_t(truncatingIfNeeded: $0 & 0o777) } }

        private func downward(_ source: JSON, _ mode: mode_t) throws -> [String: AtomicWriter.File] {
            var files: [String: AtomicWriter.File] = [:]
            for item in source["items"]?.array ?? [] {
                let text: String
                if let field = item["fieldRef"]?["fieldPath"]?.string {
                    text = try fields.value(of: field)
                } else if let reference = item["resourceFieldRef"] {
                    text = try fields.resource(reference, of: nil)
                } else {
                    continue
                }
                files[item["path"]?.string ?? ""] = AtomicWriter.File(bytes: Array(text.utf8), mode: itemMode(item) ?? mode)
            }
            return files
        }

        /// A token is for the pod's processes alone: its group where it has one, else its one user.
        private func tokenFile(_ source: JSON, _ mode: mode_t) async throws -> [String: AtomicWriter.File] {
            var file = AtomicWriter.File(bytes: Array(try await token(source).utf8), mode: mode)
            let users = Set(pod.containers.map { $0.json["securityContext"]?["runAsUser"]?.int ?? pod.spec["securityContext"]?["runAsUser"]?.int })
            if pod.fsGroup != nil {
                file.mode = 0o600
            } else if users.count == 1, let user = users.first.flatMap({ $0 }) {
                file.mode = 0o600
                file.owner = uid_t(truncatingIfNeeded: user)
            }
            return [source["path"]?.string ?? "token": file]
        }
    }
}

/// The keys and bytes of a ConfigMap or Secret.
struct ConfigurationData: Sendable {
    let values: [String: [UInt8]]

    /// Errors: base64 that is none.
    init(_ object: Object) throws {
        var values: [String: [UInt8]] = [:]
        let encoded = object.kind == "Secret" ? "data" : "binaryData"
        if object.kind != "Secret" {
            for (key, text) in object.fields["data"]?.stringMap ?? [:] { values[key] = Array(text.utf8) }
        }
        for (key, text) in object.fields[encoded]?.stringMap ?? [:] {
            guard let bytes = Data(base64Encoded: text, options: .ignoreUnknownCharacters) else {
                throw PodProblem("\(object.kind) \(object.namespace)/\(object.name): \(encoded).\(key) is not base64")
            }
            values[key] = Array(bytes)
        }
        self.values = values
    }
}
