import APIMachinery

/// The journal's statements. `objects` says which version of each object is live; `versions` holds
/// their bytes, so a write stores its object once; `previous` links an object's versions.
struct JournalConnection: ~Copyable {
    private static let tables = """
        CREATE TABLE versions (
            revision INTEGER PRIMARY KEY, resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
            uid TEXT NOT NULL, labels TEXT NOT NULL, operation INTEGER NOT NULL, previous INTEGER NOT NULL,
            author TEXT NOT NULL, time INTEGER NOT NULL, checksum INTEGER NOT NULL, value BLOB NOT NULL) STRICT;
        CREATE TABLE objects (
            resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL,
            PRIMARY KEY (resource, namespace, name)) STRICT, WITHOUT ROWID;
        CREATE INDEX deletions ON versions (resource, namespace, name, revision) WHERE operation = 3;
        CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        """

    /// A version that is no longer live: what retention removes, in the order in which they ceased to be.
    private struct Superseded {
        var revision: UInt64
        /// When its successor was written; of a deletion, when that was.
        var time: Timestamp
    }

    private let database: SQLiteDatabase
    private let statements: Statements
    private var superseded: [Superseded] = []
    private var supersededHead = 0

    private init(database: consuming SQLiteDatabase, statements: consuming Statements) {
        self.database = database
        self.statements = statements
    }

    /// Most memory for pages of the database, for which SQLite takes 2 MB by default. What is read again and again
    /// is in the store's memory; this is for the inner pages of the trees that are written to.
    private static let pageCacheKibibytesMax = 512

    static func open(path: String) throws(SQLiteError) -> JournalConnection {
        let database = try SQLiteDatabase(path: path)
        // One process and one connection: no shared-memory index, no locking calls.
        try database.execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=16777216; PRAGMA trusted_schema=OFF; PRAGMA cache_size=-\(pageCacheKibibytesMax)")
        let version = try database.integer("PRAGMA user_version")
        guard version <= Journal.schemaVersion else {
            throw SQLiteError(code: Journal.tooNew, message: "schema \(version)", context: path)
        }
        if version == 0 {
            try database.execute("BEGIN IMMEDIATE; \(Self.tables) PRAGMA user_version=\(Journal.schemaVersion); COMMIT")
        }
        let statements = try Statements.prepare(in: database)
        return JournalConnection(database: database, statements: statements)
    }

    mutating func load(trees: TreeCache) throws(SQLiteError) -> Journal.Loaded {
        let check = try database.prepare("PRAGMA quick_check(1)")
        if try check.step(), check.text(0) != "ok" {
            throw SQLiteError(code: 11, message: check.text(0), context: "quick_check")
        }
        var loaded = Journal.Loaded()
        let rows = try database.prepare(
            """
            SELECT o.resource, o.namespace, o.name, o.revision, v.uid, v.labels, v.checksum, v.value, v.time
            FROM objects o LEFT JOIN versions v ON v.revision = o.revision ORDER BY o.resource, o.namespace, o.name
            """)
        var resource = GroupResource(group: "", resource: "")
        var resourceText = ""
        var namespace = ""
        while try rows.step() {
            // Equal neighbours share one string.
            let text = rows.text(0)
            if text != resourceText {
                resourceText = text
                let parts = text.split(separator: ".", maxSplits: 1).map(String.init)
                resource = GroupResource(group: parts.count > 1 ? parts[1] : "", resource: parts.first ?? "")
            }
            let space = rows.text(1)
            if space != namespace { namespace = space }
            let revision = UInt64(bitPattern: rows.integer(3))
            let bytes = rows.blob(7)
            guard Self.checksum(bytes, revision: revision) == rows.integer(6) else {
                throw SQLiteError(code: 11, message: "revision \(revision) of \(text) \(space)/\(rows.text(2)) does not match its checksum", context: "load")
            }
            let version = ObjectVersion(
                name: rows.text(2), namespace: namespace, uid: rows.text(4), labels: Self.labels(rows.text(5)), revision: revision,
                storedRevision: revision, bytes: bytes, cache: trees)
            loaded.objects.append((resource, version, Timestamp(nanoseconds: rows.integer(8))))
        }
        loaded.revision = UInt64(
            bitPattern: max(
                try database.integer("SELECT value FROM counters WHERE name='revision'"),
                try database.integer("SELECT max(revision) FROM versions")))
        try loadSuperseded()
        return loaded
    }

    private mutating func loadSuperseded() throws(SQLiteError) {
        superseded = []
        supersededHead = 0
        let rows = try database.prepare(
            """
            SELECT v.revision, coalesce(n.time, v.time)
            FROM versions v LEFT JOIN versions n ON n.previous = v.revision
            WHERE v.revision NOT IN (SELECT revision FROM objects)
            ORDER BY coalesce(n.revision, v.revision), v.revision
            """)
        while try rows.step() {
            superseded.append(Superseded(revision: UInt64(bitPattern: rows.integer(0)), time: Timestamp(nanoseconds: rows.integer(1))))
        }
    }

    mutating func append(_ changes: [Change], reserve: UInt64?, now: Timestamp) throws(SQLiteError) {
        try database.execute("BEGIN IMMEDIATE")
        do throws(SQLiteError) {
            var added: [Superseded] = []
            for change in changes { try append(change, &added) }
            if let reserve { try statements.setCounter.run(.revision(reserve)) }
            let dropped = try prune(adding: added.count, now: now)
            try database.execute("COMMIT")
            superseded += added
            supersededHead += dropped
            if supersededHead > 64, supersededHead * 2 > superseded.count {
                superseded.removeFirst(supersededHead)
                supersededHead = 0
            }
        } catch {
            // A failed COMMIT may have ended the transaction already; then there is nothing to roll back.
            try? database.execute("ROLLBACK")
            throw error
        }
    }

