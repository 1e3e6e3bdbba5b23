/// Reads an expression by the grammar of cel-spec, langdef, "Syntax"; macros are expanded on the way.
struct CELParser {
    /// Deepest nesting of brackets, and of the tree that is made of operators and selections.
    static let depthMax = 200
    /// Most nodes of an expression.
    static let nodesMax = 20_000

    private var lexer: CELLexer
    private var token = CELLexer.Token.end
    private var offset = 0
    private var depth = 0
    private var nodes = 0

    init(_ source: String) throws(CELSyntaxError) {
        lexer = CELLexer(source)
        try advance()
    }

    mutating func parse() throws(CELSyntaxError) -> CELNode {
        if case .end = token { throw failure("the expression is empty") }
        let node = try expression()
        guard case .end = token else { throw unexpected() }
        return node
    }

    // MARK: Tokens

    private mutating func advance() throws(CELSyntaxError) { (token, offset) = try lexer.next() }

    private mutating func accept(_ symbol: String) throws(CELSyntaxError) -> Bool {
        guard case .symbol(symbol) = token else { return false }
        try advance()
        return true
    }

    private mutating func expect(_ symbol: String) throws(CELSyntaxError) {
        guard try accept(symbol) else { throw unexpected(instead: symbol) }
    }

    private func failure(_ message: String, at place: Int? = nil) -> CELSyntaxError { lexer.failure(at: place ?? offset, message) }

    private func unexpected(instead: String? = nil) -> CELSyntaxError {
        let found = switch token {
        case .end: "the end"
        case .identifier(let name): name
        case .symbol(let text): text
        case .literal, .minimum: "a value"
        }
        return failure("unexpected \(found)\(instead.map { ", expected \($0)" } ?? "")")
    }

