import APIMachinery

/// An entry of `vars`: `$(NAME)` in some fields stands for the value of a field elsewhere.
struct Variable {
    let name: String
    let object: ResourceID
    let fieldPath: String
    let place: Place

    init(_ reader: ConfigReader) throws {
        try reader.allow(["name", "objref", "fieldref"])
        name = try reader.text("name")
        place = reader.place
        guard let reference = try reader.object("objref") else {
            throw reader.failure("the var \(name) needs objref: the object that it reads")
        }
        try reference.allow(["apiVersion", "group", "version", "kind", "name", "namespace"])
        var id = ResourceID(
            group: try reference.text("group"), version: try reference.text("version"), kind: try reference.text("kind"),
            name: try reference.text("name"), namespace: try reference.text("namespace"))
        let apiVersion = try reference.text("apiVersion")
        if !apiVersion.isEmpty {
            let (group, version) = ResourceID.parse(apiVersion)
            if !group.isEmpty { id.group = group }
            id.version = version
        }
        object = id
        let field = try reader.object("fieldref")
        try field?.allow(["fieldPath", "fieldpath"])
        let path = try field?.text("fieldPath") ?? ""
        let lower = try field?.text("fieldpath") ?? ""
        fieldPath = !path.isEmpty ? path : !lower.isEmpty ? lower : "metadata.name"
    }
}

/// Reads the values of vars and puts them where `$(NAME)` stands.
enum Variables {
    private enum Value {
        case text(String), int(Int), double(Double), bool(Bool)

        /// Inside a longer text.
        var text: String {
            switch self {
            case .text(let text): text
            case .int(let number): String(number)
            case .double(let number): GoNumber.general(number)
            case .bool(let flag): flag ? "true" : "false"
            }
        }
    }

    /// Marks the object that the var reads, which is known by the name it has here.
    static func declare(_ variable: Variable, in accumulated: inout Accumulator) throws {
        let wanted = variable.object
        let isExact = !wanted.namespace.isEmpty || wanted.isClusterScoped
        let found = accumulated.map.matching { id in
            isExact
                ? wanted.isSame(as: id)
                : id.name == wanted.name && id.group == wanted.group && id.version == wanted.version && id.kind == wanted.kind
        }
        if found.count > 1 {
            throw KustomizeFailure(
                "the var \(variable.name) could read \(found.count) objects; set objref.namespace", at: variable.place)
        }
        found.first?.variables.append(variable.name)
        try accumulated.add(variable)
    }

    static func resolve(in accumulated: inout Accumulator, budget: BuildBudget) throws {
        guard !accumulated.variables.isEmpty else { return }
        var values: [String: Value] = [:]
        for variable in accumulated.variables { values[variable.name] = try value(of: variable, in: accumulated.map) }
        var used: Set<String> = []
        for resource in accumulated.map.resources {
            for spec in accumulated.config.varReference {
                try spec.apply(to: resource) { try expand($0, values, &used, budget) }
            }
        }
        accumulated.map.invalidate()
        for variable in accumulated.variables where !used.contains(variable.name) {
            accumulated.warnings.append("\(variable.place.path):\(variable.place.line): the var \(variable.name) is used nowhere")
        }
    }

    private static func value(of variable: Variable, in map: ResourceMap) throws -> Value {
        guard let resource = map.resources.first(where: { $0.variables.contains(variable.name) }) else {
            throw KustomizeFailure(
                "the var \(variable.name) reads \(variable.object.shown), which is not in this kustomization; correct objref",
                at: variable.place)
        }
        let path = YAMLPath.splitKeepingBrackets(variable.fieldPath).flatMap(indexed)
        let field = try KustomizeFailure.locate(variable.place) { try resource.value.lookup(path) }
        guard let field else {
            throw KustomizeFailure(
                "the var \(variable.name): \(resource.id.shown) has no field \(variable.fieldPath); correct fieldref.fieldPath",
                at: variable.place)
        }
        guard let scalar = field.scalar else {
            throw KustomizeFailure(
                "the var \(variable.name) must read a text or number, found \(field.kindName)", at: variable.place)
        }
        switch scalar.tag {
        case .int: return Int(scalar.text).map(Value.int) ?? .text(scalar.text)
        case .float: return Double(scalar.text).map(Value.double) ?? .text(scalar.text)
        case .bool: return ["true", "True", "TRUE"].contains(scalar.text) ? .bool(true) : .bool(false)
        default: return .text(scalar.text)
        }
    }

    /// `ports[0]` is `ports`, `0`.
    private static func indexed(_ part: String) -> [String] {
        guard part.hasSuffix("]"), let open = part.firstIndex(of: "["), Int(part[part.index(after: open)...].dropLast()) != nil
        else { return [part] }
        let index = String(part[part.index(after: open)...].dropLast())
        return open == part.startIndex ? [index] : [String(part[..<open]), index]
    }

    private static func expand(_ field: YAMLValue, _ values: [String: Value], _ used: inout Set<String>, _ budget: BuildBudget)
        throws
    {
        switch field.content {
        case .scalar: try replace(field, values, &used, budget)
        case .mapping(let members): for member in members { try replace(member.value, values, &used, budget) }
        case .sequence(let elements):
            for element in elements {
                guard element.isString else { throw KustomizeFailure("expected a list of texts, found \(element.kindName)") }
                try replace(element, values, &used, budget)
            }
        }
    }

    private static func replace(_ field: YAMLValue, _ values: [String: Value], _ used: inout Set<String>, _ budget: BuildBudget)
        throws
    {
        guard field.isString, field.isScalar else { return }
        let expanded = try expanded(field.text, values, &used, budget)
        switch expanded {
        case .text(let text): field.content = .scalar(.init(text: text, tag: .string, isQuoted: false))
        case .int(let number): field.content = .scalar(.init(text: String(number), tag: .int, isQuoted: false))
        case .double(let number): field.content = .scalar(.init(text: GoNumber.positional(number), tag: .float, isQuoted: false))
        case .bool(let flag): field.content = .scalar(.init(text: flag ? "true" : "false", tag: .bool, isQuoted: false))
        }
    }

    /// `$(NAME)` alone keeps the value's type; `$$` is a dollar sign; what is unknown stays.
    private static func expanded(_ text: String, _ values: [String: Value], _ used: inout Set<String>, _ budget: BuildBudget) throws
        -> Value
    {
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            guard let next = rest.first else { return .text(result + "$") }
            if next == "$" {
                result += "$"
                rest.removeFirst()
            } else if next == "(", let close = rest.firstIndex(of: ")") {
                let name = String(rest[rest.index(after: rest.startIndex)..<close])
                rest = rest[rest.index(after: close)...]
                guard let value = values[name] else {
                    result += "$(\(name))"
                    continue
                }
                used.insert(name)
                if text == "$(\(name))" { return value }
                try budget.spend(value.text.utf8.count)
                result += value.text
            } else {
                result += "$" + String(next)
                rest.removeFirst()
            }
        }
        return .text(result + rest)
    }
}
