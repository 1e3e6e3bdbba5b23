import APIMachinery
import Glibc
import Logging

/// The daemon's log: one line per event on stderr, `TIME LEVEL label: message key=value …`.
struct CompactLogHandler: LogHandler {
    /// Longer lines are cut: a log is no place for whole objects.
    private static let lineBytesMax = 4096

    var metadataProvider: Logger.MetadataProvider?
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let label: String

    init(label: String, level: Logger.Level) {
        self.label = label
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        if let more = metadataProvider?.get() { fields.merge(more) { $1 } }
        if let more = event.metadata { fields.merge(more) { $1 } }
        let line = LogLine(
            time: SystemClock().now, level: event.level, label: label, message: event.message.description,
            fields: fields.map { ($0.key, $0.value.description) })
        write(Table.cut(line.description, to: Self.lineBytesMax) + "\n", to: STDERR_FILENO)
    }
}

/// The text of one event.
package struct LogLine: CustomStringConvertible {
    var time: Timestamp
    var level: Logger.Level
    var label: String
    var message: String
    var fields: [(String, String)]

    package init(time: Timestamp, level: Logger.Level, label: String, message: String, fields: [(String, String)]) {
        self.time = time
        self.level = level
        self.label = label
        self.message = message
        self.fields = fields
    }

    package var description: String {
        // 2026-01-02T03:04:05.678Z
        let stamp = time.micro.dropLast(4) + "Z"
        let name = level.rawValue.padding(to: 6)
        let tail = fields.sorted { $0.0 < $1.0 }.map { " \($0.0)=\(Self.quoted($0.1))" }.joined()
        return "\(stamp) \(name) \(label): \(Self.escaped(message))\(tail)"
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 32 && $0 != 34 && $0 != 127 }
        return isPlain ? value : "\"" + escaped(value.replacing("\"", with: "\\\"")) + "\""
    }

    /// Without control characters: what a manifest or container says cannot forge a line.
    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) else { return text }
        return text.unicodeScalars.map { scalar in
            switch scalar {
            case "\n": "\\n"
            case "\t": "\\t"
            case _ where scalar.value < 32 || scalar.value == 127: "?"
            default: String(scalar)
            }
        }.joined()
    }
}

extension String {
    func padding(to width: Int) -> String { count >= width ? self : self + String(repeating: " ", count: width - count) }
}
