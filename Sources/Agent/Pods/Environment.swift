import APIMachinery

/// A container's environment. Source: API reference, core/v1 EnvVar and EnvFromSource.
struct Environment {
    struct Variable: Sendable, Hashable {
        var name: String
        var value: String
    }

    let pod: Pod
    let container: PodContainer
    let fields: DownwardFields
    let services: ServiceEnvironment
    let client: any ResourceClient

    /// In order, each name once, the last definition winning: services, then envFrom, then env.
    func variables() async throws -> [Variable] {
        var list = VariableList()
        for variable in await services.variables(namespace: pod.namespace, isLinking: pod.spec["enableServiceLinks"]?.bool ?? true) {
            list.set(variable.name, variable.value)
        }
        for source in container.json["envFrom"]?.array ?? [] {
            let prefix = source["prefix"]?.string ?? ""
            for (type, json) in [(ResourceType.configMaps, source["configMapRef"]), (.secrets, source["secretRef"])] {
                guard let json, let data = try await data(type, json) else { continue }
                for (key, bytes) in data.values.sorted(by: { $0.key < $1.key }) {
                    list.set(prefix + key, String(decoding: bytes, as: UTF8.self))
                }
            }
        }
        for variable in container.json["env"]?.array ?? [] {
            guard let name = variable["name"]?.string else { continue }
            if let source = variable["valueFrom"] {
                if let value = try await value(of: source) { list.set(name, value) }
            } else {
                list.set(name, Expansion.expand(variable["value"]?.string ?? "", list.lookup))
            }
        }
        return list.variables
    }

    private func value(of source: JSON) async throws -> String? {
        if let path = source["fieldRef"]?["fieldPath"]?.string { return try fields.value(of: path) }
        if let reference = source["resourceFieldRef"] { return try fields.resource(reference, of: container) }
        for (type, json) in [(ResourceType.configMaps, source["configMapKeyRef"]), (.secrets, source["secretKeyRef"])] {
            guard let json else { continue }
            guard let data = try await data(type, json) else { return nil }
            let key = json["key"]?.string ?? ""
            if let bytes = data.values[key] { return String(decoding: bytes, as: UTF8.self) }
            if json["optional"]?.bool == true { return nil }
            throw PodProblem("couldn't find key \(key) in \(type.kind) \(pod.namespace)/\(json["name"]?.string ?? "")")
        }
        return nil
    }

    /// nil for an optional object that does not exist.
    private func data(_ type: ResourceType, _ reference: JSON) async throws -> ConfigurationData? {
        let name = reference["name"]?.string ?? ""
        do {
            return try ConfigurationData(try await client.get(ObjectKey(type, namespace: pod.namespace, name: name)))
        } catch let error as APIStatus where error.reason == .notFound {
            if reference["optional"]?.bool == true { return nil }
            throw PodProblem("\(type.kind.lowercased()) \"\(name)\" not found")
        }
    }

    /// The objects that a container's environment is made of.
    static func references(of container: PodContainer, namespace: String) -> [ObjectKey] {
        let sources =
            (container.json["env"]?.array ?? []).compactMap { $0["valueFrom"] }.map { ($0["configMapKeyRef"], $0["secretKeyRef"]) }
            + (container.json["envFrom"]?.array ?? []).map { ($0["configMapRef"], $0["secretRef"]) }
        return sources.flatMap { map, secret in
            [
                map?["name"]?.string.map { ObjectKey(.configMaps, namespace: namespace, name: $0) },
                secret?["name"]?.string.map { ObjectKey(.secrets, namespace: namespace, name: $0) },
            ].compactMap { $0 }
        }
    }
}

/// Variables in the order of their first definition.
struct VariableList {
    private(set) var variables: [Environment.Variable] = []
    private(set) var lookup: [String: String] = [:]
    private var positions: [String: Int] = [:]

    mutating func set(_ name: String, _ value: String) {
        lookup[name] = value
        if let position = positions[name] {
            variables[position].value = value
        } else {
            positions[name] = variables.count
            variables.append(.init(name: name, value: value))
        }
    }
}

/// `$(NAME)` in commands, arguments, values and subPathExpr. Source: API reference, core/v1 Container.command.
enum Expansion {
    /// `$$` is a dollar; an unknown name stays as it is written.
    static func expand(_ text: String, _ variables: [String: String]) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                result += "$"
                rest = rest.dropFirst()
            } else if rest.first == "(", let end = rest.firstIndex(of: ")") {
                let name = String(rest[rest.index(after: rest.startIndex)..<end])
                result += variables[name] ?? "$(\(name))"
                rest = rest[rest.index(after: end)...]
            } else {
                result += "$"
            }
        }
        return result + rest
    }
}
