import APIMachinery
import Glibc

/// What Prometheus wants to know of any process. Source: proc(5); Prometheus, "Standard and runtime collectors".
enum ProcessMetrics {
    static func gauges() -> [MetricFamily] {
        var gauges: [MetricFamily] = []
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
            gauges.append(
                MetricFamily(
                    "process_cpu_seconds_total", "Processor time of the daemon.", .counter, seconds(usage.ru_utime) + seconds(usage.ru_stime)))
        }
        if let pages = text("/proc/self/statm")?.split(separator: " ").compactMap({ Double($0) }), pages.count > 1 {
            let size = Double(sysconf(Int32(_SC_PAGESIZE)))
            gauges.append(MetricFamily("process_resident_memory_bytes", "Memory of the daemon that is in use.", .gauge, pages[1] * size))
            gauges.append(MetricFamily("process_virtual_memory_bytes", "Address space of the daemon.", .gauge, pages[0] * size))
        }
        if let directory = opendir("/proc/self/fd") {
            var count = -3
            while readdir(directory) != nil { count += 1 }
            closedir(directory)
            gauges.append(MetricFamily("process_open_fds", "Files and sockets that the daemon has open.", .gauge, Double(count)))
        }
        return gauges
    }

    /// A small file of /proc, which never blocks.
    private static func text(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = read(file, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].filter { $0 != 10 }, as: UTF8.self) : nil
    }
}
