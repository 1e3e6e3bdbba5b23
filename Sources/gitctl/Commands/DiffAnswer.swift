import APIMachinery
import Reconciler
import Synchronization

/// What came of a `DiffRequest`.
struct DiffAnswer: Sendable, Hashable {
    var text: String
    var hasChanges: Bool
    var isRefused: Bool

    init(_ report: PlanReport, in format: DiffFormat) {
        text = format.text(report)
        hasChanges = report.hasChanges
        isRefused = report.isRefused
    }

    /// nil for an answer that nobody can make.
    init?(_ json: JSON, text: String) {
        guard let hasChanges = json["hasChanges"]?.bool, let isRefused = json["isRefused"]?.bool else { return nil }
        self.text = text
        self.hasChanges = hasChanges
        self.isRefused = isRefused
    }

    /// Without the text, which goes ahead of it in pieces.
    var json: JSON { ["hasChanges": .bool(hasChanges), "isRefused": .bool(isRefused)] }

    /// Unicode scalars in a piece: each takes at most six bytes of JSON, and a line of the control socket has room for them all.
    private static let pieceLength = 100_000

    func sendText(_ report: (String) -> Void) {
        var rest = text.unicodeScalars[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Self.pieceLength)
            report(String(String.UnicodeScalarView(piece)))
            rest = rest[piece.endIndex...]
        }
    }
}

/// Pieces of a text, in the order in which they come.
final class DiffText: Sendable {
    private let pieces = Mutex<[String]>([])

    func append(_ piece: String) { pieces.withLock { $0.append(piece) } }
    var whole: String { pieces.withLock { $0.joined() } }
}
