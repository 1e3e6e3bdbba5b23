/// One line of a `.gitctlignore`, as gitignore(5) reads it.
struct IgnorePattern: Sendable, Hashable {
    /// `!`: takes back what an earlier line left out.
    let isNegated: Bool
    /// Ends in `/`: directories alone.
    let matchesDirectoriesOnly: Bool
    /// Between slashes; nil is `**`, any number of directories.
    private let segments: [Glob?]
    /// No slash but at the end: any name, however deep.
    private let isName: Bool

    /// nil for an empty line, a comment, or a pattern that matches nothing (a `\` at its end).
    init?(line: some Collection<UInt8>) {
        var bytes = Array(line)
        Self.trimSpaces(&bytes)
        guard let first = bytes.first, first != UInt8(ascii: "#") else { return nil }
        isNegated = first == UInt8(ascii: "!")
        if isNegated { bytes.removeFirst() }
        matchesDirectoriesOnly = bytes.last == Self.slash
        if matchesDirectoriesOnly { bytes.removeLast() }
        guard !bytes.isEmpty else { return nil }
        isName = !bytes.contains(Self.slash)
        if bytes.first == Self.slash { bytes.removeFirst() }
        var segments: [Glob?] = []
        guard let parts = Self.split(bytes) else { return nil }
        for part in parts {
            if part.count > 1, part.allSatisfy({ $0 == UInt8(ascii: "*") }), !isName {
                // Of several side by side one says it all.
                if segments.last != .some(nil) { segments.append(nil) }
            } else {
                guard let glob = Glob(part) else { return nil }
                segments.append(glob)
            }
        }
        self.segments = segments
    }

    private static let slash = UInt8(ascii: "/")

    /// What stands between slashes. One in a class is a part of the class, which no name has; nil for a class without its end.
    private static func split(_ bytes: [UInt8]) -> [ArraySlice<UInt8>]? {
        var parts: [ArraySlice<UInt8>] = []
        var (start, index) = (0, 0)
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "["):
                index += 1
                guard Glob.bracket(bytes, &index) != nil else { return nil }
            case UInt8(ascii: "\\") where index + 1 < bytes.count && bytes[index + 1] == slash:
                parts.append(bytes[start..<index])
                index += 2
                start = index
            case UInt8(ascii: "\\"): index += 2
            case slash:
                parts.append(bytes[start..<index])
                index += 1
                start = index
            default: index += 1
            }
        }
        parts.append(bytes[min(start, bytes.count)...])
        return parts
    }

    /// Spaces at the end count when the last one is escaped.
    private static func trimSpaces(_ bytes: inout [UInt8]) {
        var end = 0
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\\") {
                index += 1
                end = index + 1
            } else if bytes[index] != UInt8(ascii: " ") {
                end = index + 1
            }
            index += 1
        }
        bytes.removeLast(max(0, bytes.count - end))
    }

    /// - Parameter path: from the directory of the file that the line stands in.
    func matches(_ path: ArraySlice<String>, isDirectory: Bool) -> Bool {
        guard isDirectory || !matchesDirectoriesOnly, let name = path.last else { return false }
        if isName, let glob = segments[0] { return glob.matches(name) }
        return matches(path)
    }

    /// Two hands with one way back each: linear in the product of the lengths, however many `**` there are.
    private func matches(_ path: ArraySlice<String>) -> Bool {
        var (segment, part) = (0, path.startIndex)
        var retry: (segment: Int, part: Int)?
        while part < path.endIndex {
            if segment < segments.count {
                guard let glob = segments[segment] else {
                    // At the end it stands for what is inside, so for one name at least.
                    if segment == segments.count - 1 { return true }
                    retry = (segment + 1, part)
                    segment += 1
                    continue
                }
                if glob.matches(path[part]) {
                    segment += 1
                    part += 1
                    continue
                }
            }
            guard let back = retry else { return false }
            retry?.part += 1
            (segment, part) = (back.segment, back.part + 1)
        }
        return segment == segments.count
    }
}

