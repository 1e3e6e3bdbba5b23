import Synchronization

/// The claims of tokens that were verified lately: a client sends the same token with each of its
/// requests, and a signature costs more to check than most of them to answer.
///
/// Holds what never changes, the signature's verdict and the claims; time and bound objects are looked
/// at anew for each request. Bounded; what is used stays.
final class VerifiedTokens: Sendable {
    /// Tokens in each of two generations.
    static let countMax = 1_024

    private struct State {
        var young: [String: TokenClaims] = [:]
        var old: [String: TokenClaims] = [:]
    }

    private let state = Mutex(State())

    /// The claims of `token`; those of a token not known are made by `verify` and, unless nil, remembered.
    func claims(of token: String, verify: (String) -> TokenClaims?) -> TokenClaims? {
        let (known, isYoung) = state.withLock { state -> (TokenClaims?, Bool) in
            if let claims = state.young[token] { return (claims, true) }
            return (state.old[token], false)
        }
        if isYoung { return known }
        guard let claims = known ?? verify(token) else { return nil }
        state.withLock { state in
            if state.young.count >= Self.countMax {
                state.old = state.young
                state.young = [:]
            }
            state.young[token] = claims
        }
        return claims
    }
}
