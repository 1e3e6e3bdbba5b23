import APIMachinery

/// Where an object stands in its Application's sync: its wave and, for a hook, when it runs.
///
/// Argo CD's annotations count as gitctl's own. Source: Argo CD, "Sync Phases and Waves", "Resource Hooks".
package struct SyncOrder: Sendable, Hashable {
    package enum Phase: String, Sendable, Hashable, CaseIterable {
        case preSync = "PreSync"
        case sync = "Sync"
        case postSync = "PostSync"
        /// When the sync failed.
        case syncFail = "SyncFail"
    }

    package enum HookDeletion: String, Sendable, Hashable, CaseIterable {
        case beforeHookCreation = "BeforeHookCreation"
        case hookSucceeded = "HookSucceeded"
        case hookFailed = "HookFailed"
    }

    /// An object that is run instead of kept.
    package struct Hook: Sendable, Hashable {
        package var phases: Set<Phase>
        package var deletions: Set<HookDeletion>
    }

    package static let waveAnnotation = "gitctl.dev/sync-wave"
    package static let hookAnnotation = "gitctl.dev/hook"
    package static let hookDeletionAnnotation = "gitctl.dev/hook-delete-policy"
    private static let synonyms = [
        waveAnnotation: "argocd.argoproj.io/sync-wave", hookAnnotation: "argocd.argoproj.io/hook",
        hookDeletionAnnotation: "argocd.argoproj.io/hook-delete-policy",
    ]

    /// The lower ones first; 0 where nothing is said.
    package var wave = 0
    package var hook: Hook?
    /// `Skip`: not to be applied at all.
    var isSkipped = false

    /// An annotation that says nothing we know.
    struct Invalid: Error {
        var annotation: String
        var message: String
    }

    /// nil for an object that says nothing of its order.
    init?(_ object: Object) throws(Invalid) {
        guard let annotations = object.fields["metadata"]?["annotations"]?.object else { return nil }
        func value(_ annotation: String) -> (key: String, text: String)? {
            for key in [annotation, Self.synonyms[annotation] ?? annotation] {
                if let text = annotations[key]?.string { return (key, text) }
            }
            return nil
        }
        let (wave, hook) = (value(Self.waveAnnotation), value(Self.hookAnnotation))
        guard wave != nil || hook != nil else { return nil }
        if let wave {
            guard let number = Int(wave.text), number.magnitude < 1_000_000 else {
                throw Invalid(annotation: wave.key, message: "\(wave.key): \"\(wave.text)\" is no wave; write an integer in quotes, like \"5\" or \"-1\"")
            }
            self.wave = number
        }
        guard let hook else { return }
        if hook.text == "Skip" {
            isSkipped = true
            return
        }
        self.hook = Hook(
            phases: try Self.set(hook), deletions: try value(Self.hookDeletionAnnotation).map { value throws(Invalid) in try Self.set(value) } ?? [.beforeHookCreation])
    }

    private static func set<Word: RawRepresentable<String> & CaseIterable & Hashable>(_ value: (key: String, text: String)) throws(Invalid) -> Set<Word> {
        var words: Set<Word> = []
        for text in value.text.split(separator: ",") {
            let text = text.trimmingPrefix(while: \.isWhitespace)
            guard let word = Word(rawValue: String(text.reversed().drop(while: \.isWhitespace).reversed())) else {
                let known = Word.allCases.map(\.rawValue)
                let near = Spelling.nearest(to: String(text), among: known).map { "; did you mean \($0)?" } ?? ""
                throw Invalid(annotation: value.key, message: "\(value.key): \"\(text)\" is none of \(known.joined(separator: ", "))\(near)")
            }
            words.insert(word)
        }
        return words
    }
}
