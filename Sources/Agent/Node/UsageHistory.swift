import APIMachinery

/// Counters of processor time as they were read, and the rates between the readings.
///
/// Readings are taken when somebody asks. A rate is since the last one, unless that is too close to
/// say anything, or so old that it says nothing of now: then since the beginning of what is measured.
struct UsageHistory: Sendable {
    /// The shortest time that a rate is taken over.
    static let windowMin = Duration.milliseconds(250)
    /// How long a reading is kept: what was measured within this time is all that is remembered.
    static let windowMax = Duration.seconds(300)

    /// A million processors: beyond that a counter is wrong.
    private static let cpuNanocoresMax = 1e15

    struct Reading: Sendable, Hashable {
        var time: Timestamp
        /// Since the beginning of what is measured.
        var cpuNanoseconds: Int64
    }

    struct Rate: Sendable, Hashable {
        var cpuNanocores: Int64
        var window: Duration
    }

    /// The last reading that a rate was given for, and the one before it: for those who ask twice at once.
    private var readings: [String: [Reading]] = [:]

    /// What is remembered of how many containers and machines.
    var count: Int { readings.count }

    /// The rate up to `reading`; nil when what is measured is too young to say.
    ///
    /// - Parameter beginning: the first reading there is, for a container that of its start.
    mutating func rate(of subject: String, at reading: Reading, since beginning: Reading) -> Rate? {
        var known = (readings[subject] ?? []).filter { $0.time + Self.windowMax >= reading.time && Self.precedes($0, reading) }
        let base = known.last { $0.time + Self.windowMin <= reading.time }
        if (known.last.map { $0.time + Self.windowMin <= reading.time }) ?? true { known.append(reading) }
        readings[subject] = Array(known.suffix(2))
        let start = base ?? beginning
        guard start.time + Self.windowMin <= reading.time, Self.precedes(start, reading) else { return nil }
        return Self.rate(from: start, to: reading)
    }

    /// Drops what is too old to be of use.
    mutating func forget(at now: Timestamp) {
        readings = readings.filter { $0.value.contains { $0.time + Self.windowMax >= now } }
    }

    /// False where a clock was set back or a counter began anew.
    private static func precedes(_ earlier: Reading, _ later: Reading) -> Bool {
        earlier.time <= later.time && earlier.cpuNanoseconds <= later.cpuNanoseconds
    }

    /// Rounded up, as metrics-server does: what used little did not use nothing.
    private static func rate(from start: Reading, to end: Reading) -> Rate {
        let window = end.time - start.time
        let used = Double(end.cpuNanoseconds - start.cpuNanoseconds)
        let nanocores = (used / Double(window.nanoseconds) * 1_000_000_000).rounded(.up)
        return Rate(cpuNanocores: Int64(min(nanocores, cpuNanocoresMax)), window: window)
    }
}
