import Dispatch
import Glibc

/// Keeps the log file of a process that writes it directly within a size: past the limit its content
/// moves to `<path>.1` and it starts empty again. The writer appends, so it does not notice.
struct LogBound: Sendable {
    static let sizeBytesMax = 2 << 20

    let path: String

    /// Watches the file until cancelled; wakes only when something is written.
    func run() async {
        let descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard descriptor >= 0 else { return }
        inotify_add_watch(descriptor, path, UInt32(IN_MODIFY))
        // Sources may be used from any thread (dispatch_source_create(3)); the overlay does not say so.
        nonisolated(unsafe) let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                source.setEventHandler {
                    var buffer = [UInt8](repeating: 0, count: 4096)
                    while read(descriptor, &buffer, buffer.count) > 0 {}
                    rotate()
                }
                source.setCancelHandler { continuation.resume() }
                source.activate()
            }
        } onCancel: {
            source.cancel()
        }
        close(descriptor)
    }

    func rotate() {
        var status = stat()
        guard stat(path, &status) == 0, status.st_size > Self.sizeBytesMax, let text = SmallFile.text(path) else { return }
        // A log that cannot be kept (a full disk) is still cut: the disk matters more.
        try? SmallFile.write(text, to: path + ".1")
        truncate(path, 0)
    }

    /// The last lines, for an error message.
    func tail(lines: Int) -> String {
        let all = (SmallFile.text(path) ?? "").split(separator: "\n")
        return all.suffix(lines).joined(separator: "\n")
    }
}
