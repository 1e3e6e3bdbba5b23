import APIMachinery

/// A YAML value that transformers edit in place: scalars keep their text and how they were written, since
/// kustomize decides what a scalar is only when it prints.
///
/// A class, because a transformer finds many places of one tree and then writes to them. Used by one build, on one thread.
final class YAMLValue {
    struct Scalar: Hashable {
        var text: String
        var tag: PlainScalar.Tag
        /// In quotes or as a block: a string whatever it looks like, unless its tag says otherwise.
        var isQuoted: Bool
    }

    struct Member {
        var key: Scalar
        var value: YAMLValue
    }

    enum Content {
        case scalar(Scalar)
        case sequence([YAMLValue])
        case mapping([Member])
    }

    var content: Content
    /// Written between brackets: an empty scalar in it becomes an empty string.
    var isFlow: Bool
    /// A null that a merge must not take for the wish to delete.
    var isKept = false

    init(_ content: Content, isFlow: Bool = false) {
        self.content = content
        self.isFlow = isFlow
    }

    /// Without a tag: what it is, its text decides.
    static func untagged(_ text: String) -> YAMLValue { YAMLValue(.scalar(Scalar(text: text, tag: .none, isQuoted: false))) }
    static func string(_ text: String) -> YAMLValue { tagged(text, .string) }
    static func tagged(_ text: String, _ tag: PlainScalar.Tag) -> YAMLValue {
        YAMLValue(.scalar(Scalar(text: text, tag: tag, isQuoted: false)))
    }
    static func mapping() -> YAMLValue { YAMLValue(.mapping([])) }

    func copy() -> YAMLValue {
        let copied: Content
        switch content {
        case .scalar: copied = content
        case .sequence(let elements): copied = .sequence(elements.map { $0.copy() })
        case .mapping(let members): copied = .mapping(members.map { Member(key: $0.key, value: $0.value.copy()) })
        }
        let value = YAMLValue(copied, isFlow: isFlow)
        value.isKept = isKept
        return value
    }

    /// Becomes what `other` is; those who hold this value see the change.
    func become(_ other: YAMLValue) {
        content = other.content
        isFlow = other.isFlow
    }
}

// MARK: Looking

extension YAMLValue {
    var scalar: Scalar? {
        if case .scalar(let scalar) = content { return scalar }
        return nil
    }

    /// A scalar's text; empty for anything else.
    var text: String { scalar?.text ?? "" }

    /// Whether the text at a path was written in quotes, as a block or with a tag, or was put there as a text.
    func isQuoted(at steps: ArraySlice<FieldPath.Step>) -> Bool {
        guard let step = steps.first else { return scalar.map { $0.isQuoted || $0.tag == .string && !$0.text.utf8.contains(UInt8(ascii: "$")) } ?? false }
        switch step {
        case .key(let key): return members.first { $0.key.text == key }?.value.isQuoted(at: steps.dropFirst()) ?? false
        case .index(let index): return elements.indices.contains(index) && elements[index].isQuoted(at: steps.dropFirst())
        }
    }

    var isNull: Bool { scalar?.tag == .null }
    var isScalar: Bool { scalar != nil }
    var isMapping: Bool { if case .mapping = content { true } else { false } }
    var isSequence: Bool { if case .sequence = content { true } else { false } }
    var isString: Bool { scalar?.tag == .string || scalar?.tag == PlainScalar.Tag.none }

    /// null, `{}` and `[]`.
    var isEmpty: Bool {
        switch content {
        case .scalar(let scalar): scalar.tag == .null
        case .sequence(let elements): elements.isEmpty
        case .mapping(let members): members.isEmpty
        }
    }

    var isEmptyMapping: Bool { isMapping && isEmpty }

    var members: [Member] {
        get { if case .mapping(let members) = content { members } else { [] } }
        set { content = .mapping(newValue) }
    }

    var elements: [YAMLValue] {
        get { if case .sequence(let elements) = content { elements } else { [] } }
        set { content = .sequence(newValue) }
    }

    var kindName: String {
        switch content {
        case .scalar(let scalar): scalar.tag == .null ? "null" : "a scalar"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }

    subscript(key: String) -> YAMLValue? {
        guard case .mapping(let members) = content else { return nil }
        return members.first { $0.key.text == key }?.value
    }

    /// The member's text unless the member is null or empty.
    func text(at key: String) -> String {
        guard let value = self[key], !value.isEmpty else { return "" }
        return value.text
    }

    /// All members as text, in whatever form they were written.
    var textMembers: [String: String] {
        var result: [String: String] = [:]
        for member in members { result[member.key.text] = member.value.text }
        return result
    }
}

// MARK: Changing

extension YAMLValue {
    /// Removes the member, if it is there.
    func clear(_ key: String) {
        guard case .mapping(var members) = content, let index = members.firstIndex(where: { $0.key.text == key }) else { return }
        members.remove(at: index)
        content = .mapping(members)
    }

    /// Sets a member; a null removes it. A scalar that replaces another is written as that one was.
    @discardableResult
    func set(_ key: String, _ value: YAMLValue?) throws -> YAMLValue? {
        guard let value, !value.isNull || value.isKept else {
            try require(.mapping)
            clear(key)
            return nil
        }
        value.quoteIfAmbiguous()
        if isNull { return nil }
        try require(.mapping)
        if let field = self[key] {
            value.takeStyle(of: field)
            field.become(value)
            return field
        }
        members.append(Member(key: Scalar(text: key, tag: .none, isQuoted: false), value: value))
        return value
    }

    /// Replaces a scalar by another, keeping how it was written; a null stays.
    func setScalar(_ value: YAMLValue) throws {
        let value = value.copy()
        value.quoteIfAmbiguous()
        if !isNull { try require(.scalar) }
        value.takeStyle(of: self)
        become(value)
    }

    private func quoteIfAmbiguous() {
        guard case .scalar(var scalar) = content, isString, !scalar.isQuoted, PlainScalar.isAmbiguous(scalar.text) else { return }
        scalar.isQuoted = true
        content = .scalar(scalar)
    }

    private func takeStyle(of old: YAMLValue) {
        guard case .scalar(var scalar) = content else {
            if !old.isScalar { isFlow = old.isFlow }
            return
        }
        scalar.isQuoted = old.scalar?.isQuoted ?? false
        content = .scalar(scalar)
    }

    enum Shape: String {
        case scalar = "a scalar"
        case sequence = "a list"
        case mapping = "a mapping"
    }

    /// Throws unless this has the shape or is null.
    func require(_ shape: Shape) throws {
        if isNull { return }
        switch (content, shape) {
        case (.scalar, .scalar), (.sequence, .sequence), (.mapping, .mapping): return
        default: throw KustomizeFailure("expected \(shape.rawValue), found \(kindName)")
        }
    }

    static func empty(_ shape: Shape) -> YAMLValue {
        switch shape {
        case .scalar: .untagged("")
        case .sequence: YAMLValue(.sequence([]))
        case .mapping: .mapping()
        }
    }
}
