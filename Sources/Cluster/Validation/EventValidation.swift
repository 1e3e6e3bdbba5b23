import APIMachinery

extension Validation {
    /// Characters of the short texts of an event, and of its note.
    private static let eventTextMax = 128
    private static let eventNoteMax = 1024

    /// What events.k8s.io demands of a new event beyond what the core group does.
    /// Source: kubernetes, pkg/apis/core/validation/events.go.
    ///
    /// - Parameter event: in the form of events.k8s.io.
    static func newEvent(_ event: Object) -> [FieldError] {
        let root = Field(event.json)
        var errors = Errors()
        errors.named(root["reportingController"], .labelKey)
        for key in ["reportingInstance", "action", "reason"] {
            if root[key].isEmpty { errors.required(root[key]) }
            if root[key].text.utf8.count > eventTextMax { errors.invalid(root[key], "can have at most \(eventTextMax) characters", value: "") }
        }
        if root["note"].text.utf8.count > eventNoteMax { errors.invalid(root["note"], "can have at most \(eventNoteMax) characters", value: "") }
        if root["eventTime"].isEmpty { errors.required(root["eventTime"]) }
        if !["Normal", "Warning"].contains(root["type"].text) { errors.invalid(root["type"], "has invalid value: \(root["type"].text)", value: "") }
        for key in ["deprecatedFirstTimestamp", "deprecatedLastTimestamp", "deprecatedSource"] where !root[key].isEmpty {
            errors.invalid(root[key], "needs to be unset", value: "")
        }
        if let count = root["deprecatedCount"].int, count != 0 { errors.invalid(root["deprecatedCount"], "needs to be unset", value: "") }
        return errors.found
    }
}
