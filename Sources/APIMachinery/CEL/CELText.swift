/// Methods of texts, in time linear in what they read and make.
enum CELText {
    /// nil where the target is no text (for `join`: no list), or the method none of these.
    static func call(_ name: String, _ arguments: [CELValue], _ evaluator: inout CELEvaluator) throws(CELError) -> CELValue? {
        if name == "join", case .list(let elements) = arguments[0] { return .string(try join(elements, arguments.dropFirst(), &evaluator)) }
        guard case .string(let text) = arguments[0] else { return nil }
        guard arguments.count <= 3 else { return nil }
        switch (name, arguments.count > 1 ? arguments[1] : nil, arguments.count > 2 ? arguments[2] : nil) {
        case ("contains", .string(let part)?, nil): return .bool(firstIndex(of: part, in: text) != nil)
        case ("startsWith", .string(let part)?, nil): return .bool(text.utf8.starts(with: part.utf8))
        case ("endsWith", .string(let part)?, nil): return .bool(text.utf8.reversed().starts(with: part.utf8.reversed()))
        case ("lowerAscii", nil, nil): return .string(mapped(text) { $0 >= "A" && $0 <= "Z" ? $0.value + 32 : $0.value })
        case ("upperAscii", nil, nil): return .string(mapped(text) { $0 >= "a" && $0 <= "z" ? $0.value - 32 : $0.value })
        case ("trim", nil, nil): return .string(trimmed(text))
        case ("indexOf", .string(let part)?, nil): return .int(Int64(firstIndex(of: part, in: text) ?? -1))
        case ("lastIndexOf", .string(let part)?, nil): return .int(Int64(lastIndex(of: part, in: text) ?? -1))
        case ("charAt", .int(let position)?, nil): return .string(try character(at: position, of: text))
        case ("substring", .int(let start)?, nil): return .string(try slice(text, start, Int64(text.unicodeScalars.count)))
        case ("substring", .int(let start)?, .int(let end)?): return .string(try slice(text, start, end))
        case ("split", .string(let separator)?, nil): return .list(try split(text, separator, &evaluator))
        case ("replace", .string(let old)?, .string(let new)?): return .string(try replaced(text, old, new, &evaluator))
        default: return nil
        }
    }

    private static func join(_ elements: [CELValue], _ rest: ArraySlice<CELValue>, _ evaluator: inout CELEvaluator) throws(CELError) -> String {
        var separator = ""
        if case .string(let text)? = rest.first { separator = text }
        var texts: [String] = []
        var byteCount = 0
        for element in elements {
            guard case .string(let text) = element else { throw .noOverload("join", [.list(elements)]) }
            texts.append(text)
            byteCount += text.utf8.count + separator.utf8.count
        }
        try evaluator.spend(byteCount / 16)
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

    // MARK: Places, in code points

    private static func firstIndex(of part: String, in text: String) -> Int? {
        let bytes = Array(text.utf8)
        return places(of: Array(part.utf8), in: bytes, limit: 1).first.map { scalarCount(bytes[..<$0]) }
    }

    private static func lastIndex(of part: String, in text: String) -> Int? {
        let bytes = Array(text.utf8)
        let fromEnd = places(of: part.utf8.reversed(), in: bytes.reversed(), limit: 1).first
        return fromEnd.map { scalarCount(bytes[..<(bytes.count - part.utf8.count - $0)]) }
    }

    private static func scalarCount(_ bytes: ArraySlice<UInt8>) -> Int { bytes.count { $0 & 0xC0 != 0x80 } }

    private static func character(at position: Int64, of text: String) throws(CELError) -> String {
        let count = Int64(text.unicodeScalars.count)
        // Before the sum, which a position from outside could take beyond its type.
        guard position >= 0, position < count else { return try slice(text, position, position) }
        return try slice(text, position, position + 1)
    }

    private static func slice(_ text: String, _ start: Int64, _ end: Int64) throws(CELError) -> String {
        let scalars = Array(text.unicodeScalars)
        guard start >= 0, end >= start, end <= scalars.count else { throw CELError("index out of range: \(start < 0 || start > scalars.count ? start : end)") }
        return String(String.UnicodeScalarView(scalars[Int(start)..<Int(end)]))
    }

    // MARK: Parts

    private static func split(_ text: String, _ separator: String, _ evaluator: inout CELEvaluator) throws(CELError) -> [CELValue] {
        if separator.isEmpty {
            try evaluator.spend(text.unicodeScalars.count)
            return text.unicodeScalars.map { .string(String($0)) }
        }
        let bytes = Array(text.utf8)
        let cuts = places(of: Array(separator.utf8), in: bytes)
        try evaluator.spend(cuts.count)
        return pieces(of: bytes, between: cuts, separator.utf8.count).map { .string(String(decoding: $0, as: UTF8.self)) }
    }

    private static func replaced(_ text: String, _ old: String, _ new: String, _ evaluator: inout CELEvaluator) throws(CELError) -> String {
        if old.isEmpty {
            try evaluator.spend((text.unicodeScalars.count + 1) * new.utf8.count / 16)
            return new + text.unicodeScalars.map { String($0) + new }.joined()
        }
        let bytes = Array(text.utf8)
        let cuts = places(of: Array(old.utf8), in: bytes)
        try evaluator.spend(cuts.count * new.utf8.count / 16)
        return String(decoding: Array(pieces(of: bytes, between: cuts, old.utf8.count).joined(separator: new.utf8)), as: UTF8.self)
    }

    private static func pieces(of bytes: [UInt8], between cuts: [Int], _ width: Int) -> [ArraySlice<UInt8>] {
        var start = 0
        var pieces: [ArraySlice<UInt8>] = []
        for cut in cuts {
            pieces.append(bytes[start..<cut])
            start = cut + width
        }
        return pieces + [bytes[start...]]
    }

    /// Where a part is found, from the start and without overlap, in bytes: of UTF-8 no character is found inside another.
    /// Source: Knuth, Morris and Pratt, "Fast pattern matching in strings".
    private static func places(of part: [UInt8], in bytes: [UInt8], limit: Int = .max) -> [Int] {
        guard !part.isEmpty else { return [0] }
        // Of each beginning of the part, the length of the longest shorter beginning that it ends with.
        var borders = [Int](repeating: 0, count: part.count)
        func extended(_ length: Int, by byte: UInt8) -> Int {
            var length = length
            while length > 0, part[length] != byte { length = borders[length - 1] }
            return part[length] == byte ? length + 1 : length
        }
        for index in part.indices.dropFirst() { borders[index] = extended(borders[index - 1], by: part[index]) }
        var places: [Int] = []
        var matched = 0
        for (index, byte) in bytes.enumerated() {
            matched = extended(matched, by: byte)
            guard matched == part.count else { continue }
            places.append(index + 1 - part.count)
            guard places.count < limit else { break }
            matched = 0
        }
        return places
    }
}
