import APIMachinery

/// Says who makes a request: the bearer token's holder, else the client certificate's subject.
package struct Authenticator: Sendable {
    package static let anonymous = UserInfo(name: "system:anonymous", groups: ["system:unauthenticated"])

    package let tokens: ServiceAccountTokens

    package init(tokens: ServiceAccountTokens) { self.tokens = tokens }

    /// - Parameters:
    ///   - authorization: the `Authorization` header.
    ///   - certificateIdentity: the subject of a client certificate that TLS verified against the cluster's authority.
    ///
    /// Throws `unauthorized` for a token that is not valid; no credentials at all are `anonymous`.
    package func authenticate(authorization: String?, certificateIdentity: UserInfo?) throws(APIStatus) -> UserInfo {
        if let token = authorization.flatMap(Self.bearerToken) {
            guard let (user, _) = tokens.authenticate(token) else { throw Self.unauthorized }
            return user
        }
        return certificateIdentity ?? Self.anonymous
    }

    package static let unauthorized = APIStatus(.unauthorized, "Unauthorized")

    private static func bearerToken(_ header: String) -> String? {
        let parts = header.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: true)
        guard parts.count == 2, String(Substring(parts[0])).lowercased() == "bearer" else { return nil }
        return String(Substring(parts[1]))
    }
}
