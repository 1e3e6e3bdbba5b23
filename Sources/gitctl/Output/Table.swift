/// Rows under a header, in columns as wide as their widest cell.
package struct Table: Sendable {
    package struct Cell: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
        package var text: String
        package var color: Style.Color?

        package init(_ text: String, _ color: Style.Color? = nil) {
            self.text = text
            self.color = color
        }
        package init(stringLiteral value: String) { self.init(value) }
    }

    package var header: [String]
    package var rows: [[Cell]]

    package init(_ header: [String], rows: [[Cell]] = []) {
        self.header = header
        self.rows = rows
    }

    private static let gap = 3

    /// The lines without a final newline. With a `width`, the last column is cut to fit and ends in `…`.
    package func rendered(width: Int? = nil, style: Style = .plain) -> String {
        let lines = [header.map { Cell($0, .dim) }] + rows
        let columns = lines.map(\.count).max() ?? 0
        var widths = [Int](repeating: 0, count: columns)
        for line in lines {
            for (index, cell) in line.enumerated() { widths[index] = max(widths[index], Self.oneLine(cell.text).count) }
        }
        return lines.map { line in
            var text = ""
            var used = 0
            for (index, cell) in line.enumerated() {
                let isLast = index == line.count - 1
                var content = Self.oneLine(cell.text)
                if isLast, let width, used + content.count > width {
                    content = Self.cut(content, to: max(width - used, 1))
                }
                text += cell.color.map { style($0, content) } ?? content
                if !isLast {
                    let padding = widths[index] - content.count + Self.gap
                    text += String(repeating: " ", count: padding)
                    used += widths[index] + Self.gap
                }
            }
            while text.last == " " { text.removeLast() }
            return text
        }.joined(separator: "\n")
    }

    private static func oneLine(_ text: String) -> String {
        text.contains(where: \.isNewline) ? String(text.map { $0.isNewline ? " " : $0 }) : text
    }

    /// At most `width` characters of `text`.
    package static func cut(_ text: String, to width: Int) -> String {
        text.count <= width ? text : String(text.prefix(max(width - 1, 0))) + "…"
    }
}

/// How long ago, as kubectl writes it: `45s`, `12m`, `3h20m`, `4d`.
package func age(_ duration: Duration) -> String {
    let seconds = max(duration.components.seconds, 0)
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
    func pair(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
        small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit)\(small)\(smallUnit)"
    }
    switch seconds {
    case ..<120: return "\(seconds)s"
    case ..<600: return pair(minutes, "m", seconds % 60, "s")
    case ..<10_800: return "\(minutes)m"
    case ..<28_800: return pair(hours, "h", minutes % 60, "m")
    case ..<172_800: return "\(hours)h"
    case ..<691_200: return pair(days, "d", hours % 24, "h")
    default: return "\(days)d"
    }
}
