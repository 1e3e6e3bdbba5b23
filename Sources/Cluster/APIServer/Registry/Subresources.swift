import APIMachinery

extension Registry {
    /// `pods/binding`, `pods/eviction`, `serviceaccounts/token`: answers the document to send back.
    package func createSubresource(
        _ key: ObjectKey, _ subresource: String, _ body: Object, options: WriteOptions, context: RequestContext
    ) async throws(APIStatus) -> Object {
        let body = try await admitDocument(body, key, subresource, options: options, context: context)
        switch (key.type, subresource) {
        case (.pods, "binding"): return try await bind(key, body, options: options, context: context)
        case (.pods, "eviction"): return try await evict(key, body, options: options, context: context)
        case (.serviceAccounts, "token"): return try await issueToken(key, body, options: options, context: context)
        default: throw unknownSubresource(key)
        }
    }

    static func success(_ code: Int) -> Object {
        Object(["apiVersion": "v1", "kind": "Status", "metadata": [:], "status": "Success", "code": JSON(code)])
    }

    // MARK: Binding

    /// Assigns a pod to a node, once.
    private func bind(_ key: ObjectKey, _ binding: Object, options: WriteOptions, context: RequestContext) async throws(APIStatus) -> Object {
        let target = binding["target", "name"]?.string ?? ""
        let kind = binding["target", "kind"]?.string ?? ""
        guard !target.isEmpty, kind.isEmpty || kind == "Node" else {
            throw .invalid(
                GroupVersionKind(group: "", version: "v1", kind: "Binding"), name: key.name,
                [
                    target.isEmpty
                        ? .init(reason: "FieldValueRequired", message: "Required value", field: "target.name")
                        : .init(
                            reason: "FieldValueNotSupported", message: "Unsupported value: \(JSON.string(kind).text): supported values: \"Node\", \"\"",
                            field: "target.kind")
                ])
        }
        let manager = context.fieldManager(options.fieldManager)
        let now = clock.now
        _ = try await modify(key, subresource: "binding", options: options, manager: manager, context: context) { live throws(APIStatus) in
            func refusal(_ detail: String) -> APIStatus {
                APIStatus(.conflict, "Operation cannot be fulfilled on pods/binding \"\(key.name)\": \(detail)", kind: "pods/binding", name: key.name)
            }
            if live.isDeleting { throw refusal("pod \(key.name) is being deleted, cannot be assigned to a host") }
            if let node = live["spec", "nodeName"]?.string, !node.isEmpty { throw refusal("pod \(key.name) is already assigned to node \"\(node)\"") }
            if let gates = live["spec", "schedulingGates"]?.array, !gates.isEmpty {
                throw refusal("pod \(key.name) has non-empty .spec.schedulingGates")
            }
            var bound = live
            bound["spec", "nodeName"] = .string(target)
            bound.annotations.merge(binding.annotations) { $1 }
            bound["status", "conditions"] = .array(Self.scheduled(live["status", "conditions"]?.array ?? [], now))
            bound = ServerSideApply.update(
                bound, from: live, manager: manager, operation: "Update", subresource: "binding", now: now, schema: self.node(of: key.type))
            bound.resourceVersion = binding.resourceVersion
            if !binding.uid.isEmpty { bound.uid = binding.uid }
            return bound
        }
        return Self.success(201)
    }

    private static func scheduled(_ conditions: [JSON], _ now: Timestamp) -> [JSON] {
        let condition: JSON = [
            "type": "PodScheduled", "status": "True", "lastProbeTime": .null, "lastTransitionTime": .string(now.description),
        ]
        return conditions.filter { $0["type"]?.string != "PodScheduled" } + [condition]
    }

    // MARK: Tokens

    private static let tokenSeconds: ClosedRange<Int64> = 600...(1 << 32)

    /// Answers the TokenRequest with a token in its status. Source: API reference, authentication/v1.
    private func issueToken(_ key: ObjectKey, _ request: Object, options: WriteOptions, context: RequestContext) async throws(APIStatus) -> Object {
        guard let account = store.version(key.type.groupResource, namespace: key.namespace ?? "", name: key.name) else {
            throw .notFound(key.type, name: key.name)
        }
        guard let tokenIssuer else { throw APIStatus(.serviceUnavailable, "this server does not issue tokens") }
        var answer = request
        answer["apiVersion"] = "authentication.k8s.io/v1"
        answer["kind"] = "TokenRequest"
        answer["metadata"] = [
            "name": .string(key.name), "namespace": .string(key.namespace ?? ""), "creationTimestamp": .string(clock.now.description),
        ]
        let seconds = request["spec", "expirationSeconds"]?.int ?? 3600
        guard Self.tokenSeconds.contains(seconds) else {
            let detail = seconds < 600 ? "may not specify a duration less than 10 minutes" : "may not specify a duration larger than 2^32 seconds"
            throw .invalid(
                GroupVersionKind(group: "authentication.k8s.io", version: "v1", kind: "TokenRequest"), name: "",
                [.init(reason: "FieldValueInvalid", message: "Invalid value: \(seconds): \(detail)", field: "spec.expirationSeconds")])
        }
        answer["spec", "expirationSeconds"] = .int(seconds)
        try checkBinding(of: &answer, key)
        let (token, expiration) = try await tokenIssuer.issue(serviceAccount: account.object, spec: answer.spec)
        answer["status"] = ["token": .string(token), "expirationTimestamp": .string(expiration.description)]
        return answer
    }

    /// A token may be bound to a Pod or Secret that exists; its uid is filled in or must fit.
    private func checkBinding(of request: inout Object, _ key: ObjectKey) throws(APIStatus) {
        guard let reference = request["spec", "boundObjectRef"], !reference.isNull else { return }
        let name = reference["name"]?.string ?? ""
        let type: ResourceType
        var namespace = key.namespace ?? ""
        switch reference["kind"]?.string {
        case "Pod": type = .pods
        case "Secret": type = .secrets
        case "Node":
            type = .nodes
            namespace = ""
        default: throw .badRequest("cannot bind token to object of type \(reference["kind"]?.string ?? "")")
        }
        guard let bound = store.version(type.groupResource, namespace: namespace, name: name) else { throw .notFound(type, name: name) }
        if let uid = reference["uid"]?.string, !uid.isEmpty, uid != bound.uid {
            throw .conflict(type, name: name, "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might have been deleted and then recreated")
        }
        request["spec", "boundObjectRef", "uid"] = .string(bound.uid)
    }
}
