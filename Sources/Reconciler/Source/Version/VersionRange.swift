/// Which versions may be deployed: `>=1.2.0 <2`, `1.x`, `~1.4`, `^2 || ^3`, `1.2 - 1.4`, `*`.
///
/// Comparisons beside each other (or with a comma between) must all hold, of sides of `||` one. Pre-releases are in only
/// where a comparison of that side names one. Source: Masterminds/semver 3, which Flux and Helm use.
package struct VersionRange: Sendable, Hashable, CustomStringConvertible {
    struct Malformed: Error, Sendable {
        var message: String
    }

    /// Longest range, in bytes.
    static let textSizeMax = 1024

    private let alternatives: [[Comparison]]
    package let description: String

    init(_ text: String) throws(Malformed) {
        guard text.utf8.count <= Self.textSizeMax else { throw Malformed(message: "is longer than \(Self.textSizeMax) bytes") }
        description = text
        var alternatives: [[Comparison]] = []
        var rest = Substring(text)
        while true {
            let end = rest.firstRange(of: "||")
            alternatives.append(try Self.comparisons(rest[..<(end?.lowerBound ?? rest.endIndex)]))
            guard let end else { break }
            rest = rest[end.upperBound...]
        }
        self.alternatives = alternatives
    }

    package func contains(_ version: SemanticVersion) -> Bool {
        alternatives.contains { all in
            (version.prerelease.isEmpty || all.contains { !$0.version.prerelease.isEmpty }) && all.allSatisfy { $0.allows(version) }
        }
    }

    /// Of the names of tags, those with the highest version within: several when they differ only after a `+`, or in a `v`.
    package func newest(of tags: some Sequence<String>) -> [String] {
        var best: (version: SemanticVersion, tags: [String])?
        for tag in tags {
            guard let version = SemanticVersion(tag: tag), contains(version) else { continue }
            if let current = best, current.version == version {
                best?.tags.append(tag)
            } else if best.map({ $0.version < version }) ?? true {
                best = (version, [tag])
            }
        }
        return best?.tags ?? []
    }

    // MARK: Reading

    private static func comparisons(_ text: Substring) throws(Malformed) -> [Comparison] {
        var result: [Comparison] = []
        var rest = text
        func skip(_ characters: String) { rest = rest.drop { characters.contains($0) } }
        func word(_ isPart: (Character) -> Bool) -> Substring {
            let word = rest.prefix(while: isPart)
            rest = rest.dropFirst(word.count)
            return word
        }
        func version(after sign: Substring) throws(Malformed) -> (text: Substring, parsed: VersionText) {
            let text = word { !" \t,=<>!~^".contains($0) }
            guard let parsed = VersionText(text) else {
                throw Malformed(message: text.isEmpty ? "has no version after \"\(sign)\"" : "has \"\(text)\", which is no version")
            }
            if let next = rest.first, !" \t,".contains(next) { throw Malformed(message: "needs a space before \"\(next)\"") }
            return (text, parsed)
        }
        skip(" \t,")
        while !rest.isEmpty {
            let sign = word { "=<>!~^".contains($0) }
            guard let relation = Comparison.relations[sign] else {
                throw Malformed(message: "has \"\(sign)\", which is no comparison")
            }
            skip(" \t")
            let (_, parsed) = try version(after: sign)
            skip(" \t,")
            if sign.isEmpty, rest.hasPrefix("- ") || rest.hasPrefix("-\t") {
                rest.removeFirst()
                skip(" \t")
                result.append(Comparison(.greaterOrEqual, parsed))
                result.append(Comparison(.lessOrEqual, try version(after: "-").parsed))
                skip(" \t,")
            } else {
                result.append(Comparison(relation, parsed))
            }
        }
        guard !result.isEmpty else { throw Malformed(message: "names no version on one side") }
        return result
    }
}

/// One comparison of a range.
private struct Comparison: Sendable, Hashable {
    enum Relation: Sendable, Hashable {
        case equal, notEqual, greater, less, greaterOrEqual, lessOrEqual, tilde, caret
    }

    static let relations: [Substring: Relation] = [
        "": .equal, "=": .equal, "!=": .notEqual, ">": .greater, "<": .less, ">=": .greaterOrEqual, "=>": .greaterOrEqual,
        "<=": .lessOrEqual, "=<": .lessOrEqual, "~": .tilde, "~>": .tilde, "^": .caret,
    ]

    /// The numbers that were given; the others count as 0.
    enum Precision: Int {
        case none, major, minor, patch
    }

    let relation: Relation
    let version: SemanticVersion
    let precision: Precision

    init(_ relation: Relation, _ text: VersionText) {
        self.relation = relation
        let numbers = text.core.prefix { !VersionText.isWildcard($0) }.map { UInt64($0) ?? 0 }
        precision = Precision(rawValue: numbers.count) ?? .patch
        func number(_ index: Int) -> UInt64 { numbers.indices.contains(index) ? numbers[index] : 0 }
        version = SemanticVersion(number(0), number(1), number(2), prerelease: text.prerelease)
    }

    func allows(_ other: SemanticVersion) -> Bool {
        switch relation {
        case .equal: precision == .patch ? other == version : isWithinTilde(other)
        case .notEqual: isDifferent(other)
        case .greater: isGreater(other)
        case .less: other < version
        case .greaterOrEqual: other >= version
        case .lessOrEqual: isNotGreater(other)
        case .tilde: isWithinTilde(other)
        case .caret: isWithinCaret(other)
        }
    }

    private func isDifferent(_ other: SemanticVersion) -> Bool {
        if precision == .patch || precision == .none { return other != version && precision == .patch }
        if other.major != version.major || precision == .minor && other.minor != version.minor { return true }
        return precision == .minor && other.prerelease != version.prerelease
    }

    /// `>11.1` means what comes after all of 11.1.
    private func isGreater(_ other: SemanticVersion) -> Bool {
        switch precision {
        case .patch: other > version
        case .minor: (other.major, other.minor) > (version.major, version.minor)
        case .major, .none: other.major > version.major
        }
    }

    /// `<=11.1` includes all of 11.1.
    private func isNotGreater(_ other: SemanticVersion) -> Bool {
        switch precision {
        case .patch: other <= version
        case .minor: (other.major, other.minor) <= (version.major, version.minor)
        case .major: other.major <= version.major
        case .none: true
        }
    }

    private func isWithinTilde(_ other: SemanticVersion) -> Bool {
        guard other >= version else { return false }
        // `~0.0.0` stands for everything, there as here.
        let isEverything = precision == .patch && (version.major, version.minor, version.patch) == (0, 0, 0)
        if precision == .none || isEverything { return true }
        return other.major == version.major && (precision == .major || other.minor == version.minor)
    }

    private func isWithinCaret(_ other: SemanticVersion) -> Bool {
        guard other >= version else { return false }
        if precision == .none { return true }
        guard other.major == version.major else { return false }
        if version.major > 0 || precision == .major { return true }
        guard other.minor == version.minor else { return false }
        return version.minor > 0 || precision == .minor || other.patch == version.patch
    }
}
