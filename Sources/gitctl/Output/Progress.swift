import Glibc
import Synchronization

/// The state of a long step as text: a block that is redrawn on a terminal, lines elsewhere.
///
/// Pure: every call returns what to write.
package struct ProgressText: Sendable {
    /// One thing that is waited for.
    package struct Row: Sendable, Hashable {
        package var name: String
        package var state: String
        package var isDone: Bool

        package init(_ name: String, _ state: String, isDone: Bool = false) {
            self.name = name
            self.state = state
            self.isDone = isDone
        }
    }

    private static let frames: [Character] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
    /// More rows than these are summed up, so that the block never scrolls.
    package static let rowsMax = 16

    private let terminal: Terminal
    private var title = ""
    private var rows: [Row] = []
    private var written: Set<Row> = []
    private var frame = 0
    private var drawnLines = 0

    package init(_ terminal: Terminal) { self.terminal = terminal }

    /// The step and what it waits for. Elsewhere than on a terminal: a line for each state that is new,
    /// and the title where there are no rows to tell it.
    package mutating func show(_ title: String, _ rows: [Row] = []) -> String {
        let oldTitle = self.title
        self.title = title
        self.rows = rows
        guard !terminal.isTerminal else { return redraw() }
        var lines = title == oldTitle || !rows.isEmpty ? [] : [title]
        lines += rows.filter { written.insert($0).inserted }.map { "  \($0.name): \($0.state)" }
        return lines.map { $0 + "\n" }.joined()
    }

    /// The next frame of the spinner; nothing elsewhere than on a terminal.
    package mutating func tick() -> String {
        guard terminal.isTerminal, !title.isEmpty else { return "" }
        frame = (frame + 1) % Self.frames.count
        return redraw()
    }

    /// A line that stays, above the block.
    package mutating func note(_ line: String) -> String {
        guard terminal.isTerminal else { return line + "\n" }
        return erase() + line + "\n" + draw()
    }

    /// Ends the step: the block gives way to `line` (nothing when nil).
    package mutating func end(_ line: String?) -> String {
        let erased = erase()
        title = ""
        rows = []
        written = []
        return erased + (line.map { $0 + "\n" } ?? "")
    }

    private mutating func redraw() -> String { erase() + draw() }

    private mutating func erase() -> String {
        defer { drawnLines = 0 }
        return drawnLines == 0 ? "" : "\u{1B}[\(drawnLines)A\u{1B}[J"
    }

    private mutating func draw() -> String {
        guard !title.isEmpty else { return "" }
        let width = terminal.width ?? 80
        var lines = [terminal.style(.cyan, String(Self.frames[frame])) + " " + Table.cut(title, to: width - 2)]
        let nameWidth = rows.map(\.name.count).max() ?? 0
        let pending = rows.filter { !$0.isDone }
        let shown = rows.count <= Self.rowsMax ? rows : Array(pending.prefix(Self.rowsMax))
        for row in shown {
            let padded = row.name + String(repeating: " ", count: nameWidth - row.name.count)
            let text = Table.cut("\(padded)  \(row.state)", to: width - 4)
            lines.append("  " + (row.isDone ? terminal.style(.green, "✓ ") + text : terminal.style(.dim, "· ") + text))
        }
        if shown.count < rows.count { lines.append("  and \(rows.count - shown.count) more, \(rows.count - pending.count) of them done") }
        drawnLines = lines.count
        return lines.map { $0 + "\n" }.joined()
    }
}

/// Progress on stderr.
package final class Progress: Sendable {
    private static let frameTime = Duration.milliseconds(100)

    private let text: Mutex<ProgressText>
    private let terminal: Terminal
    private let isSilent: Bool
    var style: Style { terminal.style }
    private var isTerminal: Bool { terminal.isTerminal }

    init(_ terminal: Terminal = .standardError, isSilent: Bool = false) {
        text = Mutex(ProgressText(terminal))
        self.terminal = terminal
        self.isSilent = isSilent
    }

    /// For a step of which everything was said already: a block on a terminal, elsewhere nothing.
    var withoutLines: Progress { Progress(terminal, isSilent: !isTerminal) }

    private func emit(_ change: (inout ProgressText) -> String) {
        // Written under the lock, so that two writers do not mix their lines.
        guard !isSilent else { return }
        text.withLock { text in
            let output = change(&text)
            if !output.isEmpty { write(output, to: STDERR_FILENO) }
        }
    }

    func show(_ title: String, _ rows: [ProgressText.Row] = []) { emit { $0.show(title, rows) } }
    func note(_ line: String) { emit { $0.note(line) } }
    func end(_ line: String? = nil) { emit { $0.end(line) } }

    /// Runs `body` with the spinner turning; the block is gone when it returns or throws.
    func during<R: Sendable>(_ title: String, _ body: @Sendable @escaping () async throws -> R) async throws -> R {
        show(title)
        defer { end() }
        guard isTerminal else { return try await body() }
        return try await withThrowingTaskGroup(of: R?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.frameTime)
                    self.emit { $0.tick() }
                }
            }
            defer { group.cancelAll() }
            while let result = try await group.next() { if let result { return result } }
            throw CancellationError()
        }
    }
}
