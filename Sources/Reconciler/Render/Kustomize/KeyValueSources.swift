/// Where the data of a generated object comes from.
struct KeyValueSources {
    static let fields = ["literals", "files", "envs", "env"]

    /// Keys of one object.
    private static let keysMax = 20_000

    private let literals: [(text: String, place: Place)]
    private let files: [(text: String, place: Place)]
    private let environments: [(text: String, place: Place)]

    init(_ reader: ConfigReader) throws {
        literals = try reader.strings("literals")
        files = try reader.strings("files")
        let single = try reader.string("env").flatMap { $0.isEmpty ? nil : [(text: $0, place: reader.place(of: "env"))] } ?? []
        environments = try reader.strings("envs") + single
    }

    /// Sorted by key; a key given twice is an error.
    func pairs(from root: BuildRoot, object: String) throws -> [(key: String, bytes: [UInt8])] {
        var pairs: [(key: String, bytes: [UInt8], place: Place)] = []
        for (path, place) in environments {
            let (bytes, file) = try root.load(path, at: place)
            for (key, value) in try Self.environment(bytes, file: file) { pairs.append((key, Array(value.utf8), place)) }
        }
        for (text, place) in literals {
            guard let mark = text.firstIndex(of: "="), mark != text.startIndex else {
                throw KustomizeFailure("a literal must be key=value", at: place)
            }
            pairs.append((String(text[..<mark]), Array(Self.unquoted(text[text.index(after: mark)...]).utf8), place))
        }
        for (text, place) in files {
            let (key, path) = try Self.fileSource(text, at: place)
            pairs.append((key, try root.load(path, at: place).bytes, place))
        }
        guard pairs.count <= Self.keysMax else {
            throw KustomizeFailure("\(object) would have more than \(Self.keysMax) keys; split it")
        }
        var known: Set<String> = []
        for pair in pairs where !known.insert(pair.key).inserted {
            throw KustomizeFailure("\(object) is given the key \"\(pair.key)\" twice; rename or remove one", at: pair.place)
        }
        return pairs.map { ($0.key, $0.bytes) }.sorted { $0.key < $1.key }
    }

    /// `KEY=value` lines, `#` comments; a line without `=` is a key without a value.
    private static func environment(_ bytes: [UInt8], file: String) throws -> [(key: String, value: String)] {
        var pairs: [(key: String, value: String)] = []
        for (index, raw) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
            guard var line = String(validating: raw, as: UTF8.self)?[...] else {
                throw KustomizeFailure(
                    "the line is not UTF-8; save the file as UTF-8", at: Place(path: file, line: index + 1, column: 1))
            }
            if line.unicodeScalars.last == "\r" { line = Substring(line.unicodeScalars.dropLast()) }
            if index == 0, line.unicodeScalars.first == "\u{FEFF}" { line = Substring(line.unicodeScalars.dropFirst()) }
            line = line.drop { $0.isWhitespace }
            guard let first = line.first, first != "#" else { continue }
            let mark = line.firstIndex(of: "=") ?? line.endIndex
            if mark == line.startIndex { continue }
            pairs.append((String(line[..<mark]), mark == line.endIndex ? "" : String(line[line.index(after: mark)...])))
        }
        return pairs
    }

    /// `key=path`, or a path whose last part is the key.
    private static func fileSource(_ text: String, at place: Place) throws -> (key: String, path: String) {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: return (text.split(separator: "/").last.map(String.init) ?? text, text)
        case 2 where !parts[0].isEmpty && !parts[1].isEmpty: return (parts[0], parts[1])
        case 2: throw KustomizeFailure("\"\(text)\" must be a path, or key=path", at: place)
        default: throw KustomizeFailure("\"\(text)\" has more than one \"=\"; rename the file, or write key=path", at: place)
        }
    }

    private static func unquoted(_ text: Substring) -> Substring {
        guard text.count >= 2, let first = text.first, first == text.last, first == "\"" || first == "'" else { return text }
        return text.dropFirst().dropLast()
    }
}
