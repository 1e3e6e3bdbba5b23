/// Why the store does not start or cannot be used; `description` is a whole message for the user.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    package enum Reason: Sendable {
        /// Another process holds the data directory.
        case locked
        /// The database is damaged.
        case corrupt
        /// A newer gitctl wrote the database.
        case tooNew
        /// The file system refused.
        case unusable
    }

    package var reason: Reason
    package var description: String
}

/// Why a write was not done.
enum CommitError: Error, Sendable {
    /// The object is no longer the version that the write was made from; nil: it does not exist.
    case conflict(current: ObjectVersion?)
    /// The disk refused, or the store is closed; nothing was written.
    case unavailable(String)
    /// More writes wait than `Store.pendingMax`.
    case overloaded
}
