import APIMachinery

/// Swagger 2.0 in gnostic's protobuf (`openapi.v2.Document`), made from the JSON of its parts.
/// Source: github.com/google/gnostic, openapiv2/OpenAPIv2.proto (field numbers).
enum OpenAPIProtobuf {
    struct Document {
        private let info: JSON
        private var paths = ProtobufMessage()
        private var definitions = ProtobufMessage()

        init(info: JSON) { self.info = info }

        mutating func add(path: String, _ item: JSON) { paths.add(2, named(path, pathItem(item))) }
        mutating func add(definition name: String, _ schema: JSON) { definitions.add(1, named(name, OpenAPIProtobuf.schema(schema))) }

        func encoded() -> [UInt8] {
            var document = ProtobufMessage()
            document.add(1, "2.0")
            var about = ProtobufMessage()
            about.add(1, info["title"])
            about.add(2, info["version"])
            document.add(2, about)
            document.add(8, paths)
            document.add(9, definitions)
            return document.bytes
        }
    }

    private static func named(_ name: String, _ value: ProtobufMessage) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.add(1, name)
        message.add(2, value)
        return message
    }

    /// YAML text, of which JSON is a part.
    private static func any(_ json: JSON) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.add(2, json.text + "\n")
        return message
    }

    private static func addExtensions(of object: JSONObject, to message: inout ProtobufMessage, as field: Int) {
        for member in object where member.key.hasPrefix("x-") { message.add(field, named(member.key, any(member.value))) }
    }

    private static func pathItem(_ json: JSON) -> ProtobufMessage {
        var message = ProtobufMessage()
        for (name, field) in [("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("patch", 8)] {
            if let operation = json[name]?.object { message.add(field, self.operation(operation)) }
        }
        for item in json["parameters"]?.array ?? [] { message.add(9, parameter(item)) }
        return message
    }

    private static func operation(_ json: JSONObject) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.add(3, json["description"])
        message.add(5, json["operationId"])
        for type in json["produces"]?.array ?? [] { message.add(6, type) }
        for type in json["consumes"]?.array ?? [] { message.add(7, type) }
        for item in json["parameters"]?.array ?? [] { message.add(8, parameter(item)) }
        var responses = ProtobufMessage()
        for response in json["responses"]?.object ?? [:] {
            var item = ProtobufMessage()
            item.add(1, response.value["description"])
            if let schema = response.value["schema"] {
                var holder = ProtobufMessage()
                holder.add(1, self.schema(schema))
                item.add(2, holder)
            }
            var value = ProtobufMessage()
            value.add(1, item)
            responses.add(1, named(response.key, value))
        }
        message.add(9, responses)
        addExtensions(of: json, to: &message, as: 13)
        return message
    }

    private static func parameter(_ json: JSON) -> ProtobufMessage {
        let isQuery = json["in"] == "query"
        var inner = ProtobufMessage()
        var parameter = ProtobufMessage()
        if json["in"] == "body" {
            inner.add(1, json["description"])
            inner.add(2, json["name"])
            inner.add(3, json["in"])
            inner.add(4, json["required"])
            inner.add(5, schema(json["schema"] ?? [:]))
            parameter.add(1, inner)
        } else {
            inner.add(1, json["required"])
            inner.add(2, json["in"])
            inner.add(3, json["description"])
            inner.add(4, json["name"])
            inner.add(isQuery ? 6 : 5, json["type"])
            var other = ProtobufMessage()
            other.add(isQuery ? 3 : 4, inner)
            parameter.add(2, other)
        }
        var item = ProtobufMessage()
        item.add(1, parameter)
        return item
    }

    /// Members that are written as they are, with their fields.
    private static let plain: [(String, Int)] = [
        ("$ref", 1), ("format", 2), ("title", 3), ("description", 4), ("exclusiveMaximum", 8), ("exclusiveMinimum", 10), ("maxLength", 11),
        ("minLength", 12), ("pattern", 13), ("maxItems", 14), ("minItems", 15), ("uniqueItems", 16), ("maxProperties", 17), ("minProperties", 18),
    ]

    private static func schema(_ json: JSON) -> ProtobufMessage {
        var message = ProtobufMessage()
        guard let object = json.object else { return message }
        for (name, field) in plain { message.add(field, object[name]) }
        for (name, field) in [("multipleOf", 6), ("maximum", 7), ("minimum", 9)] { if let number = object[name]?.double { message.add(field, number) } }
        if let value = object["default"] { message.add(5, any(value)) }
        for name in object["required"]?.array ?? [] { message.add(19, name) }
        for value in object["enum"]?.array ?? [] { message.add(20, any(value)) }
        if let additional = object["additionalProperties"] {
            var item = ProtobufMessage()
            if additional.bool == nil { item.add(1, schema(additional)) } else { item.add(2, additional) }
            message.add(21, item)
        }
        if let type = object["type"] {
            var item = ProtobufMessage()
            item.add(1, type)
            message.add(22, item)
        }
        if let items = object["items"] {
            var item = ProtobufMessage()
            item.add(1, schema(items))
            message.add(23, item)
        }
        for part in object["allOf"]?.array ?? [] { message.add(24, schema(part)) }
        if let properties = object["properties"]?.object {
            var item = ProtobufMessage()
            for property in properties { item.add(1, named(property.key, schema(property.value))) }
            message.add(25, item)
        }
        addExtensions(of: object, to: &message, as: 31)
        return message
    }
}

/// One protobuf message on its way out. Source: protobuf.dev, "Encoding".
struct ProtobufMessage {
    private(set) var bytes: [UInt8] = []

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest > 127 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func add(_ field: Int, payload: [UInt8]) {
        varint(UInt64(field) << 3 | 2)
        varint(UInt64(payload.count))
        bytes.append(contentsOf: payload)
    }

    mutating func add(_ field: Int, _ text: String) { add(field, payload: Array(text.utf8)) }
    mutating func add(_ field: Int, _ message: ProtobufMessage) { add(field, payload: message.bytes) }

    mutating func add(_ field: Int, _ number: Double) {
        varint(UInt64(field) << 3 | 1)
        withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// A text, integer or boolean; nothing for what is absent.
    mutating func add(_ field: Int, _ json: JSON?) {
        switch json {
        case .string(let text)?: add(field, text)
        case .int(let value)?:
            varint(UInt64(field) << 3)
            varint(UInt64(bitPattern: value))
        case .bool(let value)?:
            varint(UInt64(field) << 3)
            varint(value ? 1 : 0)
        default: break
        }
    }
}
