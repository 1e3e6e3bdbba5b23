import APIMachinery

/// What a commit asks the cluster to hold.
package struct Rendered: Sendable {
    package var commit: Commit
    /// In path order, then as in the file.
    package var objects: [RenderedObject]
    /// Things left out that the author should know of.
    package var warnings: [String]
    /// What of the commit was looked at; nil where the objects were not found in files alone.
    var footprint: RenderFootprint?

    package init(commit: Commit, objects: [RenderedObject], warnings: [String] = []) {
        self.commit = commit
        self.objects = objects
        self.warnings = warnings
    }

    init(_ rendering: Rendering, of commit: Commit) {
        self.init(commit: commit, objects: rendering.objects, warnings: rendering.warnings)
        footprint = rendering.footprint
    }
}

extension Rendered {
    /// What is kept, and what is run instead.
    var withoutHooks: (kept: Rendered, hooks: [RenderedObject]) {
        guard objects.contains(where: { $0.order?.hook != nil }) else { return (self, []) }
        var kept = self
        kept.objects.removeAll { $0.order?.hook != nil }
        return (kept, objects.filter { $0.order?.hook != nil })
    }
}

/// One object of a commit: its namespace filled in, server-owned fields taken out.
package struct RenderedObject: Sendable, Hashable {
    package var key: ObjectKey
    package var object: Object
    package var origin: ManifestOrigin
    /// Fields with a value out of a Secret in an object that is none: never shown.
    var secretPaths: [FieldPath] = []
    /// What of it is left to others once it exists; nil for nothing.
    package var ignored: IgnoredPlaces?
    /// nil where the manifest says nothing of it.
    package var order: SyncOrder?
    /// Made by the Application itself and found in no file.
    package var isGenerated = false

    package init(key: ObjectKey, object: Object, origin: ManifestOrigin) {
        self.key = key
        self.object = object
        self.origin = origin
    }

    package var identity: ObjectIdentity { ObjectIdentity(key) }
}

/// Where an object stands in a repository.
package struct ManifestOrigin: Sendable, Hashable {
    package var path: String
    package var blob: ObjectID
    /// Index of the YAML document in the file.
    package var document: Int
    /// The object's place in the document: empty, or `items[3]` in a List.
    package var place: FieldPath
    /// Where it begins.
    package var line: Int
    package var column: Int

    package init(path: String, blob: ObjectID, document: Int, place: FieldPath, line: Int, column: Int) {
        self.path = path
        self.blob = blob
        self.document = document
        self.place = place
        self.line = line
        self.column = column
    }
}
