/// An expression of the Common Expression Language, parsed: health rules now, admission policies and
/// validation rules by the same code.
///
/// Values are dynamic: nothing is type-checked before it is evaluated. Times lie between 1678 and 2262, as
/// `Timestamp` does. Protocol buffer messages, time zones other than UTC, and the macros with two variables are absent. Kubernetes' and Flux's optional values
/// (`status.?conditions.orValue([])`) and cel-go's string functions are there.
/// Source: github.com/google/cel-spec, doc/langdef.md.
package struct CELExpression: Sendable, Hashable {
    /// As it was written.
    package let source: String
    let root: CELNode

    /// Longest source, in bytes.
    package static let sourceBytesMax = 64 << 10

    package init(_ source: String) throws(CELSyntaxError) {
        guard source.utf8.count <= Self.sourceBytesMax else {
            throw CELSyntaxError(offset: 0, in: "", "the expression is longer than \(Self.sourceBytesMax) bytes")
        }
        var parser = try CELParser(source)
        self.source = source
        root = try parser.parse()
    }

    package static func == (a: Self, b: Self) -> Bool { a.source == b.source }
    package func hash(into hasher: inout Hasher) { hasher.combine(source) }

    /// The value for the members of `variables` as variables.
    ///
    /// - Parameter budget: steps of the evaluation. What is made, compared or searched counts by its size, see `CELEvaluator`.
    package func evaluate(_ variables: JSONObject, budget: Int = CELEvaluator.budgetDefault) throws(CELError) -> CELValue {
        var evaluator = CELEvaluator(variables: variables, budget: budget)
        return try evaluator.evaluate(root)
    }

    /// As `evaluate`, of an expression that is to be true or false.
    package func isTrue(_ variables: JSONObject, budget: Int = CELEvaluator.budgetDefault) throws(CELError) -> Bool {
        let value = try evaluate(variables, budget: budget)
        guard case .bool(let answer) = value else { throw CELError("the expression gives \(value.typeName), expected bool") }
        return answer
    }
}

/// Why a text is no expression, and where.
package struct CELSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// From one, in characters.
    package var line: Int
    package var column: Int
    package var message: String

    init(offset: Int, in source: String, _ message: String) {
        let before = source.unicodeScalars.prefix(offset)
        line = before.count { $0 == "\n" } + 1
        column = before.reversed().prefix { $0 != "\n" }.count + 1
        self.message = message
    }

    package var description: String { "\(line):\(column): \(message)" }
}

/// Why an expression has no value for these variables.
package struct CELError: Error, Sendable, Hashable, CustomStringConvertible {
    package var description: String
    /// `||` and `&&` absorb an error where the other side decides; not that the budget is spent.
    var isFinal = false

    package init(_ description: String) { self.init(description, isFinal: false) }

    init(_ description: String, isFinal: Bool) {
        self.description = description
        self.isFinal = isFinal
    }

    /// cel-go's words.
    static let noOverload = CELError("no such overload")
    static func noOverload(_ function: String, _ arguments: [CELValue]) -> CELError {
        CELError("no such overload: \(function)(\(arguments.map(\.typeName).joined(separator: ", ")))")
    }
    static let overflow = CELError("return error for overflow")
}
