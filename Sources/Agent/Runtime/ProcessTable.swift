import Glibc

/// What `/proc` says about the machine's processes, read once.
///
/// Source: proc(5). Processes that end while it is read are left out.
package struct ProcessTable {
    package struct Entry {
        package var pid: pid_t
        package var parent: pid_t
        /// Clock ticks since boot; with the pid it names a process uniquely within a boot.
        package var startTime: UInt64
        package var isZombie: Bool
        package var arguments: [String]
    }

    package private(set) var entries: [pid_t: Entry] = [:]

    package init() {
        for name in Files.names(in: "/proc") {
            if let pid = pid_t(name), let entry = Self.entry(pid) { entries[pid] = entry }
        }
    }

    package static func entry(_ pid: pid_t) -> Entry? {
        // The name, field 2, is in parentheses and may hold anything, also parentheses.
        let stat = Files.text("/proc/\(pid)/stat")
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let commandLine = Files.text("/proc/\(pid)/cmdline")
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let parent = pid_t(fields[1]), let startTime = UInt64(fields[19]) else { return nil }
        return Entry(
            pid: pid, parent: parent, startTime: startTime, isZombie: fields[0] == "Z",
            arguments: commandLine.split(separator: "\0").map(String.init))
    }

    /// Names this boot of the machine.
    package static var bootID: String {
        String(Files.text("/proc/sys/kernel/random/boot_id").filter { $0 != "\n" })
    }

    /// Every live process below `roots`, without them.
    package func descendants(of roots: [pid_t]) -> [Entry] {
        var children: [pid_t: [Entry]] = [:]
        for entry in entries.values where !entry.isZombie { children[entry.parent, default: []].append(entry) }
        var found: [Entry] = []
        var next = roots
        while let pid = next.popLast() {
            for child in children[pid] ?? [] {
                found.append(child)
                next.append(child.pid)
            }
        }
        return found
    }
}
