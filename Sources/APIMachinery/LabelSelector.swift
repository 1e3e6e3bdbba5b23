/// Requirements on labels, all of which must hold.
///
/// Both of Kubernetes' spellings: the string of `?labelSelector=` and kubectl `-l`, and the
/// `matchLabels`/`matchExpressions` object.
package struct LabelSelector: Sendable, Hashable, CustomStringConvertible {
    package enum Operator: String, Sendable { case `in`, notIn, exists, doesNotExist, greaterThan, lessThan }

    package struct Requirement: Sendable, Hashable {
        package var key: String
        package var `operator`: Operator
        package var values: [String]

        package init(key: String, operator: Operator, values: [String] = []) {
            self.key = key
            self.operator = `operator`
            self.values = values
        }

        /// - Parameter value: of the label `key`; nil where the object has none.
        package func matches(_ value: String?) -> Bool {
            switch `operator` {
            case .in: return value.map(values.contains) ?? false
            case .notIn: return value.map { !values.contains($0) } ?? true
            case .exists: return value != nil
            case .doesNotExist: return value == nil
            case .greaterThan, .lessThan:
                guard let number = value.flatMap({ Int64($0) }), let bound = values.first.flatMap({ Int64($0) }) else { return false }
                return `operator` == .greaterThan ? number > bound : number < bound
            }
        }
    }

    package var requirements: [Requirement]
    /// Set for a selector that selects no object (an absent `selector` of a controller).
    package var matchesNothing = false

    package init(_ requirements: [Requirement]) { self.requirements = requirements }
    package init(matchLabels: [String: String]) {
        requirements = matchLabels.sorted { $0.key < $1.key }.map { Requirement(key: $0.key, operator: .in, values: [$0.value]) }
    }

    package static let everything = LabelSelector([])
    package static let nothing: LabelSelector = {
        var selector = LabelSelector([])
        selector.matchesNothing = true
        return selector
    }()

    package var isEverything: Bool { requirements.isEmpty && !matchesNothing }

    package func matches(_ labels: [String: String]) -> Bool {
        !matchesNothing && requirements.allSatisfy { $0.matches(labels[$0.key]) }
    }

    /// - Parameter labels: `metadata.labels` of an object.
    package func matches(_ labels: JSONObject) -> Bool {
        !matchesNothing && requirements.allSatisfy { $0.matches(labels[$0.key]?.string) }
    }

    /// Reads `{matchLabels, matchExpressions}`. Absent selects nothing, empty everything.
    /// Throws `badRequest` for an unknown operator.
    package init(json: JSON?) throws(APIStatus) {
        guard let object = json?.object else {
            self = .nothing
            return
        }
        self.init(matchLabels: object["matchLabels"]?.stringMap ?? [:])
        for expression in object["matchExpressions"]?.array ?? [] {
            let values = expression["values"]?.array?.compactMap(\.string) ?? []
            let key = expression["key"]?.string ?? ""
            let name = expression["operator"]?.string ?? ""
            let operators: [String: Operator] = [
                "In": .in, "NotIn": .notIn, "Exists": .exists, "DoesNotExist": .doesNotExist, "Gt": .greaterThan, "Lt": .lessThan,
            ]
            guard let `operator` = operators[name] else {
                throw .badRequest("\"\(name)\" is not a valid label selector operator")
            }
            requirements.append(Requirement(key: key, operator: `operator`, values: values))
        }
    }

    /// The string form, canonical.
    package var description: String {
        requirements.map { requirement in
            let set = requirement.values.sorted().joined(separator: ",")
            switch requirement.operator {
            case .in where requirement.values.count == 1: return "\(requirement.key)=\(requirement.values[0])"
            case .in: return "\(requirement.key) in (\(set))"
            case .notIn where requirement.values.count == 1: return "\(requirement.key)!=\(requirement.values[0])"
            case .notIn: return "\(requirement.key) notin (\(set))"
            case .exists: return requirement.key
            case .doesNotExist: return "!\(requirement.key)"
            case .greaterThan: return "\(requirement.key)>\(set)"
            case .lessThan: return "\(requirement.key)<\(set)"
            }
        }.joined(separator: ",")
    }

    /// Parses `a=b,c!=d,e in (f,g),h,!i,j>1`. Throws `badRequest` naming the text and the position.
    package init(parsing text: String) throws(APIStatus) {
        var parser = SelectorParser(text)
        requirements = try parser.labelRequirements()
    }
}

/// Equality requirements on fields: `metadata.name=x,status.phase!=Running`.
package struct FieldSelector: Sendable, Hashable, CustomStringConvertible {
    package struct Requirement: Sendable, Hashable {
        package var field: String
        package var value: String
        package var isEqual: Bool
    }

    package var requirements: [Requirement]

    package init(_ requirements: [Requirement]) { self.requirements = requirements }
    package init(_ field: String, equals value: String) {
        requirements = [Requirement(field: field, value: value, isEqual: true)]
    }

    package static let everything = FieldSelector([])
    package var isEverything: Bool { requirements.isEmpty }

    /// The value that `field` must equal, if the selector says so.
    package func required(_ field: String) -> String? {
        requirements.first { $0.field == field && $0.isEqual }?.value
    }

    /// Compares strings, numbers and booleans by their text; an absent field is "".
    package func matches(_ object: Object) -> Bool {
        requirements.allSatisfy { requirement in
            let path = requirement.field.split(separator: ".").map(String.init)
            let text: String
            switch object.json[path: path] {
            case .string(let value): text = value
            case .int(let value): text = String(value)
            case .bool(let value): text = String(value)
            default: text = ""
            }
            return (text == requirement.value) == requirement.isEqual
        }
    }

    package var description: String {
        requirements.map { "\($0.field)\($0.isEqual ? "=" : "!=")\(FieldSelectorParser.escaped($0.value))" }.joined(separator: ",")
    }

    /// Throws `badRequest` for anything but `=`, `==` and `!=` terms. In a value `\,`, `\=` and `\\`
    /// stand for the second character. Source: apimachinery, fields.
    package init(parsing text: String) throws(APIStatus) { requirements = try FieldSelectorParser.requirements(text) }
}
