import APIMachinery

extension Validation {
    /// The errors found so far, each in Kubernetes' words.
    ///
    /// Source of the wording: apimachinery, util/validation/field.
    struct Errors {
        /// Errors reported for one object at most; a manifest with more is noise.
        static let countMax = 64

        private(set) var found: [FieldError] = []

        private mutating func add(_ error: FieldError) {
            if found.count < Self.countMax { found.append(error) }
        }

        /// `Invalid value: VALUE: DETAIL`; `value` when another than the field's is to be shown.
        mutating func invalid(_ field: Field, _ detail: String, value: JSON? = nil) {
            add(.invalid(field.path, value ?? field.value ?? .null, detail))
        }
        mutating func required(_ field: Field, _ detail: String = "") { add(.required(field.path, detail)) }
        mutating func forbidden(_ field: Field, _ detail: String) { add(.forbidden(field.path, detail)) }
        mutating func duplicate(_ field: Field, value: JSON? = nil) { add(.duplicate(field.path, value ?? field.value ?? .null)) }
        mutating func notFound(_ field: Field) {
            add(FieldError(.invalid, field.path, "Not found: \((field.value ?? .null).text)"))
        }
        mutating func tooLong(_ field: Field, bytesMax: Int) {
            add(FieldError(.invalid, field.path, "Too long: may not be more than \(bytesMax) bytes"))
        }
        mutating func tooMany(_ field: Field, countMax: Int) {
            add(FieldError(.invalid, field.path, "Too many: \(field.elements.count): must have at most \(countMax) items"))
        }
        mutating func unsupported(_ field: Field, _ allowed: [String]) {
            add(.unsupported(field.path, field.value ?? .null, allowed.sorted()))
        }

        /// The field, when present, must be one of `allowed`.
        mutating func oneOf(_ field: Field, _ allowed: [String]) {
            if field.isPresent, !allowed.contains(field.text) { unsupported(field, allowed) }
        }

        mutating func nonNegative(_ field: Field) {
            if let number = field.int, number < 0 { invalid(field, "must be greater than or equal to 0") }
        }

        mutating func positive(_ field: Field) {
            if let number = field.int, number <= 0 { invalid(field, "must be greater than 0") }
        }

        /// The field must be what it was.
        mutating func immutable(_ new: Field, _ old: Field) {
            if !new.equals(old) { invalid(new, "field is immutable") }
        }

        /// The field must follow a textual format; empty is left to `required`.
        mutating func format(_ field: Field, _ format: NameFormat) {
            for problem in format.problems(of: field.text) { invalid(field, problem) }
        }

        /// Required, and of a textual format.
        mutating func named(_ field: Field, _ format: NameFormat) {
            if field.isEmpty { required(field) } else { self.format(field, format) }
        }
    }
}
