import APIMachinery
import FoundationEssentials

/// A manifest file, parsed and checked by itself: what depends on nothing but its bytes, and so is
/// kept by blob id. Its path, the cluster's kinds and the other files come in later.
struct ManifestFile: Sendable {
    /// Objects per file.
    static let objectsMax = 10_000

    struct Item: Sendable {
        var object: Object
        var document: Int
        var place: FieldPath
        var position: Position
        /// Of the fields that later checks complain about.
        var kindPosition: Position
        var namespacePosition: Position
        /// Fields with a value out of a Secret, of an object that is none itself.
        var secretPaths: [FieldPath]
        /// nil for an object that says nothing of it.
        var order: SyncOrder?
        var ignored: IgnoredPlaces?
    }

    typealias Position = Diagnostic.Position

    struct Problem: Sendable {
        var position: Position
        /// The object at fault; its namespace is filled in when the destination is known.
        var subject: Subject?
        var message: String
    }

    struct Subject: Sendable {
        var kind: String
        var namespace: String
        var name: String
        /// nil when the kind is unknown here.
        var isNamespaced: Bool?
    }

    /// A kind in a namespace; that is empty where the manifest names none.
    struct Place: Sendable, Hashable {
        var gvk: GroupVersionKind
        var namespace: String
    }

    var items: [Item] = []
    var problems: [Problem] = []
    /// Kinds and namespaces that its objects make.
    private(set) var definitions: [ResourceType] = []
    private(set) var namespaces: [String] = []
    /// Where its objects are to be.
    var places: Set<Place> {
        Set(items.lazy.compactMap { item in item.object.gvk.map { Place(gvk: $0, namespace: item.object.namespace) } })
    }
    /// Bytes of the source: the cache's measure.
    var size: Int

    init(parsing bytes: [UInt8], substitution: Substitution? = nil) {
        size = bytes.count
        let documents: [YAMLDocument]
        do throws(YAMLError) {
            documents = try YAML.documents(parsing: bytes)
        } catch {
            problems = [Problem(position: Position(line: error.line, column: error.column), message: error.message)]
            return
        }
        for (index, document) in documents.enumerated() where !document.value.isNull {
            let source = Source(
                substitution: substitution,
                position: { path in
                    let found = document.position(of: path)
                    return Position(line: found?.line ?? document.line, column: found?.column ?? 1)
                }, isQuoted: document.isQuoted)
            add(document.value, at: FieldPath(), document: index, from: source)
        }
        noteWhatItBrings()
    }

    /// An object that a kustomization made of what stands at `place` of a file, which `source` knows.
    init(kustomized value: JSON, document: Int, place: FieldPath, size: Int, from source: Source) {
        self.size = size
        add(value, at: place, document: document, from: source)
        noteWhatItBrings()
    }

    private mutating func noteWhatItBrings() {
        for item in items {
            guard let gvk = item.object.gvk else { continue }
            if let defined = ResourceType.defined(by: item.object) { definitions += defined }
            if gvk.kind == "Namespace", gvk.groupVersion == GroupVersion(group: "", version: "v1") { namespaces.append(item.object.name) }
        }
    }

    /// What is known of a document beside its value, by paths from the document's root.
    struct Source {
        var substitution: Substitution?
        var position: (FieldPath) -> Position
        /// Whether a text is one whatever it looks like.
        var isQuoted: (FieldPath) -> Bool
    }