    /// One level of brackets or signs deeper while `body` runs.
    private mutating func nested(_ body: (inout CELParser) throws(CELSyntaxError) -> CELNode) throws(CELSyntaxError) -> CELNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw tooDeep }
        return try body(&self)
    }

    private var tooDeep: CELSyntaxError { failure("the expression is nested deeper than \(Self.depthMax)") }

    private mutating func make(_ kind: CELNode.Kind) throws(CELSyntaxError) -> CELNode {
        nodes += 1
        guard nodes <= Self.nodesMax else { throw failure("the expression has more than \(Self.nodesMax) parts") }
        let node = CELNode(kind)
        guard node.height <= Self.depthMax else { throw tooDeep }
        return node
    }

    // MARK: Operators, loosest first

    private mutating func expression() throws(CELSyntaxError) -> CELNode {
        try nested { parser throws(CELSyntaxError) in
            let condition = try parser.disjunction()
            guard try parser.accept("?") else { return condition }
            let first = try parser.disjunction()
            try parser.expect(":")
            return try parser.make(.conditional(condition, first, try parser.expression()))
        }
    }

    private mutating func disjunction() throws(CELSyntaxError) -> CELNode {
        var operands = [try conjunction()]
        while try accept("||") { operands.append(try conjunction()) }
        return operands.count == 1 ? operands[0] : try make(.or(operands))
    }

    private mutating func conjunction() throws(CELSyntaxError) -> CELNode {
        var operands = [try relation()]
        while try accept("&&") { operands.append(try relation()) }
        return operands.count == 1 ? operands[0] : try make(.and(operands))
    }

    private mutating func relation() throws(CELSyntaxError) -> CELNode {
        try binary([.equal, .notEqual, .lessOrEqual, .greaterOrEqual, .less, .greater, .isIn]) { parser throws(CELSyntaxError) in
            try parser.binary([.add, .subtract]) { parser throws(CELSyntaxError) in
                try parser.binary([.multiply, .divide, .modulo]) { parser throws(CELSyntaxError) in try parser.unary() }
            }
        }
    }

    private mutating func binary(
        _ operators: [CELNode.Operator], _ operand: (inout CELParser) throws(CELSyntaxError) -> CELNode
    ) throws(CELSyntaxError) -> CELNode {
        var node = try operand(&self)
        while case .symbol(let text) = token, let found = operators.first(where: { $0.rawValue == text }) {
            try advance()
            node = try make(.binary(found, node, try operand(&self)))
        }
        return node
    }

    private mutating func unary() throws(CELSyntaxError) -> CELNode {
        if try accept("!") {
            return try nested { parser throws(CELSyntaxError) in try parser.make(.not(try parser.unary())) }
        }
        guard try accept("-") else { return try member() }
        // The sign belongs to a number: the smallest one is none without it.
        switch token {
        case .literal(.int(let value)):
            try advance()
            return try member(of: make(.literal(.int(-value))))
        case .literal(.double(let value)):
            try advance()
            return try member(of: make(.literal(.double(-value))))
        case .minimum:
            try advance()
            return try member(of: make(.literal(.int(.min))))
        default: return try nested { parser throws(CELSyntaxError) in try parser.make(.negate(try parser.unary())) }
        }
    }

    // MARK: Members

    private mutating func member() throws(CELSyntaxError) -> CELNode { try member(of: try primary()) }

    private mutating func member(of operand: CELNode) throws(CELSyntaxError) -> CELNode {
        var node = operand
        while true {
            if try accept(".") {
                let isOptional = try accept("?")
                let place = offset
                guard case .identifier(let name) = token else { throw unexpected(instead: "the name of a field or method") }
                try advance()
                if !isOptional, try accept("(") {
                    node = try method(name, of: node, at: place)
                } else {
                    node = try make(.select(node, field: name, isOptional: isOptional))
                }
            } else if try accept("[") {
                let isOptional = try accept("?")
                let index = try expression()
                try expect("]")
                node = try make(.index(node, index, isOptional: isOptional))
            } else {
                return node
            }
        }
    }

    private mutating func primary() throws(CELSyntaxError) -> CELNode {
        let place = offset
        switch token {
        case .literal(let value):
            try advance()
            return try make(.literal(value))
        case .minimum: throw failure("9223372036854775808 is beyond the range of int")
        case .identifier(let name):
            try advance()
            guard !CELLexer.reserved.contains(name) else { throw failure("\(name) is a reserved word", at: place) }
            if case .symbol("{") = token { throw failure("messages (\(name){…}) are not supported") }
            guard try accept("(") else { return try make(.variable(name)) }
            return try function(name, at: place)
        case .symbol("."):
            // A name from the root: the same, as there are no containers.
            try advance()
            guard case .identifier = token else { throw unexpected(instead: "a name") }
            return try primary()
        case .symbol("("):
            try advance()
            let node = try expression()
            try expect(")")
            return node
        case .symbol("["):
            try advance()
            return try make(.list(try elements(until: "]")))
        case .symbol("{"):
            try advance()
            return try map()
        default: throw unexpected()
        }
    }

    /// Expressions up to a closing bracket, which is taken, too.
    private mutating func elements(until end: String) throws(CELSyntaxError) -> [CELNode] {
        var elements: [CELNode] = []
        while try !accept(end) {
            if case .symbol("?") = token { throw failure("optional elements of lists are not supported") }
            elements.append(try expression())
            guard try accept(",") else {
                try expect(end)
                break
            }
        }
        return elements
    }

    private mutating func map() throws(CELSyntaxError) -> CELNode {
        var entries: [(key: CELNode, value: CELNode)] = []
        while try !accept("}") {
            if case .symbol("?") = token { throw failure("optional entries of maps are not supported") }
            let key = try expression()
            try expect(":")
            entries.append((key, try expression()))
            guard try accept(",") else {
                try expect("}")
                break
            }
        }
        return try make(.map(entries))
    }

    // MARK: Calls and macros

    private mutating func function(_ name: String, at place: Int) throws(CELSyntaxError) -> CELNode {
        let arguments = try elements(until: ")")
        guard name == "has" else {
            guard CELFunctions.names.contains(name) else { throw failure("there is no function \(name)", at: place) }
            return try make(.call(name, target: nil, arguments: arguments))
        }
        guard arguments.count == 1, case .select(let operand, let field, isOptional: false) = arguments[0].kind else {
            throw failure("has() needs one selection of a field, such as has(status.phase)", at: place)
        }
        return try make(.has(operand, field: field))
    }

    private mutating func method(_ name: String, of target: CELNode, at place: Int) throws(CELSyntaxError) -> CELNode {
        let arguments = try elements(until: ")")
        guard let macro = CELNode.Macro(rawValue: name) else {
            // `optional.of(x)` is a function with a dotted name.
            if case .variable("optional") = target.kind, name == "of" || name == "none" {
                return try make(.call("optional.\(name)", target: nil, arguments: arguments))
            }
            guard CELFunctions.methods.contains(name) else { throw failure("there is no method \(name)", at: place) }
            return try make(.call(name, target: target, arguments: arguments))
        }
        let isFiltered = macro == .map && arguments.count == 3
        guard arguments.count == 2 || isFiltered else {
            throw failure("\(name)() needs a variable and an expression", at: place)
        }
        guard case .variable(let variable) = arguments[0].kind else { throw failure("the first argument of \(name)() must be the name of a variable", at: place) }
        return try make(
            .macro(macro, range: target, variable: variable, filter: isFiltered ? arguments[1] : nil, body: arguments[arguments.count - 1]))
    }
}
