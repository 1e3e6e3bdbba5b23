/// Why something could not be read from git, and what to do about it.
///
/// Branch on `reason`; `description` is a whole message for the user.
package struct GitError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Reason: Sendable, Hashable {
        /// No repository at that path.
        case noRepository
        /// The repository holds no commit yet.
        case noCommit
        /// No branch, tag or commit of that name.
        case noRevision
        /// The commit has nothing at that path.
        case noPath
        /// An object is missing or damaged, or the repository's own files are.
        case corrupt
        /// A file larger than what is read.
        case tooLarge
        /// The remote did not answer, or not in time.
        case unreachable
        /// The remote refused the credentials, or none were found.
        case unauthorized
        /// The request itself is wrong: a bad name, an unsupported URL.
        case invalid
        /// The file system failed: permission, space.
        case io
    }

    package var reason: Reason
    package var message: String
    package var remedy: String

    package init(_ reason: Reason, _ message: String, remedy: String = "") {
        self.reason = reason
        self.message = message
        self.remedy = remedy
    }

    /// With one text for another, as a URL without its credentials for one with them.
    func replacing(_ text: String, with other: String) -> GitError {
        GitError(reason, message.replacing(text, with: other), remedy: remedy)
    }

    package var description: String { remedy.isEmpty ? message : "\(message); \(remedy)" }
}
