extension CustomSchema {
    /// Most errors reported for one object.
    private static let errorsMax = 100
    /// Most values compared with a schema for one object: alternatives within alternatives multiply.
    private static let visitsMax = 2_000_000

    /// All that is wrong with an object's values, in Kubernetes' words; `metadata` is not looked at.
    package func check(_ object: Object) -> [FieldError] {
        var walk = Checking()
        walk.check(object.json, self, isResource: true)
        return walk.errors
    }

    /// The same on an update: a field that was as wrong before may stay (KEP-4008).
    package func check(_ object: Object, old: Object) -> [FieldError] {
        let errors = check(object)
        if errors.isEmpty { return errors }
        let before = Set(check(old))
        return errors.filter { !before.contains($0) || object.json[$0.path] != old.json[$0.path] }
    }

    func checkDefault(_ value: JSON, at path: FieldPath) -> [FieldError] {
        var walk = Checking(path: path.steps)
        walk.check(value, self, isResource: isEmbeddedResource)
        return walk.errors
    }

    private struct Checking {
        var errors: [FieldError] = []
        private var path: [FieldPath.Step]
        private var visitCount = 0

        init(path: [FieldPath.Step] = []) { self.path = path }

        private mutating func report(_ error: FieldError) { if errors.count < CustomSchema.errorsMax { errors.append(error) } }

        private mutating func report(_ value: JSON, _ detail: String) {
            let place = FieldPath(path)
            report(.invalid(place, value.shortened, "\(place) in body \(detail)"))
        }

        mutating func check(_ value: JSON, _ schema: CustomSchema, isResource: Bool) {
            visitCount += 1
            guard visitCount <= CustomSchema.visitsMax else {
                if visitCount == CustomSchema.visitsMax + 1 {
                    report(.forbidden(FieldPath(), "comparing the object with its schema takes more than \(CustomSchema.visitsMax) steps"))
                }
                return
            }
            if value.isNull, schema.isNullable { return }
            if schema.isIntOrString {
                guard value.string != nil || value.int != nil else { return reportType(value, "integer,string") }
            } else if let type = schema.type, !type.admits(value) {
                return reportType(value, type.rawValue)
            }
            checkValue(value, schema)
            switch value {
            case .object(let members): checkMembers(members, schema, isResource: isResource || schema.isEmbeddedResource)
            case .array(let elements): checkElements(elements, schema)
            default: break
            }
            checkCombinations(value, schema, isResource: isResource)
        }

        private mutating func reportType(_ value: JSON, _ expected: String) {
            let place = FieldPath(path)
            report(.invalid(place, .string(value.typeName), "\(place) in body must be of type \(expected): \(JSON.string(value.typeName).text)"))
        }

        // MARK: One value

        private mutating func checkValue(_ value: JSON, _ schema: CustomSchema) {
            if !schema.enumeration.isEmpty, !schema.enumeration.contains(where: { $0.isEqualValue(value) }) {
                report(.unsupported(FieldPath(path), value.shortened, schema.enumeration.map { $0.string ?? $0.text }))
            }
            switch value {
            case .string(let text): checkText(text, schema)
            case .int, .double: checkNumber(value, schema)
            default: break
            }
        }

        private mutating func checkText(_ text: String, _ schema: CustomSchema) {
            let bounds = schema.bounds
            if bounds.minLength != nil || bounds.maxLength != nil {
                let count = Int64(text.unicodeScalars.count)
                if let minimum = bounds.minLength, count < minimum { report(.string(text), "should be at least \(minimum) chars long") }
                if let maximum = bounds.maxLength, count > maximum {
                    report(FieldError(.invalid, FieldPath(path), "Too long: may not be more than \(maximum) bytes"))
                }
            }
            if let expression = schema.expression {
                switch expression.matches(text) {
                case true?: break
                case false?: report(.string(text), "should match '\(schema.pattern)'")
                case nil: report(.string(text), "is too long to be compared with '\(schema.pattern)'")
                }
            }
            if !schema.format.isEmpty, let isValid = TextFormat.holds(text, schema.format), !isValid {
                let place = FieldPath(path)
                report(.invalid(place, JSON.string(text).shortened, "\(place) in body must be of type \(schema.format): \(JSON.string(text).shortened.text)"))
            }
        }

        private mutating func checkNumber(_ value: JSON, _ schema: CustomSchema) {
            guard let number = value.double else { return }
            let bounds = schema.bounds
            if let minimum = bounds.minimum, bounds.isMinimumExclusive ? number <= minimum : number < minimum {
                report(value, "should be greater than \(bounds.isMinimumExclusive ? "" : "or equal to ")\(Self.text(minimum))")
            }
            if let maximum = bounds.maximum, bounds.isMaximumExclusive ? number >= maximum : number > maximum {
                report(value, "should be less than \(bounds.isMaximumExclusive ? "" : "or equal to ")\(Self.text(maximum))")
            }
            if let factor = bounds.multipleOf, factor > 0, (number / factor) != (number / factor).rounded() {
                report(value, "should be a multiple of \(Self.text(factor))")
            }
            if schema.format == "int32", schema.type == .integer, let integer = value.int, Int32(exactly: integer) == nil {
                report(value, "must be of type int32: \(value.text)")
            }
        }

