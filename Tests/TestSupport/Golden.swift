import Glibc
import Testing

/// Compares a result with a file beside the test. With `GITCTL_RECORD=1` the file is written anew,
/// and the run fails, so that a recording never passes for a check.
package func expectGolden(_ result: String, _ name: String, file: String = #filePath, location: SourceLocation = #_sourceLocation) {
    let directory = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
    let path = "\(directory)/Golden/\(name)"
    if getenv("GITCTL_RECORD") != nil {
        mkdir("\(directory)/Golden", 0o755)
        guard let stream = fopen(path, "w") else {
            Issue.record("cannot write \(path)", sourceLocation: location)
            return
        }
        fputs(result, stream)
        fclose(stream)
        Issue.record("recorded \(name); run again without GITCTL_RECORD", sourceLocation: location)
        return
    }
    guard let expected = contents(path) else {
        Issue.record("no \(path); record it with GITCTL_RECORD=1", sourceLocation: location)
        return
    }
    #expect(result == expected, "differs from \(name)", sourceLocation: location)
}

private func contents(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while case let count = read(descriptor, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
    return String(decoding: bytes, as: UTF8.self)
}