    private func append(_ change: Change, _ superseded: inout [Superseded]) throws(SQLiteError) {
        let version = change.version
        let key: [SQLiteValue] = [.text(change.resource.description), .text(version.namespace), .text(version.name)]
        let hasHistory = change.durability == .durable
        if !hasHistory { try statements.removeLiveVersion.run(key[0], key[1], key[2]) }
        if hasHistory || change.operation != .deleted {
            try statements.insertVersion.run(
                .revision(version.revision), key[0], key[1], key[2], .text(version.uid), .text(Self.text(version.labels)),
                .integer(change.operation.rawValue), .revision(hasHistory ? change.previous?.storedRevision ?? 0 : 0), .text(change.author),
                .integer(change.time.nanoseconds), .integer(Self.checksum(version.bytes, revision: version.revision)), .blob(version.bytes))
        }
        if change.operation == .deleted {
            try statements.removeLive.run(key[0], key[1], key[2])
        } else {
            try statements.setLive.run(key[0], key[1], key[2], .revision(version.revision))
        }
        guard hasHistory else { return }
        if let previous = change.previous, previous.storedRevision > 0 {
            superseded.append(Superseded(revision: previous.storedRevision, time: change.time))
        }
        if change.operation == .deleted { superseded.append(Superseded(revision: version.revision, time: change.time)) }
    }

    /// Removes what is beyond the limits, a few more than are added, so that the work is spread; answers how many.
    private func prune(adding count: Int, now: Timestamp) throws(SQLiteError) -> Int {
        var dropped = 0
        while dropped < 2 * count, supersededHead + dropped < superseded.count {
            let oldest = superseded[supersededHead + dropped]
            let known = superseded.count - supersededHead - dropped + count
            guard known > Journal.historyCountMax || now - oldest.time > Journal.historyAgeMax else { break }
            try statements.removeVersion.run(.revision(oldest.revision))
            dropped += 1
        }
        return dropped
    }

    func history(_ resource: GroupResource, namespace: String, name: String, limit: Int) throws(SQLiteError) -> [HistoryEntry] {
        let newest = try database.prepare(
            """
            SELECT max(revision) FROM (
                SELECT revision FROM objects WHERE resource=?1 AND namespace=?2 AND name=?3
                UNION ALL SELECT max(revision) FROM versions WHERE operation=3 AND resource=?1 AND namespace=?2 AND name=?3)
            """)
        try newest.bind([.text(resource.description), .text(namespace), .text(name)])
        var next = try newest.step() ? newest.integer(0) : 0
        let row = try database.prepare(
            "SELECT operation, previous, author, time, value FROM versions WHERE revision=? AND resource=? AND namespace=? AND name=?")
        var entries: [HistoryEntry] = []
        while next != 0, entries.count < limit {
            try row.bind([.integer(next), .text(resource.description), .text(namespace), .text(name)])
            guard try row.step() else { break }
            // Bytes that do not parse are a damaged old version: the ones before it are still of use.
            let fields = (try? JSON(parsing: row.blob(4)))?.object
            if let fields {
                entries.append(
                    HistoryEntry(
                        revision: UInt64(bitPattern: next), isDeletion: row.integer(0) == Change.Operation.deleted.rawValue, author: row.text(2),
                        time: Timestamp(nanoseconds: row.integer(3)), object: Object(fields)))
            }
            next = row.integer(1)
        }
        return entries
    }

    func limitPages(_ count: Int) throws(SQLiteError) { try database.execute("PRAGMA max_page_count=\(count)") }

    /// `a=b,c=d`: labels hold neither character.
    private static func text(_ labels: JSONObject) -> String {
        labels.map { "\($0.key)=\($0.value.string ?? "")" }.joined(separator: ",")
    }

    private static func labels(_ text: String) -> JSONObject {
        JSONObject(
            text.split(separator: ",").map { pair in
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return JSONObject.Member(key: String(parts[0]), value: .string(parts.count > 1 ? String(parts[1]) : ""))
            })
    }

    /// FNV-1a over the revision and the bytes: finds damage that leaves the pages well-formed.
    private static func checksum(_ bytes: [UInt8], revision: UInt64) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ revision
        for byte in bytes {
            hash ^= UInt64(byte)
            hash = hash &* 0x100_0000_01b3
        }
        return Int64(bitPattern: hash)
    }
}

/// What every write runs, prepared once.
private struct Statements: ~Copyable {
    let insertVersion: SQLiteStatement
    let setLive: SQLiteStatement
    let removeLive: SQLiteStatement
    let removeLiveVersion: SQLiteStatement
    let removeVersion: SQLiteStatement
    let setCounter: SQLiteStatement

    static func prepare(in database: borrowing SQLiteDatabase) throws(SQLiteError) -> Statements {
        let insertVersion = try database.prepare("INSERT OR REPLACE INTO versions VALUES (?,?,?,?,?,?,?,?,?,?,?,?)")
        let setLive = try database.prepare("INSERT OR REPLACE INTO objects VALUES (?,?,?,?)")
        let removeLive = try database.prepare("DELETE FROM objects WHERE resource=? AND namespace=? AND name=?")
        let removeLiveVersion = try database.prepare(
            "DELETE FROM versions WHERE revision=(SELECT revision FROM objects WHERE resource=? AND namespace=? AND name=?)")
        let removeVersion = try database.prepare("DELETE FROM versions WHERE revision=?")
        let setCounter = try database.prepare("INSERT OR REPLACE INTO counters VALUES ('revision', ?)")
        return Statements(
            insertVersion: insertVersion, setLive: setLive, removeLive: removeLive, removeLiveVersion: removeLiveVersion,
            removeVersion: removeVersion, setCounter: setCounter)
    }
}
