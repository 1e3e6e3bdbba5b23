/// The part of JSONPath that printer columns, scale paths and selectable fields use:
/// `.status.conditions[?(@.type=="Ready")].status`, `.spec.ports[0].name`, `.metadata.labels['app']`.
///
/// Source: Kubernetes documentation, "JSONPath Support".
package struct JSONPath: Sendable {
    /// What cannot be read; `description` says where.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private enum Step: Sendable {
        case member(String)
        case wildcard
        /// Everything below, at any depth.
        case descent
        case slice(start: Int?, end: Int?, step: Int)
        case index(Int)
        case names([String])
        case filter(Filter)
    }

    private struct Filter: Sendable {
        enum Operand: Sendable {
            case path([Step])
            case value(JSON)
        }
        enum Comparison: String, Sendable, CaseIterable {
            case equal = "=="
            case unequal = "!="
            case atMost = "<="
            case atLeast = ">="
            case less = "<"
            case greater = ">"
        }
        var left: Operand
        /// nil: the left side exists.
        var comparison: (Comparison, Operand)?
    }

    /// Longest text of a path.
    private static let lengthMax = 1_024
    /// Most values that one step may find.
    private static let valuesMax = 10_000

    private let steps: [Step]

    /// Braces around the path are allowed, as kubectl writes them.
    package init(_ text: String) throws(Failure) {
        guard text.utf8.count <= Self.lengthMax else { throw Failure(description: "the path is longer than \(Self.lengthMax) bytes") }
        var text = text[...]
        if text.hasPrefix("{"), text.hasSuffix("}") { text = text.dropFirst().dropLast() }
        var parser = Parser(text)
        steps = try parser.path(isWhole: true)
    }

    /// The names of a path of plain members (`.spec.replicas`); nil for any other.
    package var members: [String]? {
        var names: [String] = []
        for step in steps {
            guard case .member(let name) = step else { return nil }
            names.append(name)
        }
        return names
    }

    /// The values that the path finds, in order; what is absent is left out.
    package func find(in value: JSON) -> [JSON] { Self.find(steps[...], in: value) }

    private static func find(_ steps: ArraySlice<Step>, in value: JSON) -> [JSON] {
        var found = [value]
        for step in steps {
            var next: [JSON] = []
            for value in found where next.count < valuesMax { apply(step, value, &next) }
            found = next
        }
        return found
    }

    private static func apply(_ step: Step, _ value: JSON, _ found: inout [JSON]) {
        switch step {
        case .member(let name): if let child = value[name] { found.append(child) }
        case .names(let names): found += names.compactMap { value[$0] }
        case .wildcard: found += value.array ?? value.object?.values ?? []
        case .descent:
            guard found.count < valuesMax else { return }
            found.append(value)
            for child in value.array ?? value.object?.values ?? [] { apply(.descent, child, &found) }
        case .index(let index):
            guard let elements = value.array else { return }
            let position = index < 0 ? elements.count + index : index
            if elements.indices.contains(position) { found.append(elements[position]) }
        case .slice(let start, let end, let step):
            guard let elements = value.array else { return }
            func clamp(_ bound: Int) -> Int { max(0, min(elements.count, bound < 0 ? elements.count + bound : bound)) }
            let range = (clamp(start ?? 0), clamp(end ?? elements.count))
            found += stride(from: range.0, to: range.1, by: step).map { elements[$0] }
        case .filter(let filter): found += (value.array ?? value.object?.values ?? []).filter { holds(filter, $0) }
        }
    }

    private static func holds(_ filter: Filter, _ value: JSON) -> Bool {
        func operand(_ operand: Filter.Operand) -> JSON? {
            switch operand {
            case .value(let value): value
            case .path(let steps): find(steps[...], in: value).first
            }
        }
        guard let left = operand(filter.left) else { return false }
        guard let (comparison, other) = filter.comparison else { return true }
        guard let right = operand(other) else { return false }
        if let a = left.double, let b = right.double { return compare(a, b, comparison) }
        return compare(left.string ?? left.text, right.string ?? right.text, comparison)
    }

    private static func compare<T: Comparable>(_ a: T, _ b: T, _ comparison: Filter.Comparison) -> Bool {
        switch comparison {
        case .equal: a == b
        case .unequal: a != b
        case .atMost: a <= b
        case .atLeast: a >= b
        case .less: a < b
        case .greater: a > b
        }
    }

    // MARK: Reading

    private struct Parser {
        private let text: [Character]
        private var position = 0

        init(_ text: some StringProtocol) { self.text = Array(text) }

        private var next: Character? { position < text.count ? text[position] : nil }

        private func failure(_ what: String) -> Failure { Failure(description: "\(what) at character \(position + 1)") }

        private mutating func take(_ character: Character) -> Bool {
            guard next == character else { return false }
            position += 1
            return true
        }

        /// Up to the end, or inside a filter up to an operator.
        mutating func path(isWhole: Bool) throws(Failure) -> [Step] {
            var steps: [Step] = []
            if isWhole { _ = take("$") }
            while let character = next {
                switch character {
                case ".":
                    position += 1
                    if take(".") { steps.append(.descent) }
                    if take("*") { steps.append(.wildcard) } else if next != "[" && next != nil { steps.append(.member(try name())) }
                case "[":
                    position += 1
                    steps.append(try bracket())
                default:
                    guard isWhole else { return steps }
                    guard steps.isEmpty else { throw failure("unexpected \(character)") }
                    steps.append(.member(try name()))
                }
            }
            return steps
        }

        private static let nameEnds: Set<Character> = [".", "[", "]", " ", "=", "!", "<", ">", ")", "{", "}", ","]

        private mutating func name() throws(Failure) -> String {
            var name = ""
            while let character = next, !Self.nameEnds.contains(character) {
                position += 1
                if character == "\\", let escaped = next {
                    name.append(escaped)
                    position += 1
                } else {
                    name.append(character)
                }
            }
            guard !name.isEmpty else { throw failure("expected a field's name") }
            return name
        }

        private mutating func quoted() throws(Failure) -> String {
            guard let quote = next else { throw failure("expected a quoted text") }
            position += 1
            var value = ""
            while let character = next, character != quote {
                position += 1
                if character == "\\", let escaped = next {
                    value.append(escaped)
                    position += 1
                } else {
                    value.append(character)
                }
            }
            guard take(quote) else { throw failure("unterminated quoted text") }
            return value
        }

        private mutating func bracket() throws(Failure) -> Step {
            let step: Step
            switch next {
            case "*":
                position += 1
                step = .wildcard
            case "'", "\"":
                var names = [try quoted()]
                while take(",") { names.append(try quoted()) }
                step = .names(names)
            case "?":
                position += 1
                guard take("(") else { throw failure("expected (") }
                step = .filter(try filter())
                guard take(")") else { throw failure("unterminated filter") }
            default: step = try numbers()
            }
            guard take("]") else { throw failure("unterminated array") }
            return step
        }

        private mutating func numbers() throws(Failure) -> Step {
            let start = position
            while let character = next, character != "]" { _ = character; position += 1 }
            let parts = String(text[start..<position]).split(separator: ":", omittingEmptySubsequences: false)
            let values = parts.map { Int($0) }
            if parts.count == 1, let index = values[0] { return .index(index) }
            guard (2...3).contains(parts.count), zip(parts, values).allSatisfy({ $0.isEmpty || $1 != nil }) else {
                throw failure("invalid array index \(String(text[start..<position]))")
            }
            let step = parts.count == 3 ? values[2] ?? 1 : 1
            guard step > 0 else { throw failure("a step must be positive") }
            return .slice(start: values[0], end: values[1], step: step)
        }

        private mutating func skipSpaces() { while next == " " { position += 1 } }

        private mutating func filter() throws(Failure) -> Filter {
            let left = try operand()
            skipSpaces()
            for comparison in Filter.Comparison.allCases {
                let symbol = Array(comparison.rawValue)
                guard position + symbol.count <= text.count, Array(text[position..<position + symbol.count]) == symbol else { continue }
                position += symbol.count
                let right = try operand()
                skipSpaces()
                return Filter(left: left, comparison: (comparison, right))
            }
            return Filter(left: left)
        }

        private mutating func operand() throws(Failure) -> Filter.Operand {
            skipSpaces()
            switch next {
            case "@":
                position += 1
                return .path(try path(isWhole: false))
            case "'", "\"": return .value(.string(try quoted()))
            default:
                let word = try number()
                if word == "true" || word == "false" { return .value(.bool(word == "true")) }
                if let integer = Int64(word) { return .value(.int(integer)) }
                guard let double = Double(word) else { throw failure("expected @, a number or a quoted text") }
                return .value(.double(double))
            }
        }

        private mutating func number() throws(Failure) -> String {
            var word = ""
            while let character = next, !")= !<>".contains(character) {
                word.append(character)
                position += 1
            }
            return word
        }
    }
}
