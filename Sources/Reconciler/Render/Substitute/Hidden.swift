import APIMachinery

/// Keeps values that came out of Secrets, in fields of other objects, out of what people read.
struct Hidden {
    /// The fields, as they stand in `object`.
    let paths: [FieldPath]
    let object: JSON

    init(_ rendered: RenderedObject) {
        paths = rendered.secretPaths
        object = paths.isEmpty ? .null : rendered.object.json
    }

    init(_ paths: [FieldPath], in object: JSON) {
        self.paths = paths
        self.object = object
    }

    /// A message about a field, unless it may quote such a value.
    func message(_ error: FieldError) -> String {
        guard isNear(error.path) else { return error.description }
        return
            "\(error.path): what a variable from a Secret makes of this field is not allowed here, and is not shown; check its type and form"
    }

    /// Whether a message about `field` may quote a hidden value: that of the field, or of what is in it.
    func isNear(_ field: FieldPath) -> Bool { paths.contains { $0.steps.starts(with: field.steps) } }

    /// A server's words, without the values.
    func text(_ text: String) -> String {
        var text = text
        for path in paths {
            guard let value = object[path], value != .null else { continue }
            let plain = value.string ?? value.text
            guard !plain.isEmpty else { continue }
            text = text.replacing(value.text, with: SecretMask.hidden).replacing(plain, with: SecretMask.hidden)
        }
        return text
    }

    /// Another form of the object (as it is, or as it will be) with each value replaced; `side` is said where `other` has another one.
    func masked(_ form: Object?, against other: Object?, side: String) -> Object? {
        guard !paths.isEmpty, let form else { return form }
        var json = form.json
        for path in paths {
            guard let steps = steps(of: path, in: json), let value = json[FieldPath(steps)] else { continue }
            let elsewhere = other.flatMap { other in self.steps(of: path, in: other.json).flatMap { other.json[FieldPath($0)] } }
            let isSame = other == nil || elsewhere == value
            json.replace(at: steps[...], with: .string(isSame ? SecretMask.hidden : "\(SecretMask.hidden) (\(side))"))
        }
        return Object(json.object ?? form.fields)
    }

    /// Where `path` stands in another form of the object: elements of lists are found by their name, as they are compared.
    private func steps(of path: FieldPath, in form: JSON) -> [FieldPath.Step]? {
        var (here, there) = (object, form)
        var steps: [FieldPath.Step] = []
        for step in path.steps {
            var found = step
            if case .index(let index) = step, let own = here.array, let others = there.array {
                guard own.indices.contains(index) else { return nil }
                if let key = FieldDiff.elementKeys.first(where: { own[index][$0] != nil }) {
                    guard let place = others.firstIndex(where: { $0[key] == own[index][key] }) else { return nil }
                    found = .index(place)
                }
            }
            guard let child = here[FieldPath([step])], let other = there[FieldPath([found])] else { return nil }
            steps.append(found)
            (here, there) = (child, other)
        }
        return steps
    }
}

extension JSON {
    /// Replaces what stands at a path; nothing where there is nothing.
    fileprivate mutating func replace(at steps: ArraySlice<FieldPath.Step>, with new: JSON) {
        guard let step = steps.first else {
            self = new
            return
        }
        switch (step, self) {
        case (.key(let key), .object(var members)):
            guard var child = members[key] else { return }
            child.replace(at: steps.dropFirst(), with: new)
            members[key] = child
            self = .object(members)
        case (.index(let index), .array(var elements)) where elements.indices.contains(index):
            elements[index].replace(at: steps.dropFirst(), with: new)
            self = .array(elements)
        default: break
        }
    }
}
