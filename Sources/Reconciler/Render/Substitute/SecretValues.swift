import APIMachinery

/// The values that an Application's variables take out of Secrets, to be found in objects of which nobody knows any more where
/// they were put in: those that leave the repository, and fields that are written out now.
struct SecretValues: Sendable {
    /// What is shorter is hidden only where it is the whole text.
    private static let partSizeMin = 4

    private let values: [String]

    /// nil where no variable comes from a Secret.
    init?(of application: Application, client: any ResourceClient) async throws {
        guard application.substitute?.from.contains(where: { $0.kind == .secret }) ?? false,
            let substitution = try await Substitution(of: application, client: client)
        else { return nil }
        self.init(substitution.secretNames.compactMap { substitution.values[$0] })
    }

    init(_ values: [String]) { self.values = values.filter { !$0.isEmpty } }

    func masked(_ json: JSON) -> JSON {
        switch json {
        case .string(let text):
            let isHidden = values.contains { $0 == text || $0.utf8.count >= Self.partSizeMin && text.contains($0) }
            return isHidden && !text.hasPrefix(SecretMask.hidden) ? .string(SecretMask.hidden) : json
        case .int, .double: return values.contains(json.text) ? .string(SecretMask.hidden) : json
        case .array(let elements): return .array(elements.map(masked))
        case .object(let members): return .object(JSONObject(members.map { .init(key: $0.key, value: masked($0.value)) }))
        default: return json
        }
    }
}

extension PlannedChange {
    /// Hides the values in what is shown; `live` is not.
    mutating func hide(_ secrets: SecretValues) {
        before = before.flatMap { secrets.masked($0.json).object.map(Object.init) }
        after = after.flatMap { secrets.masked($0.json).object.map(Object.init) }
        fields = fields.map { FieldChange(path: $0.path, old: $0.old.map(secrets.masked), new: $0.new.map(secrets.masked)) }
    }
}
