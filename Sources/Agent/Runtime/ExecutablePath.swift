import Glibc

/// Finds programs by name, as a shell does.
package enum ExecutablePath {
    /// `$PATH` followed by the directories in which system programs lie.
    package static var searchPath: String {
        let system = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        let own = getenv("PATH").map { String(cString: $0).split(separator: ":").map(String.init) } ?? []
        return (own + system.filter { !own.contains($0) }).joined(separator: ":")
    }

    /// The absolute path of the program; nil when it is not installed.
    package static func find(_ name: String) -> String? {
        if name.hasPrefix("/") { return access(name, X_OK) == 0 ? name : nil }
        for directory in searchPath.split(separator: ":") where directory.hasPrefix("/") {
            let path = "\(directory)/\(name)"
            if access(path, X_OK) == 0 { return path }
        }
        return nil
    }
}
