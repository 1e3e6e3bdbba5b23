import APIMachinery

/// The question that a webhook is asked, and the reading of its answer.
///
/// Source: API reference, admission.k8s.io/v1 AdmissionReview. The answer comes from outside: every
/// part of it is checked, and a lie is a failed call.
struct AdmissionReview: Sendable {
    /// Answers are taken over up to these.
    static let warningsMax = 16
    static let warningCharactersMax = 256
    static let patchOperationsMax = 10_000

    /// A call that did not come to an answer. `description` follows `failed calling webhook "…": `.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    struct Answer: Sendable {
        var isAllowed: Bool
        /// Why not, as the client is told.
        var refusal: APIStatus?
        var patch: JSON?
        var warnings: [String]
        var annotations: [String: String]
    }

    let uid: String
    let json: JSON
    private let version: String

    /// - Parameter seen: the type as the webhook asked to see it.
    init(_ webhook: Webhook, version: String, _ request: Admission.Request, object: Object?, seen: ResourceType, _ around: Webhooks.Surroundings) {
        uid = around.uid()
        self.version = version
        func kind(_ type: ResourceType) -> JSON { ["group": .string(type.group), "version": .string(type.version), "kind": .string(type.kind)] }
        func resource(_ type: ResourceType) -> JSON { ["group": .string(type.group), "version": .string(type.version), "resource": .string(type.plural)] }
        func body(_ object: Object?) -> JSON {
            guard let object else { return .null }
            return (object.gvk == request.type.gvk ? around.served(object, seen) : object).json
        }
        var user: JSONObject = ["username": .string(request.user.name), "groups": JSON(request.user.groups)]
        if !request.user.uid.isEmpty { user["uid"] = .string(request.user.uid) }
        if !request.user.extra.isEmpty { user["extra"] = .object(JSONObject(request.user.extra.map { .init(key: $0.key, value: JSON($0.value)) })) }
        let subject = request.subresource == nil || object?.gvk == request.type.gvk ? kind(seen) : object?.gvk.map { ["group": .string($0.group), "version": .string($0.version), "kind": .string($0.kind)] } ?? kind(seen)
        var members: JSONObject = [
            "uid": .string(uid), "kind": subject, "resource": resource(seen),
            "requestKind": request.subresource == nil ? kind(request.type) : subject, "requestResource": resource(request.type),
            "operation": .string(request.operation.rawValue), "userInfo": .object(user), "object": body(object), "oldObject": body(request.old),
            "dryRun": .bool(request.isDryRun), "options": around.options,
        ]
        if !request.name.isEmpty { members["name"] = .string(request.name) }
        if !request.namespace.isEmpty { members["namespace"] = .string(request.namespace) }
        if let subresource = request.subresource {
            members["subResource"] = .string(subresource)
            members["requestSubResource"] = .string(subresource)
        }
        json = ["apiVersion": .string("admission.k8s.io/\(version)"), "kind": "AdmissionReview", "request": .object(members)]
    }

    /// Reads the answer. Throws for one that is not what was asked for.
    func read(_ bytes: [UInt8], of webhook: Webhook, isMutating: Bool) throws(Failure) -> Answer {
        let review: JSON
        do { review = try JSON(parsing: bytes) } catch { throw Failure(description: "the answer is not JSON: \(error)") }
        guard review["kind"]?.string == "AdmissionReview", review["apiVersion"]?.string == "admission.k8s.io/\(version)" else {
            throw Failure(
                description: "expected response with apiVersion=admission.k8s.io/\(version), kind=AdmissionReview, got apiVersion=\(review["apiVersion"]?.string?.prefix(64) ?? ""), kind=\(review["kind"]?.string?.prefix(64) ?? "")")
        }
        guard let response = review["response"], response.object != nil else { throw Failure(description: "webhook response was absent") }
        guard response["uid"]?.string == uid || version == "v1beta1" && response["uid"] == nil else {
            throw Failure(description: "expected response.uid=\(JSON.string(uid).text), got \(JSON.string(String(response["uid"]?.string?.prefix(64) ?? "")).text)")
        }
        guard let isAllowed = response["allowed"]?.bool else { throw Failure(description: "response.allowed must be true or false") }
        let warnings = (response["warnings"]?.array ?? []).compactMap(\.string).prefix(Self.warningsMax).map { String($0.prefix(Self.warningCharactersMax)) }
        var annotations: [String: String] = [:]
        for (key, value) in response["auditAnnotations"]?.stringMap ?? [:] { annotations["\(webhook.name)/\(key)"] = value }
        return Answer(
            isAllowed: isAllowed, refusal: isAllowed ? nil : Self.refusal(response["status"] ?? .null, webhook),
            patch: isMutating && isAllowed ? try patch(response) : nil, warnings: Array(warnings), annotations: annotations)
    }

    private func patch(_ response: JSON) throws(Failure) -> JSON? {
        guard let text = response["patch"]?.string, !text.isEmpty else {
            if response["patchType"]?.string?.isEmpty == false { throw Failure(description: "webhook returned response.patchType but not response.patch") }
            return nil
        }
        if version == "v1" || response["patchType"] != nil {
            guard let type = response["patchType"]?.string, !type.isEmpty else {
                throw Failure(description: "webhook returned response.patch but not response.patchType")
            }
            guard type == "JSONPatch" else { throw Failure(description: "invalid response.patchType of \(JSON.string(String(type.prefix(64))).text)") }
        }
        guard let bytes = Base64.decode(text) else { throw Failure(description: "response.patch is not base64") }
        let patch: JSON
        do { patch = try JSON(parsing: bytes) } catch { throw Failure(description: "response.patch is not JSON: \(error)") }
        guard let operations = patch.array, operations.count <= Self.patchOperationsMax else {
            throw Failure(description: "response.patch must be an array of at most \(Self.patchOperationsMax) operations")
        }
        return patch
    }

    private static func refusal(_ status: JSON, _ webhook: Webhook) -> APIStatus {
        let who = "admission webhook \(JSON.string(webhook.name).text) denied the request"
        let reason = status["reason"]?.string ?? ""
        let detail = status["message"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? reason
        let code = status["code"]?.int.flatMap { Int(exactly: $0) } ?? 400
        return APIStatus(
            APIStatus.Reason(rawValue: reason) ?? .unknown, detail.isEmpty ? "\(who) without explanation" : "\(who): \(detail)",
            code: (400..<600).contains(code) ? code : 400)
    }
}
