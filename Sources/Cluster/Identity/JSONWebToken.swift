import APIMachinery
import Crypto

/// JSON Web Tokens signed with ES256 (RFC 7515, 7518 §3.4), the only algorithm this cluster issues or accepts.
///
/// Verification is synchronous and touches no shared state: it runs on the event loop.
package struct JSONWebTokenKey: Sendable {
    /// Longest token looked at.
    package static let lengthBytesMax = 16 * 1024

    private let key: P256.Signing.PrivateKey
    /// The key's id: a hash of its public half, as Kubernetes makes it.
    package let id: String

    package init(_ key: P256.Signing.PrivateKey) {
        self.key = key
        id = Base64.encodeURL(SHA256.hash(data: key.publicKey.derRepresentation))
    }

    package func sign(_ claims: JSON) throws -> String {
        let header: JSON = ["alg": "ES256", "kid": .string(id)]
        let text = Base64.encodeURL(header.encoded()) + "." + Base64.encodeURL(claims.encoded())
        let signature = try key.signature(for: Array(text.utf8))
        return text + "." + Base64.encodeURL(signature.rawRepresentation)
    }

    /// The claims of a token that this key signed; nil for any other text.
    package func verify(_ token: String) -> JSON? {
        guard token.utf8.count <= Self.lengthBytesMax else { return nil }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64.decode(parts[0]), let payload = Base64.decode(parts[1]),
            let signatureBytes = Base64.decode(parts[2]), signatureBytes.count == 64
        else { return nil }
        // Whatever does not parse is no token of ours.
        guard let header = try? JSON(parsing: header), header["alg"]?.string == "ES256", header["kid"]?.string == id,
            let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signatureBytes),
            key.publicKey.isValidSignature(signature, for: Array(token.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count)))
        else { return nil }
        return try? JSON(parsing: payload)
    }

    /// The public half as a JSON Web Key Set (RFC 7517), for those who verify tokens elsewhere.
    package var keySet: JSON {
        let point = key.publicKey.rawRepresentation
        return [
            "keys": [
                [
                    "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": .string(id),
                    "x": .string(Base64.encodeURL(point.prefix(32))), "y": .string(Base64.encodeURL(point.suffix(32))),
                ]
            ]
        ]
    }
}
