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
            if let value = try CELText.call(name, arguments) {
                try evaluator.spend(value.weight)
                return value
            }
        }
        switch (name, arguments.count) {
        case ("size", 1): return .int(Int64(try size(arguments[0])))
        case ("matches", 2): return .bool(try matches(arguments))
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

    private static func matches(_ arguments: [CELValue]) throws(CELError) -> Bool {
        guard case .string(let text) = arguments[0], case .string(let pattern) = arguments[1] else { throw .noOverload("matches", arguments) }
        let expression: RegularExpression
        do throws(RegularExpression.Failure) { expression = try RegularExpression(pattern) } catch {
            throw CELError("error parsing regexp: \(error.description)")
        }
        guard let isFound = expression.matches(text) else { throw CELError("the regular expression takes more steps than it may", isFinal: true) }
        return isFound
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

/// Methods of texts.
enum CELText {
    /// nil where the target is no text (for `join`: no list), or the method none of these.
    static func call(_ name: String, _ arguments: [CELValue]) throws(CELError) -> CELValue? {
        if name == "join", case .list(let elements) = arguments[0] { return .string(try join(elements, arguments.dropFirst())) }
        guard case .string(let text) = arguments[0] else { return nil }
        guard arguments.count <= 3 else { return nil }
        switch (name, arguments.count > 1 ? arguments[1] : nil, arguments.count > 2 ? arguments[2] : nil) {
        case ("contains", .string(let part)?, nil): return .bool(part.isEmpty || index(of: part, in: text) != nil)
        case ("startsWith", .string(let part)?, nil): return .bool(text.utf8.starts(with: part.utf8))
        case ("endsWith", .string(let part)?, nil): return .bool(text.utf8.reversed().starts(with: part.utf8.reversed()))
        case ("lowerAscii", nil, nil): return .string(mapped(text) { $0 >= "A" && $0 <= "Z" ? $0.value + 32 : $0.value })
        case ("upperAscii", nil, nil): return .string(mapped(text) { $0 >= "a" && $0 <= "z" ? $0.value - 32 : $0.value })
        case ("trim", nil, nil): return .string(trimmed(text))
        case ("indexOf", .string(let part)?, nil): return .int(Int64(index(of: part, in: text) ?? -1))
        case ("lastIndexOf", .string(let part)?, nil): return .int(Int64(index(of: part, in: text, last: true) ?? -1))
        case ("charAt", .int(let position)?, nil): return .string(try slice(text, position, position == text.unicodeScalars.count ? position : position + 1))
        case ("substring", .int(let start)?, nil): return .string(try slice(text, start, Int64(text.unicodeScalars.count)))
        case ("substring", .int(let start)?, .int(let end)?): return .string(try slice(text, start, end))
        case ("split", .string(let separator)?, nil): return .list(split(text, separator).map(CELValue.string))
        case ("replace", .string(let old)?, .string(let new)?): return .string(try replaced(text, old, new))
        default: return nil
        }
    }

    private static func join(_ elements: [CELValue], _ rest: ArraySlice<CELValue>) throws(CELError) -> String {
        var separator = ""
        if case .string(let text)? = rest.first { separator = text }
        var texts: [String] = []
        for element in elements {
            guard case .string(let text) = element else { throw .noOverload("join", [.list(elements)]) }
            texts.append(text)
        }
        return texts.joined(separator: separator)
    }

    private static func mapped(_ text: String, _ change: (Unicode.Scalar) -> UInt32) -> String {
        var view = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { view.append(Unicode.Scalar(change(scalar)) ?? scalar) }
        return String(view)
    }

    private static func trimmed(_ text: String) -> String {
        var view = text.unicodeScalars[...]
        while view.first?.properties.isWhitespace == true { view.removeFirst() }
        while view.last?.properties.isWhitespace == true { view.removeLast() }
        return String(String.UnicodeScalarView(view))
    }

    /// In code points, of the first place or the last one.
    private static func index(of part: String, in text: String, last: Bool = false) -> Int? {
        let (haystack, needle) = (Array(text.unicodeScalars), Array(part.unicodeScalars))
        guard needle.count <= haystack.count else { return nil }
        let places = 0...(haystack.count - needle.count)
        func isFound(at place: Int) -> Bool { haystack[place..<place + needle.count].elementsEqual(needle) }
        return last ? places.last(where: isFound) : places.first(where: isFound)
    }

    private static func slice(_ text: String, _ start: Int64, _ end: Int64) throws(CELError) -> String {
        let scalars = Array(text.unicodeScalars)
        guard start >= 0, end >= start, end <= scalars.count else { throw CELError("index out of range: \(start < 0 || start > scalars.count ? start : end)") }
        return String(String.UnicodeScalarView(scalars[Int(start)..<Int(end)]))
    }

    private static func split(_ text: String, _ separator: String) -> [String] {
        if separator.isEmpty { return text.unicodeScalars.map { String($0) } }
        var parts: [String] = []
        var rest = text[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }

    /// Longest text that a replacement may give, in bytes: each place may grow by the length of `new`.
    private static let replacedBytesMax = 1 << 20

    private static func replaced(_ text: String, _ old: String, _ new: String) throws(CELError) -> String {
        let places = old.isEmpty ? text.unicodeScalars.count + 1 : text.utf8.count / old.utf8.count
        guard places * new.utf8.count <= replacedBytesMax else { throw CELError("the replacement is longer than it may be", isFinal: true) }
        if old.isEmpty { return new + text.unicodeScalars.map { String($0) + new }.joined() }
        return text.replacing(old, with: new)
    }
}
