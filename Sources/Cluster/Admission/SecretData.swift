import APIMachinery

/// A Secret's write-only `stringData`, moved into `data`.
enum SecretData {
    @Sendable static func encode(_ secret: inout Object) {
        guard let texts = secret["stringData"]?.object else { return }
        secret["stringData"] = nil
        for member in texts {
            if let text = member.value.string { secret["data", member.key] = .string(Base64.encode(text.utf8)) }
        }
    }
}
