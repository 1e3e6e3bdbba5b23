// SQLite's C interface, without a Swift layer: see docs/decisions/0003-sqlite-in-c.md.
import Csqlite3

/// What SQLite answered, with the statement or file concerned. Source: sqlite.org/rescode.html.
struct SQLiteError: Error, Sendable, CustomStringConvertible {
    var code: Int32
    var message: String
    var context: String

    /// The file is damaged or is no database at all.
    var isCorruption: Bool { code & 0xff == SQLITE_CORRUPT || code & 0xff == SQLITE_NOTADB }
    /// The disk, or the limit set on the file, is full.
    var isFull: Bool { code & 0xff == SQLITE_FULL }

    var description: String { "\(message) (SQLite code \(code)) in \(context)" }
}

/// One connection; used by one thread at a time.
struct SQLiteDatabase: ~Copyable {
    private let handle: OpaquePointer

    init(path: String) throws(SQLiteError) {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw SQLiteError(code: code, message: message, context: path)
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs statements that need no values.
    borrowing func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code, sql) }
    }

    /// A statement to use many times. It must not outlive the connection's users: closing waits for it.
    borrowing func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw error(code, sql) }
        return SQLiteStatement(statement, database: handle, sql: sql)
    }

    /// The first column of the first row, as an integer; 0 without a row.
    borrowing func integer(_ sql: String) throws(SQLiteError) -> Int64 {
        let statement = try prepare(sql)
        return try statement.step() ? statement.integer(0) : 0
    }

    private borrowing func error(_ code: Int32, _ sql: String) -> SQLiteError {
        SQLiteError(code: code, message: String(cString: sqlite3_errmsg(handle)), context: sql)
    }
}

/// A prepared statement: bind, step, read columns, reset.
struct SQLiteStatement: ~Copyable {
    private let handle: OpaquePointer
    private let database: OpaquePointer
    private let sql: String

    fileprivate init(_ handle: OpaquePointer, database: OpaquePointer, sql: String) {
        self.handle = handle
        self.database = database
        self.sql = sql
    }

    deinit { sqlite3_finalize(handle) }

    /// Runs to the end with `values` bound, and resets; for statements without rows.
    borrowing func run(_ values: SQLiteValue...) throws(SQLiteError) {
        try bind(values)
        let code = sqlite3_step(handle)
        sqlite3_reset(handle)
        guard code == SQLITE_DONE || code == SQLITE_ROW else { throw error(code) }
    }

    borrowing func bind(_ values: [SQLiteValue]) throws(SQLiteError) {
        sqlite3_reset(handle)
        for (offset, value) in values.enumerated() {
            let index = Int32(offset + 1)
            let code =
                switch value {
                case .integer(let value): sqlite3_bind_int64(handle, index, value)
                case .text(let text):
                    text.utf8.withContiguousStorageIfAvailable { bindText(index, $0) } ?? Array(text.utf8).withUnsafeBufferPointer { bindText(index, $0) }
                case .blob(let bytes):
                    // A null pointer would bind NULL where an empty blob is meant.
                    bytes.isEmpty
                        ? sqlite3_bind_zeroblob(handle, index, 0)
                        : bytes.withUnsafeBytes { sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), Self.copied) }
                }
            guard code == SQLITE_OK else { throw error(code) }
        }
    }

    private borrowing func bindText(_ index: Int32, _ utf8: UnsafeBufferPointer<UInt8>) -> Int32 {
        guard let base = utf8.baseAddress else { return sqlite3_bind_text(handle, index, "", 0, Self.copied) }
        return base.withMemoryRebound(to: CChar.self, capacity: utf8.count) {
            sqlite3_bind_text(handle, index, $0, Int32(utf8.count), Self.copied)
        }
    }

    /// SQLITE_TRANSIENT: SQLite copies the bytes before the call returns.
    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    /// Moves to the next row; false at the end.
    borrowing func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            sqlite3_reset(handle)
            return false
        case let code:
            sqlite3_reset(handle)
            throw error(code)
        }
    }

    borrowing func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    borrowing func text(_ column: Int32) -> String {
        guard let base = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: base, count: count), as: UTF8.self)
    }

    borrowing func blob(_ column: Int32) -> [UInt8] {
        guard let base = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: base, count: Int(sqlite3_column_bytes(handle, column))))
    }

    private borrowing func error(_ code: Int32) -> SQLiteError {
        SQLiteError(code: code, message: String(cString: sqlite3_errmsg(database)), context: sql)
    }
}

/// A value bound to a statement.
enum SQLiteValue: Sendable {
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    static func revision(_ value: UInt64) -> SQLiteValue { .integer(Int64(bitPattern: value)) }
}
