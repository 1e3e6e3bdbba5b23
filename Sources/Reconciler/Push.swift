/// A push to one of the daemon's repositories, as git's hooks see it.
package struct Push: Sendable, Codable, Hashable {
    /// One ref that the push changes. Ids are 40 hexadecimal digits; zeros are "no object".
    package struct RefUpdate: Sendable, Codable, Hashable {
        package var old: String
        package var new: String
        /// The full name: `refs/heads/main`.
        package var ref: String

        package init(old: String, new: String, ref: String) {
            self.old = old
            self.new = new
            self.ref = ref
        }

        /// From a line of a hook's standard input, `OLD NEW REF`; nil when it is anything else.
        package init?(line: some StringProtocol) {
            let words = line.split(separator: " ", maxSplits: 2)
            guard words.count == 3, words[0].utf8.count == 40, words[1].utf8.count == 40 else { return nil }
            self.init(old: String(words[0]), new: String(words[1]), ref: String(words[2]))
        }

        var isDeletion: Bool { new.utf8.allSatisfy { $0 == UInt8(ascii: "0") } }
        /// `v1.2.3` of `refs/tags/v1.2.3`; nil for a branch.
        var tag: String? { ref.hasPrefix("refs/tags/") ? String(ref.dropFirst("refs/tags/".count)) : nil }
        /// `main` of `refs/heads/main`; nil for a tag.
        var branch: String? { ref.hasPrefix("refs/heads/") ? String(ref.dropFirst("refs/heads/".count)) : nil }
    }

    package var repository: String
    package var updates: [RefUpdate]
    /// `GIT_QUARANTINE_PATH` of pre-receive: where the pushed objects are until the push is accepted.
    package var quarantinePath: String?

    package init(repository: String, updates: [RefUpdate], quarantinePath: String? = nil) {
        self.repository = repository
        self.updates = updates
        self.quarantinePath = quarantinePath
    }
}
