import APIMachinery

/// A media type with its parameters: `application/json;as=Table;v=v1;g=meta.k8s.io`.
package struct MediaType: Sendable, Hashable {
    package var name: String
    package var parameters: [String: String]

    /// nil for text that has no slash.
    package init?(_ text: some StringProtocol) {
        var parts = text.split(separator: ";").map { Self.trim($0) }
        guard !parts.isEmpty, parts[0].contains("/") || parts[0] == "*" else { return nil }
        name = parts.removeFirst().lowercased()
        parameters = [:]
        for part in parts {
            guard let equals = part.firstIndex(of: "=") else { continue }
            var value = part[part.index(after: equals)...]
            if value.count > 1, value.first == "\"", value.last == "\"" { value = value.dropFirst().dropLast() }
            parameters[part[..<equals].lowercased()] = String(value)
        }
    }

    private static func trim(_ text: some StringProtocol) -> String {
        var view = text[...]
        while view.first == " " || view.first == "\t" { view = view.dropFirst() }
        while view.last == " " || view.last == "\t" { view = view.dropLast() }
        return String(view)
    }

    /// The alternatives of an `Accept` header, most wanted first; in no header everything is wanted.
    package static func accepted(_ header: String?) -> [MediaType] {
        guard let header, !header.isEmpty else { return [MediaType("*/*")].compactMap(\.self) }
        let alternatives = header.split(separator: ",").prefix(32).compactMap { MediaType($0) }
        // Stable: of equal weights the first counts.
        return alternatives.enumerated().filter { $0.element.weight > 0 }
            .sorted { ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset) }.map(\.element)
    }

    private var weight: Double { parameters["q"].flatMap(Double.init) ?? 1 }
}

/// How an answer is to be written.
package struct ResponseFormat: Sendable, Hashable {
    package enum Encoding: Sendable { case json, yaml }
    /// What objects are turned into.
    package enum Shape: Sendable, Hashable {
        case object
        /// meta/v1 or v1beta1 Table, as `kubectl get` prints.
        case table(version: String)
        /// Metadata alone.
        case partialMetadata(version: String)
    }

    package var encoding = Encoding.json
    package var shape = Shape.object
    package var isPretty = false

    package init() {}

    /// Chooses the first alternative that can be served; throws `notAcceptable` when none can.
    ///
    /// - Parameter hasMetadata: false for what is no stored object (a review, an eviction): it has neither rows nor metadata.
    package init(accept header: String?, pretty: Bool = false, hasMetadata: Bool = true) throws(APIStatus) {
        isPretty = pretty
        for type in MediaType.accepted(header) {
            switch type.name {
            case "application/json", "*/*", "application/*", "*": encoding = .json
            case "application/yaml": encoding = .yaml
            default: continue
            }
            let version = type.parameters["v"] ?? "v1"
            switch type.parameters["as"] {
            case nil: shape = .object
            case "Table" where hasMetadata && Self.isMeta(type): shape = .table(version: version)
            case "PartialObjectMetadata" where hasMetadata && Self.isMeta(type), "PartialObjectMetadataList" where hasMetadata && Self.isMeta(type):
                shape = .partialMetadata(version: version)
            default: continue
            }
            return
        }
        guard hasMetadata else { throw APIStatus(.notAcceptable, "only the following media types are accepted: application/json, application/yaml") }
        throw APIStatus(.notAcceptable, "only the following media types are accepted: application/json, application/yaml, application/json;as=Table;v=v1;g=meta.k8s.io, application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io")
    }

    private static func isMeta(_ type: MediaType) -> Bool {
        type.parameters["g"] == "meta.k8s.io" && ["v1", "v1beta1"].contains(type.parameters["v"])
    }

    package var contentType: String { encoding == .json ? "application/json" : "application/yaml" }
}
