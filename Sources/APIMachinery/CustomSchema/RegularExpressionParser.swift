indirect enum RegularExpressionTree {
    case empty
    case character(CharacterSet)
    case assertion(RegularExpression.Assertion)
    case sequence([RegularExpressionTree])
    case alternatives([RegularExpressionTree])
    /// `max` nil: without bound.
    case repetition(RegularExpressionTree, min: Int, max: Int?)
}

/// Reads RE2's syntax. What RE2 lacks (backreferences, look-around) is refused as there.
struct RegularExpressionParser {
    private struct Flags {
        var ignoresCase = false
        var isMultiline = false
        var dotIsAll = false
    }

    /// Deepest nesting of groups, as in Go.
    private static let depthMax = 200

    private let pattern: [Unicode.Scalar]
    private var position = 0
    private var flags = Flags()
    private var depth = 0
    /// The flags of the group that begins, `(?i:`.
    private var groupFlags: Flags?

    init(_ pattern: String) { self.pattern = Array(pattern.unicodeScalars) }

    private var next: Unicode.Scalar? { position < pattern.count ? pattern[position] : nil }

    private func failure(_ reason: String) -> RegularExpression.Failure {
        RegularExpression.Failure(description: "error parsing regexp: \(reason)")
    }

    private mutating func take(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        guard position + scalars.count <= pattern.count, Array(pattern[position..<position + scalars.count]) == scalars else { return false }
        position += scalars.count
        return true
    }

    mutating func parse() throws(RegularExpression.Failure) -> RegularExpressionTree {
        let tree = try alternatives()
        if next != nil { throw failure("unexpected )") }
        return tree
    }

