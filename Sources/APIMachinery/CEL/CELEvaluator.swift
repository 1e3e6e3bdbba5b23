/// Evaluates an expression. Source: cel-spec, langdef, "Evaluation".
///
/// Time and memory are bounded by a budget: each node, each element of a list or map that is gone through,
/// copied or compared, each sixteen bytes of a text that is read or made and each sixteen steps of a regular
/// expression count as a step. Lists and texts are paid for before they are made.
package struct CELEvaluator {
    /// Steps of one evaluation: at most some tens of milliseconds.
    package static let budgetDefault = 100_000

    private let variables: JSONObject
    /// Of macros, innermost last.
    private var bound: [(name: String, value: CELValue)] = []
    private(set) var budget: Int
    private var converted: [String: CELValue] = [:]
    /// Regular expressions, compiled once however many elements they are tried on.
    var patterns: [CELKey: Result<RegularExpression, RegularExpression.Failure>] = [:]

    init(variables: JSONObject, budget: Int) {
        self.variables = variables
        self.budget = budget
    }

    mutating func spend(_ steps: Int) throws(CELError) {
        budget -= steps
        guard budget >= 0 else { throw Self.tooManySteps }
    }

    static let tooManySteps = CELError("the expression takes more steps than it may", isFinal: true)

    mutating func evaluate(_ node: CELNode) throws(CELError) -> CELValue {
        try spend(1)
        switch node.kind {
        case .literal(let value): return value
        case .variable(let name): return try variable(name)
        case .select(let operand, let field, let isOptional):
            return try member(.string(field), of: try evaluate(operand), isOptional: isOptional)
        case .has(let operand, let field): return try has(field, in: try evaluate(operand))
        case .index(let operand, let index, let isOptional):
            let value = try evaluate(operand)
            return try member(try evaluate(index), of: value, isOptional: isOptional)
        case .list(let nodes):
            var elements: [CELValue] = []
            for node in nodes { elements.append(try evaluate(node)) }
            return .list(elements)
        case .map(let entries): return try map(entries)
        case .not(let operand):
            guard case .bool(let value) = try evaluate(operand) else { throw .noOverload }
            return .bool(!value)
        case .negate(let operand): return try CELOperators.negated(try evaluate(operand))
        case .and(let operands): return .bool(try decide(operands, by: false))
        case .or(let operands): return .bool(try decide(operands, by: true))
        case .conditional(let condition, let first, let second):
            guard case .bool(let isTrue) = try evaluate(condition) else { throw .noOverload }
            return try evaluate(isTrue ? first : second)
        case .binary(let operation, let left, let right):
            let (a, b) = (try evaluate(left), try evaluate(right))
            return switch operation {
            case .equal: .bool(try equal(a, b))
            case .notEqual: .bool(try !equal(a, b))
            case .isIn: .bool(try contains(b, a))
            default: try CELOperators.apply(operation, a, b, &self)
            }
        case .call(let name, let target, let nodes):
            var arguments: [CELValue] = []
            if let target { arguments.append(try evaluate(target)) }
            for node in nodes { arguments.append(try evaluate(node)) }
            return try CELFunctions.call(name, arguments, isMethod: target != nil, &self)
        case .macro(let macro, let range, let variable, let filter, let body):
            return try fold(macro, over: try evaluate(range), variable, filter, body)
        }
    }

    // MARK: Variables and members

    private static let types: Set<String> = ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"]

    private mutating func variable(_ name: String) throws(CELError) -> CELValue {
        if let value = bound.last(where: { $0.name == name })?.value { return value }
        if let value = converted[name] { return value }
        if let json = variables[name] {
            let value = CELValue(json)
            converted[name] = value
            return value
        }
        if Self.types.contains(name) { return .type(name) }
        throw CELError("no such attribute: \(name)")
    }

    private mutating func has(_ field: String, in value: CELValue) throws(CELError) -> CELValue {
        switch value {
        case .map(let map): return .bool(try self.value(of: .string(field), in: map) != nil)
        case .optional(let wrapped):
            guard let wrapped else { return .bool(false) }
            return try has(field, in: wrapped)
        default: throw CELError("a value of type \(value.typeName) has no field \(field)")
        }
    }

    /// A field of a map, or an element of a list. Of an optional operand the member is optional, too.
    private mutating func member(_ key: CELValue, of value: CELValue, isOptional: Bool) throws(CELError) -> CELValue {
        if case .optional(let wrapped) = value {
            guard let wrapped else { return value }
            return try member(key, of: wrapped, isOptional: true)
        }
        let found: CELValue?
        switch value {
        case .map(let map): found = try self.value(of: key, in: map)
        case .list(let elements):
            guard let index = key.integer else { throw .noOverload("_[_]", [value, key]) }
            found = index >= 0 && index < elements.count ? elements[Int(index)] : nil
        default:
            guard case .string(let field) = key else { throw .noOverload("_[_]", [value, key]) }
            throw CELError("a value of type \(value.typeName) has no field \(field)")
        }
        if isOptional { return .optional(found) }
        guard let found else { throw CELError("\(value.typeName == "list" ? "index out of bounds" : "no such key"): \(key.text)") }
        return found
    }

    private mutating func map(_ nodes: [(key: CELNode, value: CELNode)]) throws(CELError) -> CELValue {
        var map = CELMap()
        for node in nodes {
            let key = try evaluate(node.key)
            switch key {
            case .bool, .int, .uint, .string: break
            default: throw CELError("a value of type \(key.typeName) cannot be the key of a map")
            }
            guard try value(of: key, in: map) == nil else { throw CELError("Failed with repeated key: \(key.text)") }
            map.append(key, try evaluate(node.value))
        }
        return .map(map)
    }

    // MARK: Logic and macros

    /// `&&` and `||`: a value that decides does so whatever errors the others end in.
    private mutating func decide(_ operands: [CELNode], by decisive: Bool) throws(CELError) -> Bool {
        var failure: CELError?
        for operand in operands {
            if try holds(decisive, &failure, { evaluator throws(CELError) in try evaluator.evaluate(operand) }) { return decisive }
        }
        if let failure { throw failure }
        return !decisive
    }

    /// Whether a value is the decisive one; keeps the first error of those that have none.
    private mutating func holds(
        _ decisive: Bool, _ failure: inout CELError?, _ body: (inout CELEvaluator) throws(CELError) -> CELValue
    ) throws(CELError) -> Bool {
        do throws(CELError) {
            guard case .bool(let value) = try body(&self) else { throw .noOverload }
            return value == decisive
        } catch {
            if error.isFinal { throw error }
            failure = failure ?? error
            return false
        }
    }

    private mutating func fold(
        _ macro: CELNode.Macro, over range: CELValue, _ variable: String, _ filter: CELNode?, _ body: CELNode
    ) throws(CELError) -> CELValue {
        let elements: [CELValue]
        switch range {
        case .list(let list): elements = list
        case .map(let map):
            try spend(map.count)
            elements = map.keys
        default: throw CELError("\(macro.rawValue)() needs a list or a map, found \(range.typeName)")
        }
        bound.append((variable, .null))
        defer { bound.removeLast() }
        var failure: CELError?
        var found: [CELValue] = []
        var count = 0
        for element in elements {
            try spend(1)
            bound[bound.count - 1].value = element
            switch macro {
            case .all, .exists:
                let decisive = macro == .exists
                if try holds(decisive, &failure, { evaluator throws(CELError) in try evaluator.evaluate(body) }) { return .bool(decisive) }
            case .existsOne: if try isTrue(body) { count += 1 }
            case .filter: if try isTrue(body) { found.append(element) }
            case .map:
                if let filter, try !isTrue(filter) { continue }
                found.append(try evaluate(body))
            }
        }
        if let failure { throw failure }
        switch macro {
        case .all: return .bool(true)
        case .exists: return .bool(false)
        case .existsOne: return .bool(count == 1)
        case .map, .filter: return .list(found)
        }
    }

    private mutating func isTrue(_ node: CELNode) throws(CELError) -> Bool {
        guard case .bool(let value) = try evaluate(node) else { throw .noOverload }
        return value
    }
}
