/// One thing wrong with the manifests of a commit, and where.
package struct Diagnostic: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// 1-based.
    package struct Position: Sendable, Hashable {
        package var line: Int
        package var column: Int
    }

    /// Path in the repository.
    package var path: String
    /// 1-based; 0 when the whole file or directory is meant.
    package var line: Int
    package var column: Int
    package var message: String

    package init(path: String, line: Int = 0, column: Int = 0, _ message: String) {
        self.path = path
        self.line = line
        self.column = column
        self.message = message
    }

    /// `apps/web.yaml:12:5: message`, on one line and without what would drive a terminal.
    package var description: String { (line == 0 ? "\(path): \(message)" : "\(path):\(line):\(column): \(message)").printable }

    package static func < (a: Self, b: Self) -> Bool { (a.path, a.line, a.column, a.message) < (b.path, b.line, b.column, b.message) }
}

/// A commit that cannot be deployed: everything wrong with it, in path order.
package struct RenderFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// How many are kept and shown.
    package static let diagnosticsMax = 50

    package var diagnostics: [Diagnostic]
    /// Further ones beyond `diagnosticsMax`.
    package var omitted: Int

    package init(_ all: [Diagnostic]) {
        let sorted = all.sorted()
        diagnostics = Array(sorted.prefix(Self.diagnosticsMax))
        omitted = sorted.count - diagnostics.count
    }

    /// One line each.
    package var lines: [String] {
        diagnostics.map(\.description) + (omitted > 0 ? ["… and \(omitted) more"] : [])
    }

    package var description: String { lines.joined(separator: "\n") }
}