    private mutating func alternatives() throws(RegularExpression.Failure) -> RegularExpressionTree {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw failure("expression nests too deeply") }
        // A flag set inside a group ends with it.
        let outer = flags
        defer { flags = outer }
        var options = [try sequence()]
        while take("|") { options.append(try sequence()) }
        return options.count == 1 ? options[0] : .alternatives(options)
    }

    private mutating func sequence() throws(RegularExpression.Failure) -> RegularExpressionTree {
        var parts: [RegularExpressionTree] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            guard let atom = try atom() else { continue }
            parts.append(try repeated(atom))
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    /// nil for what matches nothing by itself, such as a flag.
    private mutating func atom() throws(RegularExpression.Failure) -> RegularExpressionTree? {
        guard let scalar = next else { return nil }
        switch scalar {
        case "*", "+", "?": throw failure("missing argument to repetition operator: `\(scalar)`")
        case "(": return try group()
        case "[": return .character(try characterClass())
        case ".":
            position += 1
            return .character(flags.dotIsAll ? .any : .notNewline)
        case "^":
            position += 1
            return .assertion(flags.isMultiline ? .lineStart : .textStart)
        case "$":
            position += 1
            return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
        case "\\": return try escaped()
        default:
            position += 1
            return .character(literal(scalar))
        }
    }

    private func literal(_ scalar: Unicode.Scalar) -> CharacterSet {
        CharacterSet(ranges: [scalar.value...scalar.value], ignoresCase: flags.ignoresCase)
    }

    // MARK: Repetition

    private mutating func repeated(_ atom: RegularExpressionTree) throws(RegularExpression.Failure) -> RegularExpressionTree {
        var tree = atom
        var isRepeated = false
        while let scalar = next {
            let bounds: (min: Int, max: Int?)
            switch scalar {
            case "*": bounds = (0, nil)
            case "+": bounds = (1, nil)
            case "?": bounds = (0, 1)
            case "{":
                guard let counted = try counts() else { return tree }
                bounds = counted
                // What follows steps over one character, as for the others.
                position -= 1
            default: return tree
            }
            position += 1
            if isRepeated { throw failure("invalid nested repetition operator") }
            isRepeated = true
            // Lazy or greedy, the same texts match.
            _ = take("?")
            tree = .repetition(tree, min: bounds.min, max: bounds.max)
        }
        return tree
    }

    /// `{2}`, `{2,}`, `{2,5}`; nil for a brace that is a plain character.
    private mutating func counts() throws(RegularExpression.Failure) -> (min: Int, max: Int?)? {
        let start = position
        position += 1
        func number(_ parser: inout Self) -> Int? {
            let first = parser.position
            var value = 0
            while let digit = parser.next, CharacterSet.digit.contains(digit) {
                value = min(value * 10 + Int(digit.value - 48), 100_000)
                parser.position += 1
            }
            return parser.position > first ? value : nil
        }
        guard let low = number(&self) else {
            position = start
            return nil
        }
        var high: Int? = low
        if take(",") { high = number(&self) }
        guard take("}") else {
            position = start
            return nil
        }
        guard low <= RegularExpression.repetitionsMax, high ?? 0 <= RegularExpression.repetitionsMax, high.map({ low <= $0 }) ?? true else {
            throw failure("invalid repeat count")
        }
        return (low, high)
    }

    // MARK: Groups

    private mutating func group() throws(RegularExpression.Failure) -> RegularExpressionTree? {
        position += 1
        if take("?") {
            if take("P<") || take("<") {
                guard !(next == "=" || next == "!") else { throw failure("invalid or unsupported Perl syntax: look-behind") }
                while let scalar = next, scalar != ">" {
                    guard CharacterSet.word.contains(scalar) else { throw failure("invalid named capture") }
                    position += 1
                }
                guard take(">") else { throw failure("invalid named capture") }
            } else if try readFlags() {
                return nil
            }
        }
        let inner = try grouped()
        guard take(")") else { throw failure("missing closing )") }
        return inner
    }

    private mutating func grouped() throws(RegularExpression.Failure) -> RegularExpressionTree {
        guard let inside = groupFlags else { return try alternatives() }
        groupFlags = nil
        let outer = flags
        flags = inside
        defer { flags = outer }
        return try alternatives()
    }

    /// `i`, `m`, `s`, `U` before `)` (then true: they hold from here) or `:` (they hold in the group).
    private mutating func readFlags() throws(RegularExpression.Failure) -> Bool {
        var changed = flags
        var isOn = true
        while let scalar = next {
            position += 1
            switch scalar {
            case "i": changed.ignoresCase = isOn
            case "m": changed.isMultiline = isOn
            case "s": changed.dotIsAll = isOn
            case "U": break
            case "-" where isOn: isOn = false
            case ":":
                groupFlags = changed
                return false
            case ")":
                flags = changed
                return true
            default: throw failure("invalid or unsupported Perl syntax: `(?\(scalar)`")
            }
        }
        throw failure("missing closing )")
    }

    // MARK: Escapes

    private mutating func escaped() throws(RegularExpression.Failure) -> RegularExpressionTree? {
        position += 1
        guard let scalar = next else { throw failure("trailing backslash at end of expression") }
        switch scalar {
        case "A":
            position += 1
            return .assertion(.textStart)
        case "z":
            position += 1
            return .assertion(.textEnd)
        case "b":
            position += 1
            return .assertion(.wordBoundary)
        case "B":
            position += 1
            return .assertion(.noWordBoundary)
        case "Q":
            position += 1
            var parts: [RegularExpressionTree] = []
            while let scalar = next, !take("\\E") {
                parts.append(.character(literal(scalar)))
                position += 1
            }
            return .sequence(parts)
        default:
            if let set = try classEscape() { return .character(set) }
            return .character(literal(try characterEscape()))
        }
    }

    /// `\d` and its like, after the backslash; nil for a single character.
    private mutating func classEscape() throws(RegularExpression.Failure) -> CharacterSet? {
        guard let scalar = next else { return nil }
        let set: CharacterSet
        switch scalar {
        case "d": set = .digit
        case "D": set = CharacterSet.digit.negated
        case "w": set = .word
        case "W": set = CharacterSet.word.negated
        case "s": set = .space
        case "S": set = CharacterSet.space.negated
        case "p", "P":
            position += 1
            return try category(isNegated: scalar == "P")
        default: return nil
        }
        position += 1
        return set
    }

    private mutating func category(isNegated: Bool) throws(RegularExpression.Failure) -> CharacterSet {
        var name = ""
        var isNegated = isNegated
        if take("{") {
            if take("^") { isNegated.toggle() }
            while let scalar = next, scalar != "}" {
                name.unicodeScalars.append(scalar)
                position += 1
            }
            guard take("}") else { throw failure("invalid character class range") }
        } else if let scalar = next {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        if name == "Any" { return isNegated ? CharacterSet.any.negated : .any }
        guard (1...2).contains(name.utf8.count), name.utf8.first.map({ (65...90).contains($0) }) == true else {
            throw failure("invalid character class range: `\\p{\(name)}`; expected a general category such as L or Lu")
        }
        return CharacterSet(categories: [name], isNegated: isNegated)
    }

    /// One character, after the backslash.
    private mutating func characterEscape() throws(RegularExpression.Failure) -> Unicode.Scalar {
        guard let scalar = next else { throw failure("trailing backslash at end of expression") }
        position += 1
        switch scalar {
        case "n": return "\n"
        case "t": return "\t"
        case "r": return "\r"
        case "f": return "\u{0C}"
        case "v": return "\u{0B}"
        case "a": return "\u{07}"
        case "x":
            var digits = ""
            if take("{") {
                while let digit = next, digit != "}", digits.count < 8 {
                    digits.unicodeScalars.append(digit)
                    position += 1
                }
                guard take("}") else { throw failure("invalid escape sequence: `\\x`") }
            } else {
                while let digit = next, digits.count < 2 {
                    digits.unicodeScalars.append(digit)
                    position += 1
                }
            }
            guard let value = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) else { throw failure("invalid escape sequence: `\\x\(digits)`") }
            return value
        case "0"..."7":
            // One digit alone would be a backreference.
            var value = scalar.value - 48
            var count = 1
            while count < 3, let digit = next, ("0"..."7").contains(digit) {
                value = value * 8 + digit.value - 48
                position += 1
                count += 1
            }
            guard count > 1 || scalar == "0", let result = Unicode.Scalar(value) else { throw failure("invalid escape sequence: `\\\(scalar)`") }
            return result
        default:
            guard scalar.isASCII, !CharacterSet.word.contains(scalar) else { throw failure("invalid escape sequence: `\\\(scalar)`") }
            return scalar
        }
    }

    // MARK: Classes

    private static let posix: [String: CharacterSet] = [
        "alnum": CharacterSet(ranges: [48...57, 65...90, 97...122]), "alpha": CharacterSet(ranges: [65...90, 97...122]),
        "ascii": CharacterSet(ranges: [0...127]), "blank": CharacterSet(ranges: [9...9, 32...32]), "cntrl": CharacterSet(ranges: [0...31, 127...127]),
        "digit": .digit, "graph": CharacterSet(ranges: [33...126]), "lower": CharacterSet(ranges: [97...122]),
        "print": CharacterSet(ranges: [32...126]), "punct": CharacterSet(ranges: [33...47, 58...64, 91...96, 123...126]),
        "space": CharacterSet(ranges: [9...13, 32...32]), "upper": CharacterSet(ranges: [65...90]), "word": .word,
        "xdigit": CharacterSet(ranges: [48...57, 65...70, 97...102]),
    ]

    private mutating func characterClass() throws(RegularExpression.Failure) -> CharacterSet {
        position += 1
        var set = CharacterSet(ignoresCase: flags.ignoresCase)
        set.isNegated = take("^")
        var isFirst = true
        while let scalar = next, scalar != "]" || isFirst {
            isFirst = false
            if take("[:") {
                set.others.append(try posixClass())
                continue
            }
            if scalar == "\\" {
                position += 1
                if let other = try classEscape() {
                    set.others.append(other)
                    continue
                }
                position -= 1
            }
            let low = try classCharacter()
            guard next == "-", position + 1 < pattern.count, pattern[position + 1] != "]" else {
                set.ranges.append(low.value...low.value)
                continue
            }
            position += 1
            let high = try classCharacter()
            guard low.value <= high.value else { throw failure("invalid character class range: `\(low)-\(high)`") }
            set.ranges.append(low.value...high.value)
        }
        guard take("]") else { throw failure("missing closing ]") }
        return set
    }

    private mutating func posixClass() throws(RegularExpression.Failure) -> CharacterSet {
        let isNegated = take("^")
        var name = ""
        while let scalar = next, scalar != ":" {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard take(":]"), let set = Self.posix[name] else { throw failure("invalid character class range: `[:\(name):]`") }
        return isNegated ? set.negated : set
    }

    private mutating func classCharacter() throws(RegularExpression.Failure) -> Unicode.Scalar {
        guard let scalar = next else { throw failure("missing closing ]") }
        position += 1
        return scalar == "\\" ? try characterEscape() : scalar
    }
}

/// Turns a tree into instructions; counted repetitions are written out.
struct RegularExpressionCompiler {
    var program: [RegularExpression.Instruction] = []

    private static let tooLarge = RegularExpression.Failure(
        description: "error parsing regexp: expression too large: it needs more than \(RegularExpression.instructionsMax) steps")

    private mutating func emit(_ instruction: RegularExpression.Instruction) throws(RegularExpression.Failure) {
        guard program.count < RegularExpression.instructionsMax else { throw Self.tooLarge }
        program.append(instruction)
    }

    /// Parts compiled, those without an instruction included.
    private(set) var partCount = 0

    mutating func compile(_ tree: RegularExpressionTree) throws(RegularExpression.Failure) {
        partCount += 1
        guard partCount <= RegularExpression.partsMax else { throw Self.tooLarge }
        switch tree {
        case .empty: break
        case .character(let set): try emit(.character(set))
        case .assertion(let assertion): try emit(.assertion(assertion))
        case .sequence(let parts): for part in parts { try compile(part) }
        case .alternatives(let options):
            var ends: [Int] = []
            for option in options.dropLast() {
                let split = program.count
                try emit(.split(split + 1, 0))
                try compile(option)
                ends.append(program.count)
                try emit(.jump(0))
                program[split] = .split(split + 1, program.count)
            }
            if let last = options.last { try compile(last) }
            for end in ends { program[end] = .jump(program.count) }
        case .repetition(let inner, let low, let high):
            for _ in 0..<low { try compile(inner) }
            guard let high else {
                let split = program.count
                try emit(.split(split + 1, 0))
                try compile(inner)
                try emit(.jump(split))
                program[split] = .split(split + 1, program.count)
                return
            }
            var splits: [Int] = []
            for _ in 0..<max(0, high - low) {
                splits.append(program.count)
                try emit(.split(program.count + 1, 0))
                try compile(inner)
            }
            for split in splits { program[split] = .split(split + 1, program.count) }
        }
    }
}
