/// One thing wrong with one field of an object.
package struct FieldError: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        case unknownField, wrongType, required, unsupportedValue, invalid, forbidden, duplicate

        /// Kubernetes' cause type. Source: API reference, meta/v1 StatusCause.
        fileprivate var reason: String {
            switch self {
            case .unknownField: "FieldValueInvalid"
            case .wrongType: "FieldValueTypeInvalid"
            case .required: "FieldValueRequired"
            case .unsupportedValue: "FieldValueNotSupported"
            case .invalid: "FieldValueInvalid"
            case .forbidden: "FieldValueForbidden"
            case .duplicate: "FieldValueDuplicate"
            }
        }
    }

    package var path: FieldPath
    package var kind: Kind
    /// For an unknown field and a wrong type a sentence about the field (`must be an integer, found
    /// "three"`), else what Kubernetes writes after the path (`Required value`).
    package var message: String

    package init(_ kind: Kind, _ path: FieldPath, _ message: String) {
        self.path = path
        self.kind = kind
        self.message = message
    }

    /// The whole sentence, with the path.
    package var description: String {
        switch kind {
        case .unknownField: message
        case .wrongType: "\(path) \(message)"
        default: "\(path): \(message)"
        }
    }

    package var cause: APIStatus.Cause { APIStatus.Cause(reason: kind.reason, message: message, field: path.description) }
}

/// The wordings of Kubernetes' validation. Source: apimachinery, util/validation/field.
extension FieldError {
    package static func required(_ path: FieldPath, _ detail: String = "") -> FieldError {
        FieldError(.required, path, detail.isEmpty ? "Required value" : "Required value: \(detail)")
    }
    package static func invalid(_ path: FieldPath, _ value: JSON, _ detail: String) -> FieldError {
        FieldError(.invalid, path, "Invalid value: \(value.text): \(detail)")
    }
    package static func unsupported(_ path: FieldPath, _ value: JSON, _ supported: [String]) -> FieldError {
        let list = supported.map { JSON.string($0).text }.joined(separator: ", ")
        return FieldError(.unsupportedValue, path, "Unsupported value: \(value.text): supported values: \(list)")
    }
    package static func forbidden(_ path: FieldPath, _ detail: String) -> FieldError {
        FieldError(.forbidden, path, "Forbidden: \(detail)")
    }
    package static func duplicate(_ path: FieldPath, _ value: JSON) -> FieldError {
        FieldError(.duplicate, path, "Duplicate value: \(value.text)")
    }
}
