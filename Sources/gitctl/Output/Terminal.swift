import Glibc

/// What stands behind a file descriptor: a terminal of some width, or a pipe or file.
package struct Terminal: Sendable, Hashable {
    package var isTerminal: Bool
    /// Columns; nil is unlimited (not a terminal).
    package var width: Int?
    package var style: Style

    package init(isTerminal: Bool, width: Int? = nil, style: Style = .plain) {
        self.isTerminal = isTerminal
        self.width = width
        self.style = style
    }

    package static var standardOutput: Terminal { Terminal(descriptor: STDOUT_FILENO) }
    package static var standardError: Terminal { Terminal(descriptor: STDERR_FILENO) }

    /// A text that a container or a client may have written, without what would drive a terminal.
    func printable(_ text: String) -> String {
        guard isTerminal else { return text }
        return String(decoding: LogOutput.harmless(text.utf8), as: UTF8.self)
    }

    private init(descriptor: Int32) {
        let isTerminal = isatty(descriptor) == 1
        var size = winsize()
        let hasSize = isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        self.init(
            isTerminal: isTerminal, width: isTerminal ? (hasSize ? Int(size.ws_col) : 80) : nil,
            style: Style.chosen(isTerminal: isTerminal, noColor: environment("NO_COLOR"), term: environment("TERM")))
    }
}

/// Colours, or none. Source: no-color.org; ECMA-48 for the sequences.
package enum Style: Sendable, Hashable {
    case plain
    case colored

    package enum Color: Int, Sendable {
        case bold = 1
        case dim = 2
        case red = 31
        case green = 32
        case yellow = 33
        case blue = 34
        case magenta = 35
        case cyan = 36
    }

    /// Colours on a terminal that knows them, unless NO_COLOR is set and not empty.
    package static func chosen(isTerminal: Bool, noColor: String?, term: String?) -> Style {
        isTerminal && (noColor ?? "").isEmpty && term != "dumb" ? .colored : .plain
    }

    package func callAsFunction(_ color: Color, _ text: String) -> String {
        self == .plain || text.isEmpty ? text : "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m"
    }
}

/// A variable of the process's environment; nil when unset.
func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// Writes all of `text` to a descriptor. A reader that went away is not an error of ours: false tells
/// those who would go on for ever.
@discardableResult
func write(_ text: String, to descriptor: Int32) -> Bool {
    var text = text
    return text.withUTF8 { write(UnsafeRawBufferPointer($0), to: descriptor) }
}

func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var written = 0
    while written < bytes.count {
        let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return false }
        written += count
    }
    return true
}

/// One line of a command's result.
func printLine(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

/// One line beside the result: progress, warnings.
func printNote(_ text: String) { write(text + "\n", to: STDERR_FILENO) }