    private mutating func add(_ value: JSON, at place: FieldPath, document index: Int, from source: Source) {
        func position(_ path: FieldPath) -> Position { source.position(FieldPath(place.steps + path.steps)) }
        func report(_ path: FieldPath, _ subject: Subject?, _ message: String) {
            problems.append(Problem(position: position(path), subject: subject, message: message))
        }
        guard let raw = value.object else {
            return report(
                FieldPath(), nil,
                "expected a Kubernetes object (apiVersion, kind, metadata, …), found \(value.typeName.withArticle)")
        }
        if let gvk = Object(raw).gvk,
            gvk.kind == "List" && gvk.groupVersion == GroupVersion(group: "", version: "v1") || Self.isTypedList(raw, gvk)
        {
            for (number, element) in (raw["items"]?.array ?? []).enumerated() {
                guard items.count < Self.objectsMax else {
                    return report(FieldPath(), nil, "more than \(Self.objectsMax) objects in one file; split it")
                }
                add(element, at: FieldPath(place.steps + [.key("items"), .index(number)]), document: index, from: source)
            }
            return
        }
        var fields = raw
        var secretPaths: [FieldPath] = []
        if let substitution = source.substitution {
            // The file is refused for its size then; the rest of it is not made.
            guard size <= TreeWalk.sizeMax else { return }
            let expanded = substitution.expand(value) { source.isQuoted(FieldPath(place.steps + $0.steps)) }
            guard expanded.problems.isEmpty else {
                let subject = Object(raw).gvk.map { Subject(kind: $0.kind, namespace: Object(raw).namespace, name: Object(raw).name, isNamespaced: Self.isNamespaced($0)) }
                for problem in expanded.problems { report(problem.path, subject, problem.message) }
                return
            }
            size += expanded.size
            fields = expanded.object.object ?? raw
            secretPaths = expanded.secretPaths
        }
        let object = Object(fields)
        guard let gvk = object.gvk else {
            return report(FieldPath(), nil, Self.missingType(fields))
        }
        let subject = Subject(
            kind: gvk.kind, namespace: object.namespace, name: object.name, isNamespaced: Self.isNamespaced(gvk))
        let metadata = FieldPath([.key("metadata")])
        if object.name.isEmpty {
            let text =
                object.generateName.isEmpty
                ? "metadata.name is missing; give the object a name"
                : "metadata.generateName cannot be used in a repository (every sync would make another object); set metadata.name"
            return report(metadata, subject, text)
        }
        let hidden = Hidden(secretPaths, in: object.json)
        for error in Schema.builtin.check(object, gvk) { report(error.path, subject, hidden.message(error)) }
        let order: SyncOrder?
        do throws(SyncOrder.Invalid) { order = try SyncOrder(object) } catch {
            return report(FieldPath(metadata.steps + [.key("annotations"), .key(error.annotation)]), subject, error.message)
        }
        let ignored: IgnoredPlaces?
        do throws(InvalidApplication) { ignored = try IgnoredPlaces(annotating: object) } catch {
            return report(FieldPath(metadata.steps + [.key("annotations"), .key(Application.ignoreAnnotation)]), subject, error.description)
        }
        guard order?.isSkipped != true else { return }
        items.append(
            Item(
                object: Self.desired(object), document: index, place: place, position: position(FieldPath()),
                kindPosition: position(FieldPath([.key("kind")])), namespacePosition: position(metadata.appending("namespace")),
                secretPaths: gvk.kind == "Secret" && gvk.group.isEmpty ? [] : secretPaths, order: order, ignored: ignored))
    }

    private static func isNamespaced(_ gvk: GroupVersionKind) -> Bool? { ResourceType.builtin.first { $0.gvk == gvk }?.isNamespaced }

    private static func missingType(_ fields: JSONObject) -> String {
        let missing = ["apiVersion", "kind"].filter { (fields[$0]?.string ?? "").isEmpty }
        guard !missing.isEmpty else {
            return "apiVersion \"\(fields["apiVersion"]?.string ?? "")\" cannot be read; write it like apps/v1"
        }
        return "no \(missing.joined(separator: " and no ")): not a Kubernetes object; add it, or keep other files out of the directory that is deployed (gitctl up --path)"
    }

    /// A `ConfigMapList` and the like, as `kubectl get -o yaml` never writes but clients do.
    private static func isTypedList(_ fields: JSONObject, _ gvk: GroupVersionKind) -> Bool {
        gvk.kind.hasSuffix("List") && fields["items"]?.array != nil && fields["spec"] == nil
    }

    /// The object without what the server writes: status, and the metadata that exports carry along.
    /// A Secret's `stringData` becomes `data`, as it is stored, so that drift in it can be seen.
    private static func desired(_ object: Object) -> Object {
        var object = object
        object.fields["status"] = nil
        if object.kind == "Secret", object.apiVersion == "v1", let texts = object.fields["stringData"]?.object {
            for member in texts {
                object.set(.string(Data((member.value.string ?? "").utf8).base64EncodedString()), at: ["data", member.key])
            }
            object.fields["stringData"] = nil
        }
        guard var metadata = object.fields["metadata"]?.object else { return object }
        for key in ["managedFields", "creationTimestamp", "deletionTimestamp", "uid", "resourceVersion", "generation", "selfLink"] {
            metadata[key] = nil
        }
        object.fields["metadata"] = .object(metadata)
        return object
    }
}

extension String {
    /// `an array`, `a string`.
    var withArticle: String {
        switch self {
        case "null": self
        default: "aeiou".contains(first ?? " ") ? "an \(self)" : "a \(self)"
        }
    }
}
