import APIMachinery

/// YAML or JSON inside a string of an object, such as a file in a ConfigMap, that a replacement writes into.
struct EmbeddedText {
    private let field: YAMLValue
    private let rest: ArraySlice<String>
    private let tree: YAMLValue

    /// nil when no scalar stands on the path, or it is not YAML.
    init?(in root: YAMLValue, _ path: [String]) {
        for end in path.indices.dropFirst() {
            // A part that cannot be looked up may be one inside the text; a text that is no YAML is an ordinary one.
            guard let field = try? root.lookup(Array(path[..<end])), let scalar = field.scalar, scalar.tag != .null,
                let document = try? YAMLValue.documents(parsing: Array(scalar.text.utf8), path: "").first
            else { continue }
            self.field = field
            rest = path[end...]
            tree = document.value
            return
        }
        return nil
    }

    /// Changes what the rest of the path finds, and writes the text back in the form it had. false when it finds nothing.
    func edit(create: YAMLValue.Shape?, _ change: (YAMLValue) throws -> Void) throws -> Bool {
        guard case .scalar(var scalar) = field.content, tree.isMapping || tree.isSequence else { return false }
        let isJSON = ["{", "["].contains(scalar.text.trimmingWhitespace.first)
        let before = isJSON ? "" : (try? YAMLTextPrinter.text(of: tree).trimmingWhitespace) ?? ""
        // What the path does not fit is told of the path as a whole, by the caller.
        guard let found = try? tree.matches(rest, create: create), !found.isEmpty else { return false }
        for value in found { try change(value) }
        if isJSON {
            let json = try tree.json()
            scalar.text = scalar.text.contains("\n") && scalar.text.contains("  ") ? GoJSON.indented(json) : GoJSON.encoded(json)
        } else {
            guard before == scalar.text.trimmingWhitespace else {
                throw KustomizeFailure(
                    "the YAML inside the text would lose its comments, quotes or indentation; write it plainly (two spaces, no comments), or replace the whole text"
                )
            }
            scalar.text = try YAMLTextPrinter.text(of: tree).trimmingWhitespace
        }
        field.content = .scalar(scalar)
        return true
    }
}
