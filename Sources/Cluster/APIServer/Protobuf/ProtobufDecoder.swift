import APIMachinery

/// Turns a body of `application/vnd.kubernetes.protobuf` into the object it stands for.
///
/// Typed Go clients, kubectl's among them, write the built-in kinds in this form and have no other;
/// they read JSON, which is what they are answered. Envelope: apimachinery, runtime/generated.proto,
/// Unknown.
struct ProtobufDecoder {
    /// Deepest nesting that is decoded.
    private static let depthMax = 64
    private static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0]

    private typealias Malformed = ProtobufReader.Malformed

    private let schema = Schema.builtin
    private let fields = ProtobufFields.builtin

    /// Throws `badRequest` for bytes that are no such envelope, `unsupportedMediaType` for a kind without field numbers.
    static func decode(_ bytes: [UInt8]) throws(APIStatus) -> JSON {
        guard bytes.starts(with: magic) else { throw .badRequest("the body of the request is not Kubernetes' protobuf envelope: it does not begin with k8s and a zero") }
        let decoder = ProtobufDecoder()
        let gvk: GroupVersionKind
        let raw: ArraySlice<UInt8>
        do throws(Malformed) { (gvk, raw) = try envelope(bytes.dropFirst(magic.count)) } catch { throw malformed }
        guard let node = decoder.node(gvk), decoder.fields.fields(of: node.name) != nil else {
            throw APIStatus(
                .unsupportedMediaType, "\(gvk) is not accepted as protobuf - accepted media types include: application/json, application/yaml")
        }
        do throws(Malformed) {
            var object = try decoder.message(raw, node, depth: 0)
            object["apiVersion"] = .string(gvk.apiVersion)
            object["kind"] = .string(gvk.kind)
            return .object(object)
        } catch { throw malformed }
    }

    private static let malformed = APIStatus.badRequest("the body of the request is not valid protobuf")

    private static func envelope(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> (GroupVersionKind, ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var raw: ArraySlice<UInt8> = []
        var apiVersion = ""
        var kind = ""
        while let field = try reader.next() {
            guard case .bytes(let content) = field.value else { continue }
            switch field.number {
            case 1:
                var type = ProtobufReader(content)
                while let member = try type.next() {
                    guard case .bytes(let text) = member.value else { continue }
                    if member.number == 1 { apiVersion = String(decoding: text, as: UTF8.self) }
                    if member.number == 2 { kind = String(decoding: text, as: UTF8.self) }
                }
            case 2: raw = content
            default: break
            }
        }
        guard let groupVersion = GroupVersion(apiVersion), !kind.isEmpty else { throw Malformed() }
        return (GroupVersionKind(groupVersion, kind: kind), raw)
    }

    /// Options belong to every group; the schema has them once.
    private func node(_ gvk: GroupVersionKind) -> SchemaNode? {
        schema.node(gvk) ?? (gvk.kind.hasSuffix("Options") ? schema.node(GroupVersionKind(group: "", version: "v1", kind: gvk.kind)) : nil)
    }

    private func message(_ bytes: ArraySlice<UInt8>, _ node: SchemaNode, depth: Int) throws(Malformed) -> JSONObject {
        var object = JSONObject()
        try read(bytes, numbers: node.name, node, into: &object, depth: depth)
        return object
    }

    /// - Parameter numbers: the type whose field numbers count; for an embedded type not the object's own.
    private func read(_ bytes: ArraySlice<UInt8>, numbers: String, _ node: SchemaNode, into object: inout JSONObject, depth: Int) throws(Malformed) {
        guard depth < Self.depthMax, let known = fields.fields(of: numbers) else { throw Malformed() }
        // The entries of maps come one by one in any order: sorted once, when all are there.
        var maps: [String: [JSONObject.Member]] = [:]
        var reader = ProtobufReader(bytes)
        while let (number, value) = try reader.next() {
            // Fields of a newer Kubernetes are dropped, as its own servers do.
            guard let field = known[number] else { continue }
            if field.isEmbedded {
                guard case .bytes(let content) = value else { throw Malformed() }
                try read(content, numbers: field.name, node, into: &object, depth: depth + 1)
            } else if let child = node.fields[field.name] {
                if child.valueType == .map {
                    maps[field.name, default: []].append(try entry(value, child, depth: depth))
                } else {
                    try add(value, as: field, child, to: &object, depth: depth)
                }
            }
        }
        for (name, entries) in maps { object[name] = .object(JSONObject(Array(object[name]?.object ?? [:]) + entries)) }
    }

    private func entry(_ value: ProtobufReader.Value, _ node: SchemaNode, depth: Int) throws(Malformed) -> JSONObject.Member {
        guard case .bytes(let content) = value, let element = node.element else { throw Malformed() }
        var entry = ProtobufReader(content)
        var key = ""
        var item: JSON?
        while let member = try entry.next() {
            if member.number == 1, case .bytes(let text) = member.value { key = String(decoding: text, as: UTF8.self) }
            if member.number == 2 { item = try self.value(member.value, element, depth: depth) }
        }
        return JSONObject.Member(key: key, value: item ?? Self.zero(element))
    }

    private func add(_ value: ProtobufReader.Value, as field: ProtobufFields.Field, _ node: SchemaNode, to object: inout JSONObject, depth: Int)
        throws(Malformed)
    {
        switch node.valueType {
        case .list:
            guard let element = node.element else { throw Malformed() }
            var list = object[field.name]?.array ?? []
            // Taken out of the object, so that a list of many items is not copied for each.
            object[field.name] = .null
            if case .bytes(let content) = value, element.valueType == .integer {
                var packed = ProtobufReader(content)
                while let number = try packed.packed() { list.append(.int(Int64(bitPattern: number))) }
            } else if let item = try self.value(value, element, depth: depth) {
                list.append(item)
            }
            object[field.name] = .array(list)
        default:
            guard let item = try self.value(value, node, depth: depth) else { return }
            if field.isZeroAbsent, Self.isZero(item) { return }
            object[field.name] = item
        }
    }

    private static func zero(_ node: SchemaNode) -> JSON {
        switch node.valueType {
        case .list: .array([])
        case .object, .map, .opaque: .object([:])
        default: .string("")
        }
    }

    private static func isZero(_ value: JSON) -> Bool {
        switch value {
        case .string(let text): text.isEmpty
        case .int(let number): number == 0
        case .double(let number): number == 0
        case .bool(let flag): !flag
        default: false
        }
    }

    /// One value; nil where JSON has null (an unset time).
    private func value(_ value: ProtobufReader.Value, _ node: SchemaNode, depth: Int) throws(Malformed) -> JSON? {
        switch (node.valueType, value) {
        case (.boolean, .varint(let number)): return .bool(number != 0)
        case (.integer, .varint(let number)): return .int(Int64(bitPattern: number))
        case (.number, .fixed64(let bits)):
            // JSON, in which objects are stored, knows no infinity.
            guard case let number = Double(bitPattern: bits), number.isFinite else { throw Malformed() }
            return .double(number)
        case (.string, .bytes(let content)) where node.format == .dateTime: return try Self.time(content)
        case (.string, .bytes(let content)) where node.format == .byte: return .string(Base64.encode(content))
        case (.string, .bytes(let content)):
            guard let text = String(validating: content, as: UTF8.self) else { throw Malformed() }
            return .string(text)
        case (.quantity, .bytes(let content)): return try Self.wrapped(content).map { .string(String(decoding: $0, as: UTF8.self)) }
        case (.intOrString, .bytes(let content)): return try Self.intOrString(content)
        case (.opaque, .bytes(let content)), (.any, .bytes(let content)):
            guard let raw = try Self.wrapped(content), !raw.isEmpty else { return nil }
            guard let json = try? JSON(parsing: raw) else { throw Malformed() }
            return json
        case (.list, .bytes(let content)):
            // A list as a map's value is a message with one repeated field (authentication/v1 ExtraValue).
            guard let element = node.element else { throw Malformed() }
            var reader = ProtobufReader(content)
            var list: [JSON] = []
            while let field = try reader.next() { if let item = try self.value(field.value, element, depth: depth + 1) { list.append(item) } }
            return .array(list)
        case (.object, .bytes(let content)): return .object(try message(content, node, depth: depth + 1))
        default: throw Malformed()
        }
    }

    /// The bytes of a message's first field (Quantity, RawExtension, FieldsV1, JSON).
    private static func wrapped(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> ArraySlice<UInt8>? {
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() { if field.number == 1, case .bytes(let content) = field.value { return content } }
        return nil
    }

    /// meta/v1 Time and MicroTime: seconds and nanoseconds.
    private static func time(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> JSON? {
        if bytes.isEmpty { return nil }
        var reader = ProtobufReader(bytes)
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        while let field = try reader.next() {
            guard case .varint(let number) = field.value else { continue }
            if field.number == 1 { seconds = Int64(bitPattern: number) }
            if field.number == 2 { nanoseconds = Int64(bitPattern: number) }
        }
        guard (-9_000_000_000...9_000_000_000).contains(seconds), (0..<1_000_000_000).contains(nanoseconds) else { throw Malformed() }
        if nanoseconds == 0 { return .string(Timestamp(seconds: seconds).description) }
        return .string(Timestamp(nanoseconds: seconds * 1_000_000_000 + nanoseconds).micro)
    }

    private static func intOrString(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> JSON {
        var reader = ProtobufReader(bytes)
        var isText = false
        var number: Int64 = 0
        var text = ""
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .varint(let kind)): isText = kind == 1
            case (2, .varint(let value)): number = Int64(Int32(truncatingIfNeeded: value))
            case (3, .bytes(let content)): text = String(decoding: content, as: UTF8.self)
            default: break
            }
        }
        return isText ? .string(text) : .int(number)
    }
}
