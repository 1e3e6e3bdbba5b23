/// Where `up` takes the desired state from.
package enum DeploySource: Sendable, Hashable {
    /// A directory of this machine.
    case directory(String)
    /// A repository that the daemon fetches.
    case url(String)

    /// Reads REPO as git does: a URL with a scheme, `HOST:PATH`, or a path.
    package init(_ text: String, workingDirectory: String = currentDirectory()) {
        if let scheme = text.firstRange(of: "://") {
            self = scheme.lowerBound == text.startIndex ? .directory(text) : .url(text)
            return
        }
        // git's rule: a colon before any slash makes it HOST:PATH.
        if let colon = text.firstIndex(of: ":"), colon > text.startIndex, !text[..<colon].contains("/") {
            self = .url(text)
            return
        }
        self = .directory(text.hasPrefix("/") ? text : workingDirectory + "/" + text)
    }
}
