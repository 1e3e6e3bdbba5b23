import Glibc
import Synchronization

/// Lines of many containers on standard output, whole and in colours that tell their pods apart.
package final class LogOutput: Sendable {
    private static let colors: [Style.Color] = [.cyan, .green, .yellow, .magenta, .blue]

    private struct State {
        var colors: [String: Style.Color] = [:]
        var isOpen = true
    }

    private let terminal: Terminal
    private let descriptor: Int32
    private let state = Mutex(State())

    package init(_ terminal: Terminal, descriptor: Int32 = STDOUT_FILENO) {
        self.terminal = terminal
        self.descriptor = descriptor
    }

    /// Writes one line; false when nobody reads any more.
    package func write(_ source: LogSource, time: String, _ text: some Collection<UInt8>) -> Bool {
        state.withLock { state in
            guard state.isOpen else { return false }
            let count = state.colors.count
            let color = state.colors[source.pod] ?? Self.colors[count % Self.colors.count]
            state.colors[source.pod] = color
            var bytes = Array((terminal.style(color, source.label) + " " + (time.isEmpty ? "" : time + " ")).utf8)
            bytes += terminal.isTerminal ? Self.harmless(text) : Array(text)
            bytes.append(UInt8(ascii: "\n"))
            // Under the lock, so that two lines do not mix; a slow reader slows those who have something to say.
            state.isOpen = bytes.withUnsafeBytes { gitctl.write($0, to: descriptor) }
            return state.isOpen
        }
    }

    /// Without control characters but tabs and colours (CSI … m): a container must not drive a terminal.
    /// Source: ECMA-48, control sequences.
    package static func harmless(_ text: some Collection<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var rest = Array(text)[...]
        while let byte = rest.first {
            rest = rest.dropFirst()
            switch byte {
            case 0x1B:
                let parameters = rest.dropFirst().prefix { (0x30...0x3B).contains($0) }
                let end = parameters.endIndex
                guard rest.first == UInt8(ascii: "["), end < rest.endIndex, rest[end] == UInt8(ascii: "m") else { continue }
                result += [byte] + rest[...end]
                rest = rest[(end + 1)...]
            case 0x09: result.append(byte)
            case 0..<0x20, 0x7F: continue
            // C1 controls in UTF-8: U+0080 to U+009F.
            case 0xC2 where rest.first.map { (0x80..<0xA0).contains($0) } ?? false: rest = rest.dropFirst()
            default: result.append(byte)
            }
        }
        return result
    }
}
