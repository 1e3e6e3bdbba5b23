import APIMachinery
import FoundationEssentials

/// Credentials of a pod's imagePullSecrets. Source: Kubernetes docs, "Pull an Image from a Private Registry".
struct PullSecrets {
    let client: any ResourceClient

    /// Those for `registry`, in the order of the secrets. A secret that is missing or malformed gives none.
    func credentials(for pod: Pod, registry: String) async -> [RegistryCredentials] {
        var found: [RegistryCredentials] = []
        for reference in pod.spec["imagePullSecrets"]?.array ?? [] {
            guard let name = reference["name"]?.string,
                // Kubernetes too pulls without a secret that does not exist.
                let secret = try? await client.get(ObjectKey(.secrets, namespace: pod.namespace, name: name)),
                let data = try? ConfigurationData(secret)
            else { continue }
            found += Self.credentials(in: data.values, registry: registry)
        }
        return found
    }

    static func credentials(in data: [String: [UInt8]], registry: String) -> [RegistryCredentials] {
        var entries: [JSONObject] = []
        // A secret that is no JSON names no registry.
        if let bytes = data[".dockerconfigjson"], let json = try? JSON(parsing: bytes) { entries += [json["auths"]?.object].compactMap { $0 } }
        if let bytes = data[".dockercfg"], let json = try? JSON(parsing: bytes) { entries += [json.object].compactMap { $0 } }
        return entries.flatMap { $0.filter { host($0.key) == host(registry) } }.map { entry in
            var credentials = RegistryCredentials(
                username: entry.value["username"]?.string ?? "", password: entry.value["password"]?.string ?? "",
                identityToken: entry.value["identitytoken"]?.string ?? "", serverAddress: entry.key)
            if let auth = entry.value["auth"]?.string, let bytes = Data(base64Encoded: auth) {
                let text = String(decoding: bytes, as: UTF8.self)
                if let colon = text.firstIndex(of: ":") {
                    credentials.username = String(text[..<colon])
                    credentials.password = String(text[text.index(after: colon)...])
                }
            }
            return credentials
        }
    }

    /// Without scheme and path; Docker's index is docker.io.
    private static func host(_ address: String) -> String {
        let start = address.firstRange(of: "://")?.upperBound ?? address.startIndex
        let host = String(address[start...].prefix { $0 != "/" })
        return ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"].contains(host) ? "docker.io" : host
    }
}
