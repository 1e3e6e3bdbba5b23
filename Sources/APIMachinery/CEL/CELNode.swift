/// A node of a parsed expression.
final class CELNode: Sendable {
    enum Kind: Sendable {
        case literal(CELValue)
        case variable(String)
        /// `operand.field`; `isOptional`: `operand.?field`.
        case select(CELNode, field: String, isOptional: Bool)
        /// `has(operand.field)`.
        case has(CELNode, field: String)
        case index(CELNode, CELNode, isOptional: Bool)
        case list([CELNode])
        case map([(key: CELNode, value: CELNode)])
        case not(CELNode)
        case negate(CELNode)
        case and([CELNode])
        case or([CELNode])
        case conditional(CELNode, CELNode, CELNode)
        case binary(Operator, CELNode, CELNode)
        /// A function, or with a target a method.
        case call(String, target: CELNode?, arguments: [CELNode])
        case macro(Macro, range: CELNode, variable: String, filter: CELNode?, body: CELNode)
    }

    enum Operator: String, Sendable {
        case equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">=", isIn = "in"
        case add = "+", subtract = "-", multiply = "*", divide = "/", modulo = "%"
    }

    enum Macro: String, Sendable {
        case all, exists, existsOne = "exists_one", map, filter
    }

    let kind: Kind
    /// Levels of nodes: what evaluating and freeing it takes of a stack.
    let height: Int

    init(_ kind: Kind) {
        self.kind = kind
        height = 1 + (kind.children.map(\.height).max() ?? 0)
    }
}

extension CELNode.Kind {
    fileprivate var children: [CELNode] {
        switch self {
        case .literal, .variable: []
        case .select(let operand, _, _), .has(let operand, _), .not(let operand), .negate(let operand): [operand]
        case .index(let operand, let index, _): [operand, index]
        case .list(let elements), .and(let elements), .or(let elements): elements
        case .map(let entries): entries.flatMap { [$0.key, $0.value] }
        case .conditional(let condition, let first, let second): [condition, first, second]
        case .binary(_, let left, let right): [left, right]
        case .call(_, let target, let arguments): arguments + [target].compactMap(\.self)
        case .macro(_, let range, _, let filter, let body): [range, body] + [filter].compactMap(\.self)
        }
    }
}
