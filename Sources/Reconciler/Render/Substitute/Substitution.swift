import APIMachinery

/// The variables of a rendering with their values.
///
/// Equal by a hash of them all: it is part of every key of the render cache.
package struct Substitution: Sendable, Hashable {
    /// `disabled` on an object leaves `${…}` in it alone.
    static let annotation = "gitctl.dev/substitute"

    let values: [String: String]
    /// Variables whose value stands in a Secret, and in no text that people see.
    let secretNames: Set<String>
    private let digest: ObjectID

    init(values: [String: String], secretNames: Set<String> = []) {
        self.values = values
        self.secretNames = secretNames
        var bytes: [UInt8] = []
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            bytes += "\(name.utf8.count):\(name)\(secretNames.contains(name) ? "!" : "=")\(value.utf8.count):\(value)".utf8
        }
        digest = ObjectID(hashing: bytes)
    }

    package static func == (a: Self, b: Self) -> Bool { a.digest == b.digest }
    package func hash(into hasher: inout Hasher) { hasher.combine(digest) }

    // MARK: One object

    struct Problem: Sendable {
        var path: FieldPath
        var message: String
    }

    /// Bytes of all texts that the variables of one object make.
    static let objectSizeMax = 4 * 1024 * 1024

    struct Expanded {
        var object: JSON
        /// Bytes of those texts.
        var size = 0
        /// Fields with a value out of a Secret in them.
        var secretPaths: [FieldPath] = []
        var problems: [Problem] = []
    }

    /// An object with its variables put in; one that opts out comes back as it is.
    ///
    /// A text in quotes stays a text. One without is read again as YAML would read it, so that `replicas: ${N}` is a number;
    /// but never as more than one value: no variable can add a field.
    func expand(_ object: JSON, isQuoted: (FieldPath) -> Bool) -> Expanded {
        var expanded = Expanded(object: object)
        guard object["metadata"]?["annotations"]?[Self.annotation]?.string != "disabled" else { return expanded }
        expanded.object = expand(object, at: FieldPath(), isQuoted, &expanded)
        return expanded
    }

    private func expand(_ value: JSON, at path: FieldPath, _ isQuoted: (FieldPath) -> Bool, _ out: inout Expanded) -> JSON {
        switch value {
        case .string(let text):
            guard let result = expand(text, at: path, &out) else { return value }
            return isQuoted(path) ? .string(result) : YAML.plainScalar(result)
        case .array(let elements):
            return .array(elements.enumerated().map { expand($1, at: path.appending($0), isQuoted, &out) })
        case .object(let members):
            var fields: JSONObject = [:]
            for member in members {
                let key = expandKey(member.key, at: path, &out)
                if key != member.key, fields[key] != nil || members[key] != nil {
                    out.problems.append(
                        Problem(
                            path: path.appending(member.key),
                            message: "\(path.appending(member.key)): the key \"\(key)\" comes out twice; rename one"))
                }
                let child = expand(member.value, at: path.appending(member.key), isQuoted, &out)
                // An empty text without quotes is null, and a field of null is one that is not there.
                if child == .null, member.value != .null { continue }
                fields[key] = child
            }
            return .object(fields)
        default: return value
        }
    }

    private func expandKey(_ key: String, at path: FieldPath, _ out: inout Expanded) -> String {
        let place = path.appending(key)
        let known = out.secretPaths.count
        guard let expanded = expand(key, at: place, &out) else { return key }
        if out.secretPaths.count > known {
            out.secretPaths.removeLast()
            out.problems.append(
                Problem(
                    path: place,
                    message:
                        "\(place): a variable from a Secret cannot be in the name of a field, which everybody sees; use one from a ConfigMap"
                ))
            return key
        }
        return expanded
    }

    /// nil when there is nothing to put in, or a problem was noted.
    private func expand(_ text: String, at path: FieldPath, _ out: inout Expanded) -> String? {
        guard out.size <= Self.objectSizeMax else { return nil }
        do throws(VariableTemplate.Failure) {
            guard let (result, used) = try VariableTemplate.expand(text, with: self) else { return nil }
            out.size += result.utf8.count
            if out.size > Self.objectSizeMax {
                let message = "\(path): the variables of this object make more than \(Self.objectSizeMax.byteCount); shorten their values"
                out.problems.append(Problem(path: path, message: message))
            }
            if !used.isDisjoint(with: secretNames) {
                guard !Self.identity.contains(path) else {
                    out.problems.append(
                        Problem(
                            path: path,
                            message:
                                "\(path): a variable from a Secret cannot name an object, which everybody sees; use one from a ConfigMap"
                        ))
                    return nil
                }
                out.secretPaths.append(path)
            }
            return result
        } catch {
            out.problems.append(Problem(path: path, message: "\(path): \(error.message)"))
            return nil
        }
    }

    /// What names an object.
    private static let identity: Set<FieldPath> = [
        FieldPath([.key("apiVersion")]), FieldPath([.key("kind")]), FieldPath([.key("metadata"), .key("name")]),
        FieldPath([.key("metadata"), .key("namespace")]),
    ]
}
