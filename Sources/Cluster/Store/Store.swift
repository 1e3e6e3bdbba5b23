import APIMachinery
import Logging

/// The cluster's state: see `commit`.
package final class Store: Sendable {
    package let clock: any WallClock

    private init(clock: any WallClock) { self.clock = clock }

    /// Opens (or makes) the database in `directory`.
    package static func open(directory: String, clock: any WallClock, logger: Logger) throws(StoreError) -> Store {
        Store(clock: clock)
    }

    /// A store without a disk.
    package static func inMemory(clock: any WallClock) -> Store { Store(clock: clock) }

    /// An in-memory copy that shares nothing mutable with this store: O(1).
    package func fork() -> Store { self }

    /// Timers: lazy flushes, event expiry, watch timeouts and bookmarks. Ends when cancelled.
    package func run() async throws {}

    /// Writes what was held back and closes the database. Later writes fail.
    package func close() async {}
}

/// Why the store cannot do its work; `description` is a whole message for the user.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    package var description: String
}
