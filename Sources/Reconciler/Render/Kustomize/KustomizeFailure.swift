/// Where in the repository something stands.
struct Place: Hashable, Sendable {
    var path: String
    /// 1-based; 0 when the whole file or directory is meant.
    var line = 0
    var column = 0
}

/// Why a kustomization cannot be built.
struct KustomizeFailure: Error, CustomStringConvertible {
    /// Filled in by the first caller that knows it.
    var place: Place?
    var message: String

    init(_ message: String, at place: Place? = nil) {
        self.message = message
        self.place = place
    }

    var diagnostic: Diagnostic {
        Diagnostic(path: place?.path ?? ".", line: place?.line ?? 0, column: place?.column ?? 0, message)
    }

    var description: String { diagnostic.description }

    /// Runs `work`; a failure that names no place gets this one, and `context` before its message.
    static func locate<Result>(_ place: Place?, _ context: String = "", work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch var failure as KustomizeFailure {
            guard failure.place == nil else { throw failure }
            failure.place = place
            if !context.isEmpty { failure.message = "\(context): \(failure.message)" }
            throw failure
        }
    }
}
