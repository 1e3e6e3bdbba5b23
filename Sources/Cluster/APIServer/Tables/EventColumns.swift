import APIMachinery

enum EventColumns {
    static let all: [TableColumn] = [
        .text("Last Seen", format: "", "The time since it happened last.") { event, now in
            HumanDuration.age(event["series", "lastObservedTime"]?.string ?? time(event, "lastTimestamp"), now: now)
        },
        .text("Type", "Normal or Warning.") { $0["type"]?.string ?? "" }, .text("Reason", "What happened, in one word.") { $0["reason"]?.string ?? "" },
        .text("Object", "The object it is about.") { event in
            let object = event["involvedObject"]
            return "\((object?["kind"]?.string ?? "").lowercased())/\(object?["name"]?.string ?? "")"
        },
        .text("Subobject", wide: true, "The part of the object it is about.") { $0["involvedObject", "fieldPath"]?.string ?? "" },
        .text("Source", wide: true, "Who reports it.") { event in
            let component = event["source", "component"]?.string?.orNone ?? event["reportingComponent"]?.string ?? ""
            let host = event["source", "host"]?.string ?? event["reportingInstance"]?.string ?? ""
            return host.isEmpty ? component : "\(component), \(host)"
        }, .text("Message", "What happened.") { trimmed($0["message"]?.string ?? "") },
        .text("First Seen", wide: true, format: "", "The time since it happened first.") { event, now in
            HumanDuration.age(time(event, "firstTimestamp"), now: now)
        },
        .text("Count", wide: true, "How often it happened.") { String($0["series", "count"]?.int ?? $0["count"]?.int ?? 1) },
        .text("Name", wide: true, format: "name", "The event's name.") { event, _ in event.name },
    ]

    private static func time(_ event: Object, _ field: String) -> String? {
        event.fields[field]?.string?.orNone ?? event["eventTime"]?.string
    }

    private static func trimmed(_ text: String) -> String {
        var view = text[...]
        while view.last?.isWhitespace == true { view.removeLast() }
        return String(view)
    }
}
