/// A regular expression in the syntax of RE2 (Go's `regexp`), matched in time linear in the text.
///
/// Patterns come from CustomResourceDefinitions and texts from anybody, so a backtracking matcher
/// would let both stop the server: this one steps through all alternatives at once (Thompson's
/// construction). Source: RE2 wiki, "Syntax".
package struct RegularExpression: Sendable {
    /// Why a pattern cannot be used; `description` names the part.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Longest counted repetition, as in RE2.
    static let repetitionsMax = 1_000
    /// Most instructions of one program.
    static let instructionsMax = 20_000
    /// Most parts that are compiled into one, those without an instruction included.
    static let partsMax = 4 * instructionsMax
    /// Most steps of one match: instructions tried for all characters.
    static let stepsMax = 20_000_000

    enum Instruction: Sendable {
        case character(CharacterSet)
        /// Goes on at both.
        case split(Int, Int)
        case jump(Int)
        case assertion(Assertion)
        case match
    }

    enum Assertion: Sendable { case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary }

    private let program: [Instruction]
    /// What compiling it took.
    let partCount: Int

    package init(_ pattern: String) throws(Failure) {
        var parser = RegularExpressionParser(pattern)
        let tree = try parser.parse()
        var compiler = RegularExpressionCompiler()
        try compiler.compile(tree)
        program = compiler.program + [.match]
        partCount = compiler.partCount
    }

    /// Whether the pattern is found anywhere in `text`; nil when that would take more than `stepsMax`.
    package func matches(_ text: String) -> Bool? {
        var stepsLeft = Self.stepsMax
        return matches(text, stepsLeft: &stepsLeft)
    }

    /// As `matches`, for a caller with a limit of its own; nil when `stepsLeft` do not suffice.
    func matches(_ text: String, stepsLeft: inout Int) -> Bool? {
        let scalars = Array(text.unicodeScalars)
        // The marks are written once, which is cheaper than trying the instructions.
        stepsLeft -= program.count / 16
        var current: [Int] = []
        var next: [Int] = []
        // The position at which an instruction was last added.
        var marks = [Int](repeating: -1, count: program.count)
        var stack: [Int] = []

        func add(_ start: Int, at position: Int, to list: inout [Int]) -> Bool {
            stack.append(start)
            while let index = stack.popLast() {
                guard marks[index] != position else { continue }
                marks[index] = position
                stepsLeft -= 1
                switch program[index] {
                case .match: return true
                case .jump(let target): stack.append(target)
                case .split(let first, let second):
                    stack.append(second)
                    stack.append(first)
                case .assertion(let assertion): if Self.holds(assertion, scalars, position) { stack.append(index + 1) }
                case .character: list.append(index)
                }
            }
            return false
        }

        for position in 0...scalars.count {
            // A match may begin anywhere.
            if add(0, at: position, to: &current) { return true }
            guard position < scalars.count else { break }
            for index in current {
                guard case .character(let set) = program[index] else { continue }
                stepsLeft -= set.steps
                guard set.contains(scalars[position]) else { continue }
                if add(index + 1, at: position + 1, to: &next) { return true }
            }
            if stepsLeft < 0 { return nil }
            swap(&current, &next)
            next.removeAll(keepingCapacity: true)
        }
        return false
    }

    private static func holds(_ assertion: Assertion, _ scalars: [Unicode.Scalar], _ position: Int) -> Bool {
        func isWord(_ index: Int) -> Bool { scalars.indices.contains(index) && CharacterSet.word.contains(scalars[index]) }
        switch assertion {
        case .textStart: return position == 0
        case .textEnd: return position == scalars.count
        case .lineStart: return position == 0 || scalars[position - 1] == "\n"
        case .lineEnd: return position == scalars.count || scalars[position] == "\n"
        case .wordBoundary: return isWord(position - 1) != isWord(position)
        case .noWordBoundary: return isWord(position - 1) == isWord(position)
        }
    }
}

/// Characters: ranges, Unicode categories, or all but those.
struct CharacterSet: Sendable {
    var ranges: [ClosedRange<UInt32>] = []
    /// General categories by the letters that name them: `L`, `Lu`.
    var categories: [String] = []
    /// Sets that a class such as `[\D_]` takes in.
    var others: [CharacterSet] = []
    var isNegated = false
    var ignoresCase = false

    static let digit = CharacterSet(ranges: [48...57])
    static let word = CharacterSet(ranges: [48...57, 65...90, 95...95, 97...122])
    static let space = CharacterSet(ranges: [9...10, 12...13, 32...32])
    static let any = CharacterSet(ranges: [0...0x10FFFF])
    static let notNewline = CharacterSet(ranges: [10...10], isNegated: true)

    /// What looking for a character takes: more for a class of many ranges.
    var steps: Int { (ignoresCase ? 8 : 1) + ranges.count / 8 + categories.count + others.count }

    var negated: CharacterSet {
        var copy = self
        copy.isNegated.toggle()
        return copy
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        var found = holds(scalar)
        if !found, ignoresCase {
            let properties = scalar.properties
            for text in [properties.lowercaseMapping, properties.uppercaseMapping] {
                if let other = text.unicodeScalars.first, other != scalar, holds(other) { found = true }
            }
        }
        return found != isNegated
    }

    private func holds(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) } || others.contains { $0.contains(scalar) }
            || !categories.isEmpty && categories.contains { Self.name(scalar.properties.generalCategory).hasPrefix($0) }
    }

    static func name(_ category: Unicode.GeneralCategory) -> String {
        switch category {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .surrogate: "Cs"
        case .privateUse: "Co"
        default: "Cn"
        }
    }
}
