/// Kubernetes' `Status` as an error: what every failed request answers, in process and over HTTPS.
///
/// Branch on `reason`, never on the text. Source: API reference, meta/v1 Status.
package struct APIStatus: Error, Sendable, Hashable, CustomStringConvertible {
    /// The machine-readable kind of failure, as Kubernetes spells it.
    package enum Reason: String, Sendable, Hashable {
        case unknown = ""
        case unauthorized = "Unauthorized"
        case forbidden = "Forbidden"
        case notFound = "NotFound"
        case alreadyExists = "AlreadyExists"
        case conflict = "Conflict"
        case gone = "Gone"
        case invalid = "Invalid"
        case serverTimeout = "ServerTimeout"
        case timeout = "Timeout"
        case tooManyRequests = "TooManyRequests"
        case badRequest = "BadRequest"
        case methodNotAllowed = "MethodNotAllowed"
        case notAcceptable = "NotAcceptable"
        case requestEntityTooLarge = "RequestEntityTooLarge"
        case unsupportedMediaType = "UnsupportedMediaType"
        case internalError = "InternalError"
        case expired = "Expired"
        case serviceUnavailable = "ServiceUnavailable"

        /// The HTTP code that goes with the reason.
        package var code: Int {
            switch self {
            case .unknown, .internalError: 500
            case .unauthorized: 401
            case .forbidden: 403
            case .notFound: 404
            case .alreadyExists, .conflict: 409
            case .gone, .expired: 410
            case .invalid: 422
            case .serverTimeout, .timeout: 504
            case .tooManyRequests: 429
            case .badRequest: 400
            case .methodNotAllowed: 405
            case .notAcceptable: 406
            case .requestEntityTooLarge: 413
            case .unsupportedMediaType: 415
            case .serviceUnavailable: 503
            }
        }
    }

    /// One field at fault. `reason` is Kubernetes' cause type (`FieldValueInvalid`, …).
    package struct Cause: Sendable, Hashable {
        package var reason: String
        package var message: String
        package var field: String

        package init(reason: String, message: String, field: String) {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    package var reason: Reason
    package var code: Int
    package var message: String
    /// Group, plural or kind, and name of the object concerned; empty when there is none.
    package var group: String
    package var kind: String
    package var name: String
    package var causes: [Cause]
    package var retryAfterSeconds: Int?
    /// Of an expired list: where to go on, on the newest state. Empty otherwise.
    package var continueToken = ""

    package init(
        _ reason: Reason, _ message: String, code: Int? = nil, group: String = "", kind: String = "", name: String = "",
        causes: [Cause] = [], retryAfterSeconds: Int? = nil
    ) {
        self.reason = reason
        self.code = code ?? reason.code
        self.message = message
        self.group = group
        self.kind = kind
        self.name = name
        self.causes = causes
        self.retryAfterSeconds = retryAfterSeconds
    }

    package var description: String { message }
}

extension APIStatus {
    package static func notFound(_ type: ResourceType, name: String) -> APIStatus {
        APIStatus(
            .notFound, "\(type.groupResource) \"\(name)\" not found", group: type.group, kind: type.plural, name: name)
    }

    package static func alreadyExists(_ type: ResourceType, name: String) -> APIStatus {
        APIStatus(
            .alreadyExists, "\(type.groupResource) \"\(name)\" already exists", group: type.group, kind: type.plural, name: name)
    }

    /// A lost race; `detail` says with what.
    package static func conflict(_ type: ResourceType, name: String, _ detail: String, causes: [Cause] = []) -> APIStatus {
        APIStatus(
            .conflict, "Operation cannot be fulfilled on \(type.groupResource) \"\(name)\": \(detail)", group: type.group,
            kind: type.plural, name: name, causes: causes)
    }

    /// Validation failed. `causes` carry the fields; the message joins them as Kubernetes does.
    package static func invalid(_ gvk: GroupVersionKind, name: String, _ causes: [Cause]) -> APIStatus {
        let kind = gvk.group.isEmpty ? gvk.kind : "\(gvk.kind).\(gvk.group)"
        let details = causes.map { "\($0.field): \($0.message)" }
        let text = details.count == 1 ? details[0] : "[" + details.joined(separator: ", ") + "]"
        return APIStatus(
            .invalid, "\(kind) \"\(name)\" is invalid: \(text)", group: gvk.group, kind: gvk.kind, name: name, causes: causes)
    }

    package static func badRequest(_ message: String) -> APIStatus { APIStatus(.badRequest, message) }
    package static func internalError(_ message: String) -> APIStatus {
        APIStatus(.internalError, "Internal error occurred: \(message)")
    }
    package static func expired(_ message: String) -> APIStatus { APIStatus(.expired, message) }
}

/// The wire form, both ways.
extension APIStatus {
    package var json: JSON {
        var details: JSONObject = [:]
        if !name.isEmpty { details["name"] = .string(name) }
        if !group.isEmpty { details["group"] = .string(group) }
        if !kind.isEmpty { details["kind"] = .string(kind) }
        if !causes.isEmpty {
            details["causes"] = .array(
                causes.map { cause in
                    var object: JSONObject = ["message": .string(cause.message)]
                    if !cause.reason.isEmpty { object["reason"] = .string(cause.reason) }
                    if !cause.field.isEmpty { object["field"] = .string(cause.field) }
                    return .object(object)
                })
        }
        if let retryAfterSeconds { details["retryAfterSeconds"] = JSON(retryAfterSeconds) }
        var object: JSONObject = [
            "apiVersion": "v1", "kind": "Status", "metadata": continueToken.isEmpty ? [:] : ["continue": .string(continueToken)],
            "status": "Failure", "message": .string(message), "code": JSON(code),
        ]
        if reason != .unknown { object["reason"] = .string(reason.rawValue) }
        // kubectl reads them of every NotFound, also where there is nothing to tell.
        if !details.isEmpty || reason == .notFound { object["details"] = .object(details) }
        return .object(object)
    }

    /// Reads a `Status` of kind Failure; nil when `json` is another thing.
    package init?(json: JSON) {
        guard json["kind"]?.string == "Status", json["status"]?.string != "Success" else { return nil }
        let reason = Reason(rawValue: json["reason"]?.string ?? "") ?? .unknown
        let details = json["details"] ?? .null
        self.init(
            reason, json["message"]?.string ?? "", code: json["code"]?.int.map(Int.init) ?? reason.code,
            group: details["group"]?.string ?? "", kind: details["kind"]?.string ?? "", name: details["name"]?.string ?? "",
            causes: (details["causes"]?.array ?? []).map {
                Cause(
                    reason: $0["reason"]?.string ?? "", message: $0["message"]?.string ?? "", field: $0["field"]?.string ?? "")
            },
            retryAfterSeconds: details["retryAfterSeconds"]?.int.map(Int.init))
        continueToken = json["metadata"]?["continue"]?.string ?? ""
    }
}
