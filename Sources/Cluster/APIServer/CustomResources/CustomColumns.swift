import APIMachinery

/// The columns of a custom kind's Table, by its `additionalPrinterColumns`.
/// Source: kubernetes, apiextensions-apiserver pkg/registry/customresource/tableconvertor.
enum CustomColumns {
    private static let age = TableColumn(
        name: "Age", type: "date", format: "", priority: 0,
        description: "The time since the object was created.", cell: { object, now in .string(HumanDuration.age(object.creationTimestamp, now: now)) })

    static func of(_ json: JSON?) -> [TableColumn] {
        let columns = json?.array ?? []
        if columns.isEmpty { return [.name, age] }
        return [.name] + columns.compactMap(column)
    }

    private static func column(_ json: JSON) -> TableColumn? {
        // A path that cannot be read was refused with its definition.
        guard let path = json["jsonPath"]?.string.flatMap({ try? JSONPath($0) }) else { return nil }
        let type = json["type"]?.string ?? "string"
        let description = json["description"]?.string ?? ""
        return TableColumn(
            name: json["name"]?.string ?? "", type: type, format: json["format"]?.string ?? "", priority: Int(json["priority"]?.int ?? 0),
            description: description.isEmpty ? "Custom resource definition column (in JSONPath format): \(json["jsonPath"]?.string ?? "")" : description,
            cell: { object, now in
                guard let value = path.find(in: object.json).first else { return .null }
                return cell(value, type, now)
            })
    }

    private static func cell(_ value: JSON, _ type: String, _ now: Timestamp) -> JSON {
        switch type {
        case "integer": value.int.map(JSON.int) ?? value.double.map { .int(Int64($0.rounded(.towardZero).clamped)) } ?? .null
        case "number": value.double.map(JSON.double) ?? .null
        case "boolean": value.bool.map(JSON.bool) ?? .null
        case "date": .string(value.string.map { HumanDuration.age($0, now: now) } ?? "<unknown>")
        default: value.isNull ? .null : .string(value.string ?? value.text)
        }
    }
}

extension Double {
    /// Within what an integer can hold.
    fileprivate var clamped: Double { isFinite ? Swift.max(-9e18, Swift.min(9e18, self)) : 0 }
}
