import APIMachinery
import Dispatch
import Glibc

/// Fires a signal when a file grows, is moved away, or is closed by its writer. inotify(7).
final class FileWatch {
    private let source: any DispatchSourceRead

    /// nil when the kernel has no watch left; the caller then sees the end of the container alone.
    init?(file: String, signal: Signal) {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        guard inotify_add_watch(descriptor, file, UInt32(IN_MODIFY | IN_CLOSE_WRITE | IN_MOVE_SELF)) >= 0 else {
            close(descriptor)
            return nil
        }
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
        source.setEventHandler {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while read(descriptor, &buffer, buffer.count) > 0 {}
            signal.fire()
        }
        source.setCancelHandler { close(descriptor) }
        source.activate()
    }

    deinit { source.cancel() }
}
