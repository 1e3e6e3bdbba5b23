import APIMachinery
import Synchronization

/// The store's database: every live object, and for a bounded time what it was before and who wrote it.
///
/// Used by the store's writer queue alone; the lock is never contended. Written in transactions
/// that are on disk (WAL, synchronous=FULL) when `append` returns.
final class Journal: Sendable {
    /// The layout of the tables below; `PRAGMA user_version`.
    static let schemaVersion: Int64 = 1
    /// Most superseded versions and deletions that are kept.
    static let historyCountMax = 10_000
    /// How long they are kept.
    static let historyAgeMax = Duration.seconds(7 * 24 * 3600)

    struct Loaded {
        var objects: [(resource: GroupResource, version: ObjectVersion, time: Timestamp)] = []
        /// No revision up to this one may be given out again.
        var revision: UInt64 = 0
    }

    private let path: String
    private let connection: Mutex<JournalConnection?>

    init(path: String) throws(StoreError) {
        self.path = path
        do throws(SQLiteError) {
            connection = Mutex(try JournalConnection.open(path: path))
        } catch {
            throw Self.explain(error, path: path)
        }
    }

    /// Not one of SQLite's codes.
    static let tooNew: Int32 = -1

    private static func explain(_ error: SQLiteError, path: String) -> StoreError {
        if error.code == tooNew {
            return StoreError(
                reason: .tooNew, description: "\(path) was written by a newer gitctl (\(error.message), this one knows \(schemaVersion)); start that version, or restore an older copy of the file")
        }
        guard error.isCorruption else {
            return StoreError(reason: .unusable, description: "cannot use the database \(path): \(error.message); check that the disk is writable and not full")
        }
        return StoreError(
            reason: .corrupt,
            description: """
                the database \(path) is damaged (\(error.message)); gitctl does not start, so that nothing is overwritten. To go back: \
                restore a copy of the file, or save what is readable with 'sqlite3 \(path) .recover | sqlite3 recovered.db' and put recovered.db in its place, \
                or move the file away to start with an empty cluster: what is in git is then applied again
                """)
    }

    private func use<T: Sendable>(_ body: (inout JournalConnection) throws(SQLiteError) -> T) throws(SQLiteError) -> T {
        let result = connection.withLock { connection -> Result<T, SQLiteError> in
            guard connection != nil else {
                return .failure(SQLiteError(code: 21, message: "the database is closed", context: path))
            }
            do throws(SQLiteError) { return .success(try body(&connection!)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Reads every live object; refuses a damaged file.
    func load(trees: TreeCache) throws(StoreError) -> Loaded {
        do throws(SQLiteError) {
            return try use { connection throws(SQLiteError) in try connection.load(trees: trees) }
        } catch {
            throw Self.explain(error, path: path)
        }
    }

    /// Writes the changes in one transaction; `reserve` raises the revision that the next start begins from.
    func append(_ changes: [Change], reserve: UInt64?, now: Timestamp) throws(SQLiteError) {
        try use { connection throws(SQLiteError) in try connection.append(changes, reserve: reserve, now: now) }
    }

    /// The versions of one object that are still known, newest first.
    func history(_ resource: GroupResource, namespace: String, name: String, limit: Int) throws(SQLiteError) -> [HistoryEntry] {
        try use { connection throws(SQLiteError) in
            try connection.history(resource, namespace: namespace, name: name, limit: limit)
        }
    }

    /// Limits the file to about `count` pages, as a full disk would; for tests.
    func limitPages(_ count: Int) throws(SQLiteError) {
        try use { connection throws(SQLiteError) in try connection.limitPages(count) }
    }

    func close() { connection.withLock { $0 = nil } }
}

/// One known version of an object.
package struct HistoryEntry: Sendable {
    package var revision: UInt64
    package var isDeletion: Bool
    /// Who wrote it: the user, and the field manager after a blank.
    package var author: String
    package var time: Timestamp
    package var object: Object
}
