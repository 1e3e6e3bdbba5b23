/// The functions and methods of the language, and the string functions of cel-go that Kubernetes and Flux have.
/// Sources: cel-spec, langdef, "List of Standard Definitions"; cel-go, ext/strings.
enum CELFunctions {
    static let names: Set<String> = [
        "bool", "bytes", "double", "duration", "dyn", "has", "int", "matches", "size", "string", "timestamp", "type", "uint",
    ]
    static let methods: Set<String> = [
        "charAt", "contains", "endsWith", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours",
        "getMilliseconds", "getMinutes", "getMonth", "getSeconds", "hasValue", "indexOf", "join", "lastIndexOf", "lowerAscii", "matches", "or",
        "orValue", "replace", "size", "split", "startsWith", "substring", "trim", "upperAscii", "value",
    ]

    /// - Parameter arguments: of a method its target first.
    static func call(_ name: String, _ arguments: [CELValue], isMethod: Bool, _ evaluator: inout CELEvaluator) throws(CELError) -> CELValue {
        try evaluator.spend(arguments.reduce(0) { $0 + $1.weight })
        if isMethod {
            if let value = try CELTime.call(name, arguments) { return value }
            if let value = try CELText.call(name, arguments, &evaluator) { return value }
        }
        switch (name, arguments.count) {
        case ("size", 1): return .int(Int64(try size(arguments[0])))
        case ("matches", 2): return .bool(try matches(arguments, &evaluator))
        case ("type", 1) where !isMethod: return .type(arguments[0].typeName)
        case ("dyn", 1) where !isMethod: return arguments[0]
        case ("optional.of", 1): return .optional(arguments[0])
        case ("optional.none", 0): return .optional(nil)
        case (_, 1) where !isMethod:
            if let value = try CELConversions.convert(arguments[0], to: name) { return value }
        default: break
        }
        if isMethod, case .optional(let wrapped)? = arguments.first, let value = try optional(name, wrapped, arguments) { return value }
        throw .noOverload(name, arguments)
    }

    private static func size(_ value: CELValue) throws(CELError) -> Int {
        switch value {
        case .string(let text): text.unicodeScalars.count
        case .bytes(let bytes): bytes.count
        case .list(let elements): elements.count
        case .map(let map): map.count
        default: throw .noOverload("size", [value])
        }
    }

    /// Steps of a regular expression to one of the evaluation.
    private static let patternStepsPerStep = 16
    /// The same for its parts, each of which takes memory, when it is compiled.
    private static let patternPartsPerStep = 4

    private static func matches(_ arguments: [CELValue], _ evaluator: inout CELEvaluator) throws(CELError) -> Bool {
        guard case .string(let text) = arguments[0], case .string(let pattern) = arguments[1] else { throw .noOverload("matches", arguments) }
        let compiled = try compile(pattern, &evaluator)
        let expression: RegularExpression
        do throws(RegularExpression.Failure) { expression = try compiled.get() } catch {
            throw CELError("error parsing regexp: \(error.description)")
        }
        let stepsMax = min(evaluator.budget, RegularExpression.stepsMax / patternStepsPerStep) * patternStepsPerStep
        var steps = stepsMax
        guard let isFound = expression.matches(text, stepsLeft: &steps) else { throw CELEvaluator.tooManySteps }
        try evaluator.spend((stepsMax - steps) / patternStepsPerStep)
        return isFound
    }

    private static func compile(
        _ pattern: String, _ evaluator: inout CELEvaluator
    ) throws(CELError) -> Result<RegularExpression, RegularExpression.Failure> {
        let key = CELKey(text: pattern)
        if let known = evaluator.patterns[key] { return known }
        let result = Result { () throws(RegularExpression.Failure) in try RegularExpression(pattern) }
        evaluator.patterns[key] = result
        // A pattern that is refused may have got as far as the largest.
        try evaluator.spend(((try? result.get().partCount) ?? RegularExpression.partsMax) / patternPartsPerStep)
        return result
    }

    /// Methods of optional values; nil for another name.
    private static func optional(_ name: String, _ wrapped: CELValue?, _ arguments: [CELValue]) throws(CELError) -> CELValue? {
        switch (name, arguments.count) {
        case ("hasValue", 1): return .bool(wrapped != nil)
        case ("orValue", 2): return wrapped ?? arguments[1]
        case ("or", 2): return wrapped != nil ? arguments[0] : arguments[1]
        case ("value", 1):
            guard let wrapped else { throw CELError("optional.none() dereference") }
            return wrapped
        default: return nil
        }
    }
}
