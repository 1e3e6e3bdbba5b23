import APIMachinery

/// Reads the fields of a kustomization, or of a file that it names, and says where each stands.
struct ConfigReader {
    let json: JSON
    private let path: FieldPath
    private let document: YAMLDocument?
    private let file: String
    private let fallback: Place
    private let isLenient: Bool

    /// The only document of a file.
    init(parsing bytes: [UInt8], file: String) throws {
        let documents: [YAMLDocument]
        do throws(YAMLError) {
            documents = try YAML.documents(parsing: bytes)
        } catch {
            throw KustomizeFailure(error.message, at: Place(path: file, line: error.line, column: error.column))
        }
        if documents.count > 1 {
            throw KustomizeFailure(
                "a second document begins here; put everything into one", at: Place(path: file, line: documents[1].line, column: 1))
        }
        self.init(
            json: documents.first?.value ?? .null, path: FieldPath(), document: documents.first, file: file,
            fallback: Place(path: file))
    }

    /// A plugin's configuration: every field stands where the whole does, and numbers may stand for texts.
    init(plugin json: JSON, at place: Place) {
        self.init(json: json, path: FieldPath(), document: nil, file: place.path, fallback: place, isLenient: true)
    }

    private init(json: JSON, path: FieldPath, document: YAMLDocument?, file: String, fallback: Place, isLenient: Bool = false) {
        self.isLenient = isLenient
        self.json = json
        self.path = path
        self.document = document
        self.file = file
        self.fallback = fallback
    }

    var place: Place { place(of: path) }

    func place(of key: String) -> Place { place(of: path.appending(written(key))) }

    /// The name as it stands in the file: kustomize does not mind its case.
    private func written(_ key: String) -> String {
        guard let members = json.object, members[key] == nil else { return key }
        return members.first { $0.key.lowercased() == key.lowercased() }?.key ?? key
    }

    private subscript(key: String) -> JSON? { json[written(key)] }

    private func place(of path: FieldPath) -> Place {
        guard let found = document?.position(of: path) else { return fallback }
        return Place(path: file, line: found.line, column: found.column)
    }

    /// `patches[2].target`, or what the whole is called.
    private func name(of key: String) -> String { path.appending(key).description }

    private func child(_ json: JSON, _ steps: [FieldPath.Step]) -> ConfigReader {
        ConfigReader(
            json: json, path: FieldPath(path.steps + steps), document: document, file: file, fallback: fallback,
            isLenient: isLenient)
    }

    func failure(_ message: String, at key: String? = nil) -> KustomizeFailure {
        KustomizeFailure(message, at: key.map(place(of:)) ?? place)
    }

    private func mismatch(_ key: String, _ expected: String, _ found: JSON) -> KustomizeFailure {
        failure(
            "\(name(of: key)) must be \(expected), found \(found.typeName == "null" ? "null" : found.text.prefix(60).description)",
            at: key)
    }

    /// Throws at the first field that is none of `fields`.
    func allow(_ fields: [String]) throws {
        guard let members = json.object else {
            if json.isNull { return }
            throw failure(
                "\(path.steps.isEmpty ? "the file" : path.description) must be a mapping, found \(json.typeName.withArticle)")
        }
        let known = Set(fields.map { $0.lowercased() })
        for member in members where !known.contains(member.key.lowercased()) {
            let hint = Spelling.nearest(to: member.key, among: fields).map { "; did you mean \"\($0)\"?" } ?? "; remove it"
            throw failure("unknown field \"\(name(of: member.key))\"\(hint)", at: member.key)
        }
    }

    func has(_ key: String) -> Bool { self[key].map { !$0.isNull } ?? false }

    func string(_ key: String) throws -> String? {
        guard let value = self[key], !value.isNull else { return nil }
        return try text(of: value, key)
    }

    private func text(of value: JSON, _ key: String) throws -> String {
        if let text = value.string { return text }
        switch value {
        case .bool(let flag) where isLenient: return flag ? "true" : "false"
        case .int(let number) where isLenient: return String(number)
        case .double(let number) where isLenient: return GoNumber.general(number)
        default: throw mismatch(key, "a string", value)
        }
    }

    func text(_ key: String) throws -> String { try string(key) ?? "" }

    func bool(_ key: String) throws -> Bool {
        guard let value = self[key], !value.isNull else { return false }
        guard let flag = value.bool else { throw mismatch(key, "true or false", value) }
        return flag
    }

    func int(_ key: String) throws -> Int? {
        guard let value = self[key], !value.isNull else { return nil }
        guard let number = value.int else { throw mismatch(key, "an integer", value) }
        return Int(number)
    }

    /// A list's elements; empty when it is absent.
    func list(_ key: String) throws -> [ConfigReader] {
        guard let value = self[key], !value.isNull else { return [] }
        guard let elements = value.array else { throw mismatch(key, "a list", value) }
        return elements.enumerated().map { child($0.element, [.key(key), .index($0.offset)]) }
    }

    /// When the whole is a list, its elements.
    var elements: [ConfigReader]? {
        json.array?.enumerated().map { child($0.element, [.index($0.offset)]) }
    }

    func strings(_ key: String) throws -> [(text: String, place: Place)] {
        try list(key).map { element in
            guard let text = element.json.string else {
                throw element.failure("\(element.path.description) must be a string, found \(element.json.text.prefix(60))")
            }
            return (text, element.place)
        }
    }

    func map(_ key: String) throws -> [String: String] {
        guard let value = self[key], !value.isNull else { return [:] }
        guard let members = value.object else { throw mismatch(key, "a mapping of strings", value) }
        var result: [String: String] = [:]
        let inner = child(value, [.key(key)])
        for member in members { result[member.key] = try inner.exactString(member.key) }
        return result
    }

    private func exactString(_ key: String) throws -> String {
        guard let value = json[key], !value.isNull else { return "" }
        return try text(of: value, key)
    }

    func object(_ key: String) throws -> ConfigReader? {
        guard let value = self[key], !value.isNull else { return nil }
        guard value.object != nil else { throw mismatch(key, "a mapping", value) }
        return child(value, [.key(key)])
    }

    /// Where this stands in its file.
    var fieldPath: FieldPath { path }
}
