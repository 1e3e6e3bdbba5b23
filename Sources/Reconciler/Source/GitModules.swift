/// `.gitmodules`: the path and URL of each submodule. Source: gitmodules(5), git-config(1).
///
/// Read by itself, because libgit2 would follow the `include.path` of a file that anybody may have written.
struct GitModules {
    static let name = ".gitmodules"
    static let sizeMax = 256 * 1024

    struct Module: Hashable {
        var name: String
        var path: String
        var url: String
    }

    /// Those with a path and a URL, in the file's order.
    private(set) var modules: [Module] = []

    init(parsing bytes: [UInt8]) {
        var name: String?
        var values: [String: [String: String]] = [:]
        var order: [String] = []
        for line in Self.lines(String(decoding: bytes, as: UTF8.self)) {
            if line.hasPrefix("[") {
                name = Self.section(line)
                if let name, values[name] == nil {
                    values[name] = [:]
                    order.append(name)
                }
            } else if let name, let equals = line.firstIndex(of: "=") {
                let key = line[..<equals].trimmed.lowercased()
                values[name]?[key] = Self.value(line[line.index(after: equals)...])
            }
        }
        modules = order.compactMap { name in
            guard let path = values[name]?["path"], let url = values[name]?["url"], !url.isEmpty, Self.isPlain(path) else {
                return nil
            }
            return Module(name: name, path: path.split(separator: "/").joined(separator: "/"), url: url)
        }
    }

    /// Inside the repository, without a way out.
    private static func isPlain(_ path: String) -> Bool {
        !path.hasPrefix("/") && !path.isEmpty && path.split(separator: "/").allSatisfy { $0 != ".." && $0 != "." && $0 != ".git" }
    }

    /// Without what continues them, blank ones and comments.
    private static func lines(_ text: String) -> [String] {
        var lines: [String] = []
        var current = ""
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            if line.hasSuffix("\\"), !line.hasSuffix("\\\\") {
                current += line.dropLast()
                continue
            }
            let whole = (current + line).trimmed
            current = ""
            if let first = whole.first, first != "#", first != ";" { lines.append(String(whole)) }
        }
        return lines
    }

    /// The name in `[submodule "name"]`; nil for any other section.
    private static func section(_ line: String) -> String? {
        guard let open = line.firstIndex(of: "\""), line[..<open].dropFirst().trimmed.lowercased() == "submodule" else {
            return nil
        }
        var name = ""
        var isEscaped = false
        for character in line[line.index(after: open)...] {
            if isEscaped {
                name.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                return name
            } else {
                name.append(character)
            }
        }
        return nil
    }

    /// Quotes and escapes taken off; a comment ends it.
    private static func value(_ text: Substring) -> String {
        var value = ""
        /// Blanks that count only if something follows.
        var blanks = ""
        var isQuoted = false
        var isEscaped = false
        scan: for character in text.trimmed {
            if isEscaped {
                value += blanks
                blanks = ""
                value.append(["n": "\n", "t": "\t", "b": "\u{8}"][character] ?? character)
                isEscaped = false
                continue
            }
            switch character {
            case "\\": isEscaped = true
            case "\"": isQuoted.toggle()
            case "#", ";": if isQuoted { fallthrough } else { break scan }
            default:
                if !isQuoted, character == " " || character == "\t" {
                    blanks.append(character)
                } else {
                    value += blanks
                    blanks = ""
                    value.append(character)
                }
            }
        }
        return value
    }
}

extension StringProtocol {
    /// Without blanks around it.
    fileprivate var trimmed: SubSequence {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" || first == "\r" { text = text.dropFirst() }
        while let last = text.last, last == " " || last == "\t" || last == "\r" { text = text.dropLast() }
        return text
    }
}
