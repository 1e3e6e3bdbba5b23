/// What a control group has used so far. Sources: Linux, admin-guide/cgroup-v1/{cpuacct,memory}.rst
/// and cgroup-v2.rst; what is counted as in use: cAdvisor, working set.
extension Cgroups {
    /// The whole machine's group.
    static let machine = ""

    /// Nanoseconds of processors since the group was made; nil when it is not there.
    func cpuNanoseconds(of path: String) -> Int64? {
        switch self {
        case .v1(_, let accounting, _, _): accounting.flatMap { Self.number("\($0)\(path)/cpuacct.usage") }
        case .v2(let root): Self.entry("usage_usec", of: "\(root)\(path)/cpu.stat").map { $0.multipliedReportingOverflow(by: 1000).partialValue }
        }
    }

    /// Bytes in use, less the file pages that the kernel gives up first; nil when the group is not there.
    ///
    /// - Parameter meminfo: where the memory of a whole machine with version 2 stands, whose own group does not tell.
    func workingSetBytes(of path: String, meminfo: String = "/proc/meminfo") -> Int64? {
        let used: Int64?
        let inactive: Int64?
        switch self {
        case .v1(_, _, let memory, _):
            guard let group = memory.map({ $0 + path }) else { return nil }
            used = Self.number("\(group)/memory.usage_in_bytes")
            inactive = Self.entry("total_inactive_file", of: "\(group)/memory.stat")
        case .v2(let root):
            used = Self.number("\(root)\(path)/memory.current") ?? (path == Self.machine ? Self.used(meminfo) : nil)
            inactive = Self.entry("inactive_file", of: "\(root)\(path)/memory.stat")
        }
        return used.map { max(0, $0 - (inactive ?? 0)) }
    }

    /// Of the machine, by `MemTotal` and `MemFree`.
    private static func used(_ meminfo: String) -> Int64? {
        guard let total = entry("MemTotal:", of: meminfo), let free = entry("MemFree:", of: meminfo) else { return nil }
        return (total - free) * 1024
    }

    /// A file that is one number.
    private static func number(_ path: String) -> Int64? {
        Files.text(path, sizeBytesMax: 64).split(whereSeparator: \.isWhitespace).first.flatMap { Int64($0) }
    }

    /// The number after a name in a file of lines.
    private static func entry(_ name: String, of path: String) -> Int64? {
        for line in Files.text(path, sizeBytesMax: 64 << 10).split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            if words.count > 1, words[0] == name { return Int64(words[1]) }
        }
        return nil
    }
}
