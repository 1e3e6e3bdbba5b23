import APIMachinery
import NIOCore
import Synchronization

/// Reads the logs of many containers, and those that come.
struct LogFollower: Sendable {
    /// Logs followed at a time: an HTTP/1.1 server holds a connection for each.
    static let followedMax = 50
    /// Before a broken stream is taken up again.
    private static let retryDelay = Duration.seconds(1)

    let client: HTTPSClient
    let output: LogOutput
    let options: LogOptions
    let showsTimes: Bool
    let note: @Sendable (String) -> Void

    /// Nobody reads any more.
    private struct Closed: Error {}

    /// How many logs are followed now.
    private final class Followed: Sendable {
        private let state = Mutex(0)
        var count: Int { state.withLock { $0 } }
        func change(by difference: Int) { state.withLock { $0 += difference } }
    }

    // MARK: Once

    /// One log after another, as they are now.
    func read(_ sources: [LogSource]) async throws {
        for source in sources {
            do {
                let lines = try await open(source, LogPosition())
                var position = LogPosition()
                while let line = try await lines.next() { if !show(line, of: source, &position) { return } }
            } catch let status as APIStatus where status.reason == .badRequest || status.reason == .notFound {
                note("\(source.label): \(status.message)")
            }
        }
    }

    // MARK: For ever

    /// Follows the logs of what `pods` says there is, each time that it may have changed.
    func follow(_ view: LiveView, pods: @Sendable @escaping (LiveView) -> [Object]) async throws {
        let followed = Followed()
        do {
            try await withThrowingDiscardingTaskGroup { group in
                var started: Set<LogSource> = []
                var hasNoted = false
                while true {
                    let present = pods(view).flatMap { LogSource.all(in: $0) }
                    // What is over is forgotten with its pod.
                    started.formIntersection(present)
                    for source in present where !started.contains(source) {
                        guard followed.count < Self.followedMax else {
                            if !hasNoted { note("\(Self.followedMax) containers are followed, and no more; name an object to see others") }
                            hasNoted = true
                            break
                        }
                        started.insert(source)
                        followed.change(by: 1)
                        group.addTask {
                            defer { followed.change(by: -1) }
                            try await follow(source) { pods(view).flatMap { LogSource.running(in: $0) }.contains(source) }
                        }
                    }
                    await view.changes.wait()
                    try Task.checkCancellation()
                }
            }
        } catch is Closed {}
    }

    /// One container until it ends; a stream that breaks before is taken up where it was.
    private func follow(_ source: LogSource, isRunning: @Sendable () -> Bool) async throws {
        var position = LogPosition()
        var hasNoted = false
        while true {
            do {
                position.resume()
                let lines = try await open(source, position)
                hasNoted = false
                while let line = try await lines.next() { if !show(line, of: source, &position) { throw Closed() } }
                // A log ends with its container, or with a server that shuts down.
                if !isRunning() { return }
            } catch let status as APIStatus {
                if status.reason == .notFound || !isRunning() { return }
                guard status.reason == .serviceUnavailable else { return note("\(source.label): \(status.message)") }
                // Once for each time that it breaks.
                if !hasNoted { note("\(source.label): \(status.message); trying again") }
                hasNoted = true
            }
            try await Task.sleep(for: Self.retryDelay)
        }
    }

    private func open(_ source: LogSource, _ position: LogPosition) async throws(APIStatus) -> LineReader {
        var options = options
        // Always, to know where the log stands.
        options.timestamps = true
        if let last = position.last {
            options.sinceTime = last
            options.sinceSeconds = nil
            options.tailLines = nil
        }
        return try await client.logs(namespace: source.namespace, pod: source.pod, container: source.container, options: options)
    }

    private func show(_ line: ByteBuffer, of source: LogSource, _ position: inout LogPosition) -> Bool {
        guard let (time, text) = position.take(Array(line.readableBytesView)) else { return true }
        return output.write(source, time: showsTimes ? time : "", text)
    }
}
