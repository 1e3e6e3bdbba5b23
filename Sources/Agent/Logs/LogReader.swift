import APIMachinery
import Synchronization

/// Reads one life of a container's log as the API's log request wants it, piece by piece.
actor LogReader {
    /// How long the runtime may take to close the file once the container has ended; a runtime that is
    /// dead, or restarted, never does.
    static let closeTimeMax = Duration.seconds(5)

    private let path: String
    private let follows: Bool
    private let tail: Int?
    private let clock: any WallClock
    /// Whether the container may still write; asked before each read up to the end of the file.
    private let isRunning: @Sendable () -> Bool
    private let changed: Signal

    private var filter: LogFilter
    private var log: LogFile?
    private var watch: FileWatch?
    /// Set once the container has ended.
    private var closeDeadline: Timestamp?
    private var isEnding = false

    /// `changed` fires when the container ends; the reader lets it fire when the file grows, too.
    init(path: String, options: LogOptions, clock: any WallClock, changed: Signal, isRunning: @escaping @Sendable () -> Bool) {
        self.path = path
        follows = options.follow
        tail = options.tailLines
        self.clock = clock
        self.isRunning = isRunning
        self.changed = changed
        filter = LogFilter(options: options, now: clock.now)
    }

    /// Pulled by its consumer, so that a slow one costs no memory; cancelling the consumer ends it.
    nonisolated func stream() -> AsyncThrowingStream<[UInt8], any Error> {
        AsyncThrowingStream { await self.next() }
    }

    /// The next bytes; nil at the end.
    private func next() async -> [UInt8]? {
        if log == nil, await !open() { return nil }
        while let log, !Task.isCancelled, !filter.isFull {
            let lines = await Files.offPool { log.lines() }
            if !lines.isEmpty {
                let bytes = filter.bytes(of: lines)
                if !bytes.isEmpty { return bytes }
            } else if let successor = await Files.offPool({ [path] in log.successor(at: path) }) {
                self.log = successor
                if follows { watch = FileWatch(file: path, signal: changed) }
            } else if await !waitForMore() {
                return nil
            }
        }
        return nil
    }

    private func open() async -> Bool {
        let path = path
        let tail = tail
        log = await Files.offPool {
            let log = LogFile(path)
            if let tail { log?.seek(toLast: tail) }
            return log
        }
        if follows { watch = FileWatch(file: path, signal: changed) }
        return log != nil
    }

    /// At the end of the file: false when nothing more comes.
    private func waitForMore() async -> Bool {
        if isEnding { return false }
        // Asked before waiting: an end that comes later fires the signal.
        if isRunning() {
            if follows { await changed.wait() }
            return follows
        }
        // The runtime still copies the last output while it already reports the end.
        if watch == nil { watch = FileWatch(file: path, signal: changed) }
        let deadline = closeDeadline ?? clock.now + Self.closeTimeMax
        closeDeadline = deadline
        if let log, clock.now < deadline, await Files.offPool({ log.hasWriter }) {
            await changed.wait(until: deadline, clock: clock)
        } else {
            // What was written since the last look is read once more.
            isEnding = true
        }
        return true
    }
}

/// Which entries are shown, and how.
struct LogFilter {
    private let since: [UInt8]?
    private let showsTime: Bool
    private var left: Int

    init(options: LogOptions, now: Timestamp) {
        let time = options.sinceTime.flatMap(Timestamp.init) ?? options.sinceSeconds.map { now + .seconds(-$0) }
        since = time.map { Array($0.nano.utf8.dropLast()) }
        showsTime = options.timestamps
        left = options.limitBytes ?? .max
    }

    var isFull: Bool { left <= 0 }

    mutating func bytes(of lines: [ArraySlice<UInt8>]) -> [UInt8] {
        var bytes: [UInt8] = []
        for line in lines {
            guard left > 0, let entry = LogEntry(line), isRecent(entry) else { continue }
            let shown = (showsTime ? Array(entry.time) + [32] : []) + entry.text
            bytes += shown.prefix(left)
            left -= shown.count
        }
        return bytes
    }

    /// Times of one zone compare as text; another zone's are parsed.
    private func isRecent(_ entry: LogEntry) -> Bool {
        guard let since else { return true }
        if entry.time.last == UInt8(ascii: "Z") { return !entry.time.dropLast().lexicographicallyPrecedes(since) }
        guard let time = Timestamp(String(decoding: entry.time, as: UTF8.self)) else { return true }
        return !Array(time.nano.utf8.dropLast()).lexicographicallyPrecedes(since)
    }
}
