import APIMachinery
import Glibc

/// Keeps the log file of a process that writes it directly within a size: past the limit its content
/// moves to `<path>.1` and it starts empty again. The writer appends, so it does not notice.
struct LogBound: Sendable {
    static let sizeBytesMax = 2 << 20

    let path: String

    /// Watches the file until cancelled; wakes only when something is written.
    func run() async {
        let changed = Signal()
        let watch = FileWatch(file: path, signal: changed)
        while !Task.isCancelled {
            rotate()
            await changed.wait()
        }
        withExtendedLifetime(watch) {}
    }

    func rotate() {
        guard let status = Files.status(path), status.st_size > Self.sizeBytesMax else { return }
        // A log that cannot be kept (a full disk) is still cut: the disk matters more.
        try? Files.replace(Files.text(path, sizeBytesMax: 2 * Self.sizeBytesMax), at: path + ".1")
        truncate(path, 0)
    }

    /// The last lines, for an error message.
    func tail(lines: Int) -> String {
        Files.text(path, sizeBytesMax: 2 * Self.sizeBytesMax).split(separator: "\n").suffix(lines).joined(separator: "\n")
    }
}
