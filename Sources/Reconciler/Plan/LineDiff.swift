/// A unified diff of two texts.
package enum LineDiff {
    /// Beyond this many lines only their number is told.
    static let linesMax = 4000

    /// Hunks with `context` lines around what changed; no file header. Empty when the texts are equal.
    package static func unified(_ old: String, _ new: String, context: Int = 3) -> [String] {
        let a = lines(old)
        let b = lines(new)
        guard a.count <= linesMax, b.count <= linesMax else { return ["@@ \(a.count) lines → \(b.count) lines @@"] }
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in b.difference(from: a) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var rows: [Row] = []
        var (i, j) = (0, 0)
        while i < a.count || j < b.count {
            if i < a.count, removed.contains(i) {
                rows.append(Row(mark: "-", text: a[i], old: i, new: j))
                i += 1
            } else if j < b.count, inserted.contains(j) {
                rows.append(Row(mark: "+", text: b[j], old: i, new: j))
                j += 1
            } else if i < a.count, j < b.count {
                rows.append(Row(mark: " ", text: a[i], old: i, new: j))
                i += 1
                j += 1
            } else {
                break
            }
        }
        return hunks(rows, context: context)
    }

    private struct Row {
        var mark: Character
        var text: Substring
        var old: Int
        var new: Int
    }

    private static func hunks(_ rows: [Row], context: Int) -> [String] {
        var output: [String] = []
        var index = 0
        while let change = rows[index...].firstIndex(where: { $0.mark != " " }) {
            let start = max(index, change - context)
            var end = change
            // As far as changes stand no further apart than their contexts reach.
            while let next = rows[end...].firstIndex(where: { $0.mark != " " }), next - end <= context * 2 { end = next + 1 }
            end = min(rows.count, end + context)
            let hunk = rows[start..<end]
            let oldCount = hunk.count { $0.mark != "+" }
            let newCount = hunk.count { $0.mark != "-" }
            output.append("@@ -\(rows[start].old + (oldCount > 0 ? 1 : 0)),\(oldCount) +\(rows[start].new + (newCount > 0 ? 1 : 0)),\(newCount) @@")
            output += hunk.map { "\($0.mark)\($0.text)" }
            index = end
        }
        return output
    }

    private static func lines(_ text: String) -> [Substring] {
        guard !text.isEmpty else { return [] }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}
