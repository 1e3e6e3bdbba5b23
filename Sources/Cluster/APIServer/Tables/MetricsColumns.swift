import APIMachinery

/// What pods and nodes use. Source: kubernetes-sigs, metrics-server, pkg/api/table.go.
enum MetricsColumns {
    static let pods = columns { ($0["containers"]?.array ?? []).compactMap { $0["usage"] } }
    static let nodes = columns { [$0["usage"] ?? [:]] }

    /// The sums of the usages that `usages` finds in an object.
    private static func columns(_ usages: @escaping @Sendable (Object) -> [JSON]) -> [TableColumn] {
        func sum(_ resource: String) -> TableColumn {
            .text(resource, format: "quantity", "") { object, _ in
                usages(object).reduce(Quantity.zero) { $0 + (Quantity($1[resource]) ?? .zero) }.description
            }
        }
        return [.name, sum("cpu"), sum("memory"), .text("Window", format: "duration", "") { object, _ in object["window"]?.string ?? "" }]
    }
}
