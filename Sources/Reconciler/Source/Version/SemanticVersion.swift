/// A version as a tag names it, in the order that versions have. Source: semver.org 2.0.0.
///
/// What stands after `+` says nothing of the order and is not kept: two tags that differ in it alone are equal here.
package struct SemanticVersion: Sendable, Hashable, Comparable {
    /// A part of a pre-release: numbers come before words, and count as numbers.
    enum Identifier: Sendable, Hashable, Comparable {
        case number(UInt64)
        case word(String)

        static func < (a: Self, b: Self) -> Bool {
            switch (a, b) {
            case (.number(let a), .number(let b)): a < b
            case (.number, .word): true
            case (.word, .number): false
            // ASCII alone, in ASCII's order.
            case (.word(let a), .word(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
            }
        }
    }

    var major: UInt64
    var minor: UInt64
    var patch: UInt64
    var prerelease: [Identifier]

    init(_ major: UInt64, _ minor: UInt64, _ patch: UInt64, prerelease: [Identifier] = []) {
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease
    }

    /// From a tag like `v1.2.3`, `1.2.3-rc.1` or `1.2.3+build`; nil for any other name.
    package init?(tag: some StringProtocol) {
        guard let parts = VersionText(tag), parts.core.count == 3 else { return nil }
        let numbers = parts.core.compactMap { $0.first == "0" && $0.count > 1 ? nil : UInt64($0) }
        guard numbers.count == 3 else { return nil }
        self.init(numbers[0], numbers[1], numbers[2], prerelease: parts.prerelease)
    }

    package static func < (a: Self, b: Self) -> Bool {
        let (left, right) = ((a.major, a.minor, a.patch), (b.major, b.minor, b.patch))
        guard left == right else { return left < right }
        // A release comes after all of its pre-releases.
        if a.prerelease.isEmpty || b.prerelease.isEmpty { return !a.prerelease.isEmpty && b.prerelease.isEmpty }
        return a.prerelease.lexicographicallyPrecedes(b.prerelease)
    }
}

/// The pieces of a written version, or of one in a range, where any of its numbers may be missing or a wildcard.
struct VersionText {
    /// One to three, of digits or `x`, `X`, `*`.
    var core: [Substring]
    var prerelease: [SemanticVersion.Identifier] = []

    init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        if rest.first == "v" { rest.removeFirst() }
        if let plus = rest.firstIndex(of: "+") {
            guard Self.words(rest[rest.index(after: plus)...]) != nil else { return nil }
            rest = rest[..<plus]
        }
        if let dash = rest.firstIndex(of: "-") {
            guard let words = Self.words(rest[rest.index(after: dash)...]) else { return nil }
            for word in words {
                if word.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) {
                    guard word.count == 1 || word.first != "0", let number = UInt64(word) else { return nil }
                    prerelease.append(.number(number))
                } else {
                    prerelease.append(.word(String(word)))
                }
            }
            rest = rest[..<dash]
        }
        core = rest.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...3).contains(core.count), core.allSatisfy({ Self.isWildcard($0) || UInt64($0) != nil && $0.first != "+" }) else {
            return nil
        }
    }

    static func isWildcard(_ part: Substring) -> Bool { part == "x" || part == "X" || part == "*" }

    /// Letters, digits and hyphens between dots.
    private static func words(_ text: Substring) -> [Substring]? {
        let words = text.split(separator: ".", omittingEmptySubsequences: false)
        let isSound = words.allSatisfy { word in
            !word.isEmpty
                && word.utf8.allSatisfy {
                    UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 32
                        || $0 == UInt8(ascii: "-")
                }
        }
        return isSound ? words : nil
    }
}
