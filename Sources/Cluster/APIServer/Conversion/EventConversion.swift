import APIMachinery

/// Events: the core group's are stored, events.k8s.io's have other names for the same.
/// Source: API reference, events.k8s.io/v1 Event.
enum EventConversion {
    /// events.k8s.io, core.
    private static let names: KeyValuePairs<String, String> = [
        "regarding": "involvedObject", "note": "message", "reportingController": "reportingComponent", "deprecatedSource": "source",
        "deprecatedFirstTimestamp": "firstTimestamp", "deprecatedLastTimestamp": "lastTimestamp", "deprecatedCount": "count",
    ]

    static let conversion = Conversion(
        stored: .events,
        toStored: { event in
            var event = event.withVersion(ResourceType.events.gvk.apiVersion)
            for (served, stored) in names { event.fields.rename(served, to: stored) }
            return event
        },
        toServed: { event in
            var event = event.withVersion(ResourceType.eventsV1.gvk.apiVersion)
            for (served, stored) in names { event.fields.rename(stored, to: served) }
            return event
        }, selectableFields: selectableFields)

    private static var selectableFields: [String: String] {
        var fields = ["reportingController": "reportingComponent"]
        for field in ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"] {
            fields["regarding.\(field)"] = "involvedObject.\(field)"
        }
        return fields
    }
}
