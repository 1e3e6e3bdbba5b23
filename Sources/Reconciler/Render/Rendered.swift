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
///
/// Immutable and shared: of ten thousand a new commit changes a few, and the others are the same instances.
package final class RenderedObject: Sendable, Hashable {
    package let key: ObjectKey
    package let identity: ObjectIdentity
    package let object: Object
    package let origin: ManifestOrigin
    /// Fields with a value out of a Secret in an object that is none: never shown.
    let secretPaths: [FieldPath]
    /// What of it is left to others once it exists; nil for nothing.
    package let ignored: IgnoredPlaces?
    /// nil where the manifest says nothing of it.
    package let order: SyncOrder?
    /// Made by the Application itself and found in no file.
    package let isGenerated: Bool
    /// Whether it has, or may have, replicas that an autoscaler can set.
    let isScalable: Bool

    package init(
        key: ObjectKey, object: Object, origin: ManifestOrigin, secretPaths: [FieldPath] = [], ignored: IgnoredPlaces? = nil,
        order: SyncOrder? = nil, isGenerated: Bool = false
    ) {
        self.key = key
        identity = ObjectIdentity(key)
        self.object = object
        self.origin = origin
        self.secretPaths = secretPaths
        self.ignored = ignored
        self.order = order
        self.isGenerated = isGenerated
        // A kind that comes with the same commit does not tell its subresources.
        isScalable = key.type.subresources.contains("scale") || object.fields["spec"]?["replicas"] != nil
    }

    /// The same with more of it left to others.
    func ignoring(_ places: IgnoredPlaces) -> RenderedObject {
        var all = ignored ?? IgnoredPlaces()
        all.merge(places)
        return RenderedObject(
            key: key, object: object, origin: origin, secretPaths: secretPaths, ignored: all, order: order, isGenerated: isGenerated)
    }

    package static func == (a: RenderedObject, b: RenderedObject) -> Bool {
        a === b
            || a.identity == b.identity && a.origin == b.origin && a.secretPaths == b.secretPaths && a.ignored == b.ignored && a.order == b.order
                && a.isGenerated == b.isGenerated && a.object == b.object
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(identity) }
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
