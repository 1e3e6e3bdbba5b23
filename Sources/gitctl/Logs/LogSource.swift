import APIMachinery

/// One run of a container, whose log can be read. A container that restarts is another source.
package struct LogSource: Sendable, Hashable {
    package var namespace: String
    package var pod: String
    package var container: String
    /// The id of the run, as the runtime names it.
    package var run: String

    package init(namespace: String, pod: String, container: String, run: String) {
        self.namespace = namespace
        self.pod = pod
        self.container = container
        self.run = run
    }

    /// What stands before its lines.
    package var label: String { "\(pod)/\(container)" }

    /// The runs of a pod's containers that have begun, in the order in which they run.
    /// - Parameter isPrevious: those before the present ones, where a container has restarted.
    package static func all(in pod: Object, isPrevious: Bool = false) -> [LogSource] {
        containers(of: pod).compactMap { container in
            let previous = container[path: ["lastState", "terminated"]]
            let run = isPrevious ? previous.map { $0["containerID"]?.string ?? "previous" } : container["containerID"]?.string
            return source(container, run, of: pod)
        }
    }

    /// Those that still write.
    package static func running(in pod: Object) -> [LogSource] {
        containers(of: pod).filter { $0[path: ["state", "running"]] != nil }.compactMap { source($0, $0["containerID"]?.string, of: pod) }
    }

    private static func containers(of pod: Object) -> [JSON] {
        ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"].flatMap { pod.status[$0]?.array ?? [] }
    }

    private static func source(_ container: JSON, _ run: String?, of pod: Object) -> LogSource? {
        guard let run, !run.isEmpty, let name = container["name"]?.string else { return nil }
        return LogSource(namespace: pod.namespace, pod: pod.name, container: name, run: run)
    }
}

/// Where a followed log stands: what was shown, so that nothing is shown twice when a stream broke and is taken up again. Pure.
package struct LogPosition: Sendable {
    /// The time of the newest line shown, as the server wrote it: from there on the next stream is asked for.
    private(set) package var last: String?
    private var lastTime: Timestamp?
    /// Lines shown of exactly that time.
    private var lastCount = 0
    /// A stream that was taken up again sends what was shown already: its lines up to `last`, so many of them left.
    private var repeated: Int?

    package init() {}

    /// A stream begins; lines from `last` on come again.
    package mutating func resume() { repeated = last == nil ? nil : lastCount }

    /// Takes a line that begins with its time; the text behind the time, or nil when it was shown before.
    package mutating func take(_ line: [UInt8]) -> (time: String, text: ArraySlice<UInt8>)? {
        // A piece of a long line has no time of its own.
        guard let space = line.firstIndex(of: UInt8(ascii: " ")), let time = Timestamp(String(decoding: line[..<space], as: UTF8.self)) else {
            return repeated == nil ? (last ?? "", line[...]) : nil
        }
        if let left = repeated, let lastTime {
            if time < lastTime { return nil }
            if time == lastTime, left > 0 {
                repeated = left - 1
                return nil
            }
            repeated = nil
        }
        let stamp = String(decoding: line[..<space], as: UTF8.self)
        // A program's two streams may be written down a little out of order.
        if lastTime.map({ time > $0 }) ?? true { (last, lastTime, lastCount) = (stamp, time, 0) }
        if time == lastTime { lastCount += 1 }
        return (stamp, line[(space + 1)...])
    }
}
