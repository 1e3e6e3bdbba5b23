import APIMachinery

/// What a list answers: versions to splice, and the revision of which they are a consistent snapshot.
package struct VersionList: Sendable {
    package var items: [ObjectVersion]
    package var resourceVersion: String
    /// Empty on the last page.
    package var continueToken: String
    package var remainingItemCount: Int?
}

/// What a write did, with the object as it is after that.
package struct WriteResult: Sendable {
    package enum Effect: Sendable, Equatable {
        case created
        case updated
        /// The object already was as asked: nothing was written.
        case unchanged
        /// Deletion began: a grace period or finalizers hold the object.
        case deleting
        /// The object is gone; `version` is its last state.
        case deleted
    }

    package var version: ObjectVersion
    package var effect: Effect

    package var object: Object { version.object }
}

/// Makes service-account tokens for `serviceaccounts/token`.
package protocol TokenIssuer: Sendable {
    /// A signed token of `serviceAccount` for the `spec` of a TokenRequest (audiences,
    /// expirationSeconds, boundObjectRef), and when it ends.
    func issue(serviceAccount: Object, spec: JSON) async throws(APIStatus) -> (token: String, expiration: Timestamp)
}
