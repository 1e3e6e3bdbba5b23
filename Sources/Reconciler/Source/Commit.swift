import APIMachinery

/// What a commit says of itself.
package struct Commit: Sendable, Hashable {
    package var id: ObjectID
    /// The root tree.
    package var tree: ObjectID
    package var parents: [ObjectID]
    package var author: String
    package var authorEmail: String
    /// When it was committed, which for a rebased change is later than when it was written.
    package var time: Timestamp
    /// The first line of the message.
    package var summary: String

    package init(
        id: ObjectID, tree: ObjectID, parents: [ObjectID], author: String, authorEmail: String, time: Timestamp, summary: String
    ) {
        self.id = id
        self.tree = tree
        self.parents = parents
        self.author = author
        self.authorEmail = authorEmail
        self.time = time
        self.summary = summary
    }
}

/// One name in a tree.
package struct TreeEntry: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case file, tree, symlink, submodule
    }

    package var name: String
    package var kind: Kind
    package var id: ObjectID
}
