import APIMachinery

extension Registry {
    /// What a client sent, as an object of `type`: unknown fields are refused, warned of or dropped,
    /// types are checked, defaults filled in.
    ///
    /// Throws `badRequest` for what Kubernetes' decoder refuses, `invalid` for missing and unsupported values.
    func decoded(
        _ object: Object, _ type: ResourceType, validation: WriteOptions.FieldValidation, context: RequestContext
    ) throws(APIStatus) -> Object {
        var object = object
        if object.apiVersion.isEmpty { object["apiVersion"] = .string(type.gvk.apiVersion) }
        if object.kind.isEmpty { object["kind"] = .string(type.kind) }
        guard object.gvk == type.gvk else {
            throw .badRequest(
                "\(object.kind) in version \(JSON.string(object.apiVersion).text) cannot be handled as a \(type.kind): expected apiVersion \(type.gvk.apiVersion) and kind \(type.kind)")
        }
        let errors = fieldErrors(object, type)
        let prefix = "\(type.kind) in version \"\(type.version)\" cannot be handled as a \(type.kind): "
        let mistyped = errors.filter { $0.kind == .wrongType }
        guard mistyped.isEmpty else { throw .badRequest(prefix + mistyped.map(\.description).joined(separator: ", ")) }
        let unknown = errors.filter { $0.kind == .unknownField }.map(\.description)
        let lax = unknown + context.duplicateFields
        switch validation {
        case .strict: if !lax.isEmpty { throw .badRequest(prefix + "strict decoding error: " + lax.joined(separator: ", ")) }
        case .warn: for text in lax { context.warnings.add(text) }
        case .ignore: break
        }
        let complete = try defaulted(unknown.isEmpty ? object : pruned(object, type), type)
        let problems = errors.filter { error in
            switch error.kind {
            case .unknownField, .wrongType: false
            // Defaulting may have filled it in.
            case .required: complete.json[error.path].map(\.isNull) ?? true
            default: true
            }
        }
        if !problems.isEmpty { throw .invalid(type.gvk, name: object.name, problems.map(\.cause)) }
        return complete
    }

    /// Runs the kind's rules. Throws `invalid` with every error.
    func validate(
        _ new: Object, old: Object?, _ type: ResourceType, subresource: String? = nil, _ context: RequestContext
    ) throws(APIStatus) {
        // Merges and managed fields may nest deeper than any request; what is stored must be read again.
        guard new.json.depth <= JSON.depthMax else {
            throw .invalid(
                type.gvk, name: new.name,
                [.init(reason: "FieldValueTooLong", message: "Too long: may not nest deeper than \(JSON.depthMax) levels", field: "<object>")])
        }
        var causes: [APIStatus.Cause] = []
        var errors = Validation.validate(new, old: old, type: type, subresource: subresource) + (try checkCustom(new, old: old, type))
        if type.groupResource == KindCatalog.definitionResource { errors += checkDefinition(new, old: old, context) }
        for cause in errors.map(\.cause) where !causes.contains(cause) { causes.append(cause) }
        if !causes.isEmpty { throw .invalid(type.gvk, name: new.name, causes) }
    }
}

extension APIStatus {
    static let modifiedDetail = "the object has been modified; please apply your changes to the latest version and try again"

    static func forbidden(_ type: ResourceType, name: String, _ detail: String, causes: [Cause] = []) -> APIStatus {
        APIStatus(
            .forbidden, "\(type.groupResource) \"\(name)\" is forbidden: \(detail)", group: type.group, kind: type.plural, name: name,
            causes: causes)
    }
}

extension CommitError {
    /// The answer to the client when `key` could not be written; nil for a conflict, which the verb judges.
    var status: APIStatus? {
        switch self {
        case .conflict: nil
        case .unavailable(let message): APIStatus(.serviceUnavailable, message, retryAfterSeconds: 1)
        case .overloaded:
            APIStatus(.tooManyRequests, "more than \(Store.pendingMax) writes wait for the disk; try again", retryAfterSeconds: 1)
        }
    }
}
