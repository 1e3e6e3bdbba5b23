import APIMachinery
import Cmalloc
import Glibc
import NIOPosix
import ServiceLifecycle

/// Gives back to the system what the allocator keeps after a burst of work.
///
/// glibc keeps what is freed within its arenas: after many objects at once, such as those of a start, tens of megabytes.
/// Source: malloc_trim(3).
struct SpareMemory: Service {
    /// How often the work done is looked at: nothing tells when there is less of it.
    static let interval: Duration = .seconds(10)

    /// Tells the end of a burst from how much processor time each interval took.
    struct Bursts {
        /// Processor time within an interval that makes it part of a burst.
        static let busy: Duration = .milliseconds(500)

        private var total: Duration = .zero
        private var isWithin = false

        /// Whether a burst has ended.
        ///
        /// - Parameter total: processor time of the process until now.
        mutating func haveEnded(total: Duration) -> Bool {
            let isBusy = total - self.total >= Self.busy
            self.total = total
            defer { isWithin = isBusy }
            return isWithin && !isBusy
        }
    }

    let clock: any WallClock

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var bursts = Bursts()
            // Cancellation ends it.
            while (try? await clock.sleep(for: Self.interval)) != nil {
                guard bursts.haveEnded(total: Self.processorTime) else { continue }
                // It goes through all arenas, each under its lock. Not to be had at shutdown.
                try? await NIOThreadPool.singleton.runIfActive { _ = malloc_trim(0) }
            }
        }
    }

    private static var processorTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