/// One name with `*`, `?`, `[a-z]` and `\` escapes. Source: gitignore(5), wildmatch without slashes.
struct Glob: Sendable, Hashable {
    enum Part: Sendable, Hashable {
        case byte(UInt8)
        case any
        case anything
        case oneOf([ClosedRange<UInt8>], isNegated: Bool)
        /// What can never match: a class of a name that there is not.
        case never
    }

    private let parts: [Part]

    /// nil when it ends within an escape.
    init?(_ pattern: some Collection<UInt8>) {
        let bytes = Array(pattern)
        var parts: [Part] = []
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "*"): if parts.last != .anything { parts.append(.anything) }
            case UInt8(ascii: "?"): parts.append(.any)
            case UInt8(ascii: "["): parts.append(Self.bracket(bytes, &index) ?? .never)
            case UInt8(ascii: "\\"):
                guard index < bytes.count else { return nil }
                parts.append(.byte(bytes[index]))
                index += 1
            default: parts.append(.byte(byte))
            }
        }
        self.parts = parts
    }

    func matches(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        var (part, byte) = (0, 0)
        var retry: (part: Int, byte: Int)?
        while byte < bytes.count {
            if part < parts.count {
                if parts[part] == .anything {
                    retry = (part + 1, byte)
                    part += 1
                    continue
                }
                if Self.matches(parts[part], bytes[byte]) {
                    part += 1
                    byte += 1
                    continue
                }
            }
            guard let back = retry else { return false }
            retry?.byte += 1
            (part, byte) = (back.part, back.byte + 1)
        }
        return parts[part...].allSatisfy { $0 == .anything }
    }

    private static func matches(_ part: Part, _ byte: UInt8) -> Bool {
        switch part {
        case .byte(let own): own == byte
        case .any, .anything: true
        case .oneOf(let ranges, let isNegated): ranges.contains { $0.contains(byte) } != isNegated
        case .never: false
        }
    }

    // MARK: Classes

    /// After a `[`; leaves `index` behind the `]`. nil when there is none.
    static func bracket(_ bytes: [UInt8], _ index: inout Int) -> Part? {
        var ranges: [ClosedRange<UInt8>] = []
        let isNegated = index < bytes.count && (bytes[index] == UInt8(ascii: "!") || bytes[index] == UInt8(ascii: "^"))
        if isNegated { index += 1 }
        var isFirst = true
        var isSound = true
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "]"), !isFirst {
                index += 1
                return isSound ? .oneOf(ranges, isNegated: isNegated) : .never
            }
            isFirst = false
            if byte == UInt8(ascii: "["), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: ":"),
                let end = (index + 2..<bytes.count).first(where: { bytes[$0] == UInt8(ascii: "]") }),
                bytes[end - 1] == UInt8(ascii: ":"), end > index + 2
            {
                let name = String(decoding: bytes[index + 2..<end - 1], as: UTF8.self)
                if let named = classes[name] { ranges += named } else { isSound = false }
                index = end + 1
                continue
            }
            guard let low = character(bytes, &index) else { break }
            guard index + 1 < bytes.count, bytes[index] == UInt8(ascii: "-"), bytes[index + 1] != UInt8(ascii: "]") else {
                ranges.append(low...low)
                continue
            }
            index += 1
            guard let high = character(bytes, &index) else { break }
            if low <= high { ranges.append(low...high) }
        }
        return nil
    }

    private static func character(_ bytes: [UInt8], _ index: inout Int) -> UInt8? {
        if bytes[index] == UInt8(ascii: "\\") { index += 1 }
        guard index < bytes.count else { return nil }
        defer { index += 1 }
        return bytes[index]
    }

    private static let classes: [String: [ClosedRange<UInt8>]] = [
        "alnum": [48...57, 65...90, 97...122], "alpha": [65...90, 97...122], "blank": [9...9, 32...32],
        "cntrl": [0...31, 127...127],
        "digit": [48...57], "graph": [33...126], "lower": [97...122], "print": [32...126],
        "punct": [33...47, 58...64, 91...96, 123...126], "space": [9...13, 32...32], "upper": [65...90],
        "xdigit": [48...57, 65...70, 97...102],
    ]
}
