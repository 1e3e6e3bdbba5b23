import APIMachinery

/// ConfigMap and Secret.
extension Validation {
    /// Bytes that the data of one ConfigMap or Secret may hold together.
    static let dataBytesMax = 1024 * 1024

    static let configMaps = Rules(
        check: { root, errors in
            var sizeBytes = 0
            for name in ["data", "binaryData"] {
                for (key, value) in root[name].members {
                    checkKey(key, value, &errors)
                    sizeBytes += name == "data" ? value.text.utf8.count : decodedCount(value.text)
                    if name == "binaryData", root["data"][key].isPresent {
                        errors.invalid(root["data"], "duplicate of key present in binaryData", value: .string(key))
                    }
                }
            }
            if sizeBytes > dataBytesMax { errors.tooLong(Field(root.value), bytesMax: dataBytesMax) }
        },
        update: { new, old, errors in checkFrozen(new, old, fields: ["data", "binaryData"], &errors) })

    static let secrets = Rules(
        check: { root, errors in
            var sizeBytes = 0
            for (key, value) in root["data"].members {
                checkKey(key, value, &errors)
                sizeBytes += decodedCount(value.text)
            }
            if sizeBytes > dataBytesMax { errors.tooLong(root["data"], bytesMax: dataBytesMax) }
            for key in requiredKeys[root["type"].text] ?? [] where !root["data"][key].isPresent {
                errors.required(Field(nil, at: [.key("data"), .key(key)]))
            }
            if root["type"].text == "kubernetes.io/service-account-token",
                root["metadata"]["annotations"]["kubernetes.io/service-account.name"].isEmpty
            {
                errors.required(root["metadata"]["annotations"]["kubernetes.io/service-account.name"])
            }
        },
        update: { new, old, errors in
            errors.immutable(new["type"], old["type"])
            checkFrozen(new, old, fields: ["data"], &errors)
        })

    /// Keys that a Secret of a well-known type must have.
    private static let requiredKeys: [String: [String]] = [
        "kubernetes.io/dockercfg": [".dockercfg"], "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
        "kubernetes.io/ssh-auth": ["ssh-privatekey"], "kubernetes.io/tls": ["tls.crt", "tls.key"],
    ]

    private static func checkKey(_ key: String, _ value: Field, _ errors: inout Errors) {
        for problem in NameFormat.configKey.problems(of: key) { errors.invalid(value, problem, value: .string(key)) }
    }

    private static func checkFrozen(_ new: Field, _ old: Field, fields: [String], _ errors: inout Errors) {
        guard old["immutable"].bool == true else { return }
        if new["immutable"].bool != true { errors.forbidden(new["immutable"], "field is immutable when `immutable` is set") }
        for key in fields where !new[key].equals(old[key]) {
            errors.forbidden(new[key], "field is immutable when `immutable` is set")
        }
    }

    /// Bytes that a base64 text stands for.
    private static func decodedCount(_ text: String) -> Int {
        let padding = text.utf8.suffix(2).count { $0 == UInt8(ascii: "=") }
        return max(0, text.utf8.count / 4 * 3 - padding)
    }
}
