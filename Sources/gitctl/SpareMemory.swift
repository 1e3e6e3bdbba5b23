import Cmalloc
import Glibc
import ServiceLifecycle

/// Gives back to the system what the allocator keeps after a burst of work, once the daemon has become quiet.
///
/// glibc keeps what is freed within its arenas: after many objects at once, such as those of a start, tens of megabytes.
/// Source: malloc_trim(3).
struct SpareMemory: Service {
    /// How often the work done is looked at.
    static let interval: Duration = .seconds(10)

    /// Tells the end of a burst from how much processor time each interval took.
    struct Bursts {
        /// Processor time within an interval that makes it part of a burst, and below which it is quiet.
        static let busy: Duration = .milliseconds(500)
        static let quiet: Duration = .milliseconds(100)

        private var total: Duration = .zero
        private var isWithin = false

        /// Whether a burst has ended.
        ///
        /// - Parameter total: processor time of the process until now.
        mutating func haveEnded(total: Duration) -> Bool {
            let used = total - self.total
            self.total = total
            if used >= Self.busy { isWithin = true }
            guard isWithin, used < Self.quiet else { return false }
            isWithin = false
            return true
        }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var bursts = Bursts()
            // Cancellation ends it.
            while (try? await Task.sleep(for: Self.interval)) != nil {
                if bursts.haveEnded(total: Self.processorTime) { _ = malloc_trim(0) }
            }
        }
    }

    private static var processorTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
