import APIMachinery
import Synchronization

/// Who asks and how, and where the server leaves its warnings.
package struct RequestContext: Sendable {
    package var user: UserInfo
    /// The client's `User-Agent`; its part before the slash is the default field manager.
    package var userAgent: String
    package let warnings: Warnings
    /// What stood twice in the request's body, each as a sentence; judged with the unknown fields.
    package var duplicateFields: [String] = []
    /// What admission says of the request for the audit.
    let audit = AuditNotes()

    package init(user: UserInfo, userAgent: String = "", warnings: Warnings = Warnings()) {
        self.user = user
        self.userAgent = userAgent
        self.warnings = warnings
    }

    /// The manager that owns the written fields: the one asked for, else the client's name.
    func fieldManager(_ requested: String) -> String {
        if !requested.isEmpty { return requested }
        let agent = userAgent.prefix { $0 != "/" }
        if !agent.isEmpty { return String(agent.prefix(128)) }
        return user.name.hasPrefix("system:") ? String(user.name.dropFirst("system:".count)) : user.name
    }
}

/// Collects the texts of `Warning:` headers of one request.
package final class Warnings: Sendable {
    /// Most warnings of one answer.
    static let countMax = 32
    /// Longest warning, in Unicode scalars; a client chooses the names of its unknown fields. As in Kubernetes.
    static let scalarMax = 256
    /// Most bytes of all texts: the head of an HTTP/2 answer must fit into one frame of 16 KiB, and
    /// HPACK writes rare bytes with 30 bits.
    static let bytesMax = 4 << 10

    private let texts = Mutex<[String]>([])

    package init() {}

    package func add(_ text: String) {
        let text = text.unicodeScalars.count <= Self.scalarMax ? text : String(text.unicodeScalars.prefix(Self.scalarMax - 1)) + "…"
        texts.withLock { texts in
            guard texts.count < Self.countMax, !texts.contains(text) else { return }
            if texts.reduce(text.utf8.count, { $0 + $1.utf8.count }) <= Self.bytesMax { texts.append(text) }
        }
    }

    package var all: [String] { texts.withLock { $0 } }
}

/// The audit annotations of one request.
final class AuditNotes: Sendable {
    /// Most annotations of one request, and the longest.
    static let countMax = 64
    static let charactersMax = 10_000

    private let notes = Mutex<[String: String]>([:])

    func add(_ key: String, _ value: String) {
        notes.withLock { notes in
            if notes.count < Self.countMax { notes[key] = String(value.prefix(Self.charactersMax)) }
        }
    }

    var all: [String: String] { notes.withLock { $0 } }
}