        private static func text(_ number: Double) -> String { Int64(exactly: number).map { String($0) } ?? String(number) }

        // MARK: Objects and lists

        private mutating func checkMembers(_ members: JSONObject, _ schema: CustomSchema, isResource: Bool) {
            let bounds = schema.bounds
            if let minimum = bounds.minProperties, members.count < minimum {
                report(.object(members), "should have at least \(minimum) properties")
            }
            if let maximum = bounds.maxProperties, members.count > maximum {
                report(FieldError(.invalid, FieldPath(path), "Too many: \(members.count): must have at most \(maximum) items"))
            }
            for name in schema.required where members[name] == nil { report(.required(FieldPath(path).appending(name))) }
            if isResource, path.isEmpty == false || schema.isEmbeddedResource {
                for name in ["apiVersion", "kind"] where members[name]?.string ?? "" == "" { report(.required(FieldPath(path).appending(name))) }
            }
            for member in members {
                if isResource, ["apiVersion", "kind", "metadata"].contains(member.key) { continue }
                guard let child = schema.property(member.key) ?? schema.additionalSchema else { continue }
                path.append(.key(member.key))
                check(member.value, child, isResource: false)
                path.removeLast()
            }
        }

        private mutating func checkElements(_ elements: [JSON], _ schema: CustomSchema) {
            let bounds = schema.bounds
            if let minimum = bounds.minItems, elements.count < minimum { report(.array(elements), "should have at least \(minimum) items") }
            if let maximum = bounds.maxItems, elements.count > maximum {
                report(FieldError(.invalid, FieldPath(path), "Too many: \(elements.count): must have at most \(maximum) items"))
            }
            checkUniqueness(elements, schema)
            guard let items = schema.items else { return }
            for (index, element) in elements.enumerated() {
                path.append(.index(index))
                check(element, items, isResource: false)
                path.removeLast()
            }
        }

        private mutating func checkUniqueness(_ elements: [JSON], _ schema: CustomSchema) {
            guard schema.type == .array else { return }
            switch schema.listType {
            case .atomic: break
            case .set:
                var seen: Set<JSON> = []
                for (index, element) in elements.enumerated() where !seen.insert(element).inserted {
                    report(.duplicate(FieldPath(path).appending(index), element))
                }
            case .map:
                var seen: Set<JSON> = []
                for (index, element) in elements.enumerated() {
                    let keys = JSONObject(schema.listMapKeys.compactMap { key in element[key].map { .init(key: key, value: $0) } })
                    if !seen.insert(.object(keys)).inserted { report(.duplicate(FieldPath(path).appending(index), .object(keys))) }
                }
            }
        }

        // MARK: Combinations

        private mutating func checkCombinations(_ value: JSON, _ schema: CustomSchema, isResource: Bool) {
            for part in schema.allOf { check(value, part, isResource: isResource) }
            if !schema.anyOf.isEmpty {
                var isFound = false
                for part in schema.anyOf where !isFound { isFound = passes(value, part, isResource) }
                if !isFound { report(.invalid(FieldPath(path), value.shortened, "\(quotedPath) must validate at least one schema (anyOf)")) }
            }
            if !schema.oneOf.isEmpty {
                var count = 0
                for part in schema.oneOf where passes(value, part, isResource) { count += 1 }
                if count != 1 {
                    let found = count == 0 ? "Found none valid" : "Found \(count) valid alternatives"
                    report(.invalid(FieldPath(path), value.shortened, "\(quotedPath) must validate one and only one schema (oneOf). \(found)"))
                }
            }
            if let part = schema.not, passes(value, part, isResource) {
                report(.invalid(FieldPath(path), value.shortened, "\(quotedPath) must not validate the schema (not)"))
            }
        }

        private var quotedPath: String { "\"\(FieldPath(path))\"" }

        private mutating func passes(_ value: JSON, _ schema: CustomSchema, _ isResource: Bool) -> Bool {
            let kept = errors
            errors = []
            check(value, schema, isResource: isResource)
            let isFound = errors.isEmpty
            errors = kept
            return isFound && visitCount <= CustomSchema.visitsMax
        }
    }
}

extension CustomSchema.ValueType {
    fileprivate func admits(_ value: JSON) -> Bool {
        switch (self, value) {
        case (.object, .object), (.array, .array), (.string, .string), (.boolean, .bool), (.number, .int), (.number, .double): true
        case (.integer, _): value.int != nil
        default: false
        }
    }
}

extension JSON {
    /// Equal as JSON numbers are: `1` is `1.0`.
    fileprivate func isEqualValue(_ other: JSON) -> Bool {
        if let a = double, let b = other.double { return a == b }
        return self == other
    }

    /// For messages: long texts are cut.
    var shortened: JSON {
        switch self {
        case .string(let text) where text.utf8.count > 256: return .string(text.prefix(256) + "…")
        case .array, .object:
            let text = self.text
            return text.utf8.count > 512 ? .string(text.prefix(512) + "…") : self
        default: return self
        }
    }
}
