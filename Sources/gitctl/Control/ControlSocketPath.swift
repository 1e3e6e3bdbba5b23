import Glibc
import SystemPackage

/// A path to the control socket that fits the kernel's 108 bytes, whatever the data directory's length.
///
/// A long one is named through an open directory, `/proc/self/fd/N/gitctl.sock`. Source: unix(7), proc(5).
package struct ControlSocketPath: ~Copyable, Sendable {
    package static let pathBytesMax = 107

    package let path: String
    private let descriptor: Int32

    package init(_ directory: DataDirectory, name: String = DataDirectory.socketName) throws(Failure) {
        let direct = directory.path + "/" + name
        if direct.utf8.count <= Self.pathBytesMax {
            path = direct
            descriptor = -1
            return
        }
        descriptor = open(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure("cannot open \(directory.path): \(Errno(rawValue: errno))") }
        path = "/proc/self/fd/\(descriptor)/\(name)"
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
