/// Arithmetic and order. Source: cel-spec, langdef, "Standard Definitions".
enum CELOperators {
    static func apply(_ operation: CELNode.Operator, _ a: CELValue, _ b: CELValue, _ evaluator: inout CELEvaluator) throws(CELError) -> CELValue {
        try evaluator.spend(a.weight + b.weight)
        switch operation {
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            guard let order = CELValue.order(a, b) else { throw .noOverload("_\(operation.rawValue)_", [a, b]) }
            switch operation {
            case .less: return .bool(order == .before)
            case .lessOrEqual: return .bool(order == .before || order == .same)
            case .greater: return .bool(order == .after)
            default: return .bool(order == .after || order == .same)
            }
        default:
            if let value = try numbers(operation, a, b) { return value }
            guard let value = try others(operation, a, b) else { throw .noOverload("_\(operation.rawValue)_", [a, b]) }
            return value
        }
    }

    static func negated(_ value: CELValue) throws(CELError) -> CELValue {
        switch value {
        case .int(let value):
            guard value != .min else { throw .overflow }
            return .int(-value)
        case .double(let value): return .double(-value)
        case .duration(let value): return .duration(.nanoseconds(try integers(.subtract, 0, value.nanoseconds)))
        default: throw .noOverload("-_", [value])
        }
    }

    /// nil where the operands are not two numbers of one type.
    private static func numbers(_ operation: CELNode.Operator, _ a: CELValue, _ b: CELValue) throws(CELError) -> CELValue? {
        switch (a, b) {
        case (.int(let a), .int(let b)): return .int(try integers(operation, a, b))
        case (.uint(let a), .uint(let b)): return .uint(try integers(operation, a, b))
        case (.double(let a), .double(let b)):
            switch operation {
            case .add: return .double(a + b)
            case .subtract: return .double(a - b)
            case .multiply: return .double(a * b)
            case .divide: return .double(a / b)
            default: return nil
            }
        default: return nil
        }
    }

    private static func integers<Value: FixedWidthInteger>(_ operation: CELNode.Operator, _ a: Value, _ b: Value) throws(CELError) -> Value {
        let result: (partialValue: Value, overflow: Bool)
        switch operation {
        case .add: result = a.addingReportingOverflow(b)
        case .subtract: result = a.subtractingReportingOverflow(b)
        case .multiply: result = a.multipliedReportingOverflow(by: b)
        case .divide:
            guard b != 0 else { throw CELError("division by zero") }
            result = a.dividedReportingOverflow(by: b)
        default:
            guard b != 0 else { throw CELError("modulus by zero") }
            result = a.remainderReportingOverflow(dividingBy: b)
        }
        guard !result.overflow else { throw .overflow }
        return result.partialValue
    }

    /// Joining, and sums of times, in nanoseconds; nil where there is no such operation.
    private static func others(_ operation: CELNode.Operator, _ a: CELValue, _ b: CELValue) throws(CELError) -> CELValue? {
        switch (operation, a, b) {
        case (.add, .string(let a), .string(let b)): return .string(a + b)
        case (.add, .bytes(let a), .bytes(let b)): return .bytes(a + b)
        case (.add, .list(let a), .list(let b)): return .list(a + b)
        case (.add, .timestamp(let time), .duration(let span)), (.add, .duration(let span), .timestamp(let time)),
            (.subtract, .timestamp(let time), .duration(let span)):
            return .timestamp(Timestamp(nanoseconds: try integers(operation, time.nanoseconds, span.nanoseconds)))
        case (.subtract, .timestamp(let a), .timestamp(let b)): return .duration(.nanoseconds(try integers(operation, a.nanoseconds, b.nanoseconds)))
        case (.add, .duration(let a), .duration(let b)), (.subtract, .duration(let a), .duration(let b)):
            return .duration(.nanoseconds(try integers(operation, a.nanoseconds, b.nanoseconds)))
        default: return nil
        }
    }
}

extension CELValue {
    /// An integer of any numeric type, as an index of a list; nil for anything else.
    var integer: Int64? {
        switch self {
        case .int(let value): value
        case .uint(let value): Int64(exactly: value)
        case .double(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// For a message.
    var text: String {
        switch self {
        case .string(let text): text
        case .int(let value): String(value)
        case .uint(let value): String(value)
        case .bool(let value): String(value)
        default: typeName
        }
    }
}
