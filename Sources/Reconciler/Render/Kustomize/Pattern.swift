import APIMachinery

/// A regular expression of a kustomization, with what to say when it cannot be used.
struct Pattern {
    private let expression: RegularExpression
    private let source: String

    init(_ pattern: String, shown: String? = nil) throws {
        source = shown ?? pattern
        do throws(RegularExpression.Failure) {
            expression = try RegularExpression(pattern)
        } catch {
            throw KustomizeFailure("the regular expression \"\(source)\" cannot be used: \(error.description)")
        }
    }

    /// Matches the whole text only.
    static func whole(_ pattern: String) throws -> Pattern { try Pattern("^(?:\(pattern))$", shown: pattern) }

    func isFound(in text: String) throws -> Bool {
        guard let found = expression.matches(text) else {
            throw KustomizeFailure("the regular expression \"\(source)\" takes too long on \"\(text.prefix(60))\"; simplify it")
        }
        return found
    }
}
