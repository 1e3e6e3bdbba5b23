import APIMachinery

extension APIServer {
    /// PATCH: the content type says which of the four kinds it is.
    func patch(_ call: Call) throws(APIStatus) -> Reply {
        let options = try call.writeOptions()
        let key = try call.key
        let name = call.request.headers.first(name: "content-type").flatMap { MediaType($0) }?.name ?? ""
        // Custom kinds have no strategic merge: their schemas do not say how.
        let isCustom = registry.kinds.custom(call.type) != nil || call.type == .applications
        let served = PatchKind.allCases.filter { !isCustom || $0 != .strategicMerge }
        guard let kind = PatchKind(rawValue: name), served.contains(kind) else {
            throw APIStatus(
                .unsupportedMediaType,
                "the body of the request was in an unknown format - accepted media types include: \(served.map(\.rawValue).joined(separator: ", "))")
        }
        guard kind != .apply || !options.fieldManager.isEmpty else {
            throw .invalid(
                GroupVersionKind(group: "meta.k8s.io", version: "v1", kind: "PatchOptions"), name: "",
                [APIStatus.Cause(reason: "FieldValueRequired", message: "Required value: is required for apply patch", field: "fieldManager")])
        }
        guard kind == .apply || !options.force else {
            throw .invalid(
                GroupVersionKind(group: "meta.k8s.io", version: "v1", kind: "PatchOptions"), name: "",
                [APIStatus.Cause(reason: "FieldValueForbidden", message: "Forbidden: may not be specified for non-apply patch", field: "force")])
        }
        return later(call) { [self] () async throws(APIStatus) in
            var context = call.context
            let patch: Patch
            if kind == .json {
                patch = .json(try RequestBody.json(call.request))
            } else {
                let body = try RequestBody.written(call.request, as: kind == .apply ? kind.rawValue : "application/json")
                context.duplicateFields = body.duplicates
                patch = kind == .apply ? .apply(body.value) : kind == .merge ? .merge(body.value) : .strategicMerge(body.value)
            }
            let result = try await registry.patch(key, patch, subresource: call.route.subresource, options: options, context: context)
            return respond(result.version, to: call, status: result.effect == .created ? .created : .ok)
        }
    }
}

/// The media types of patches.
package enum PatchKind: String, Sendable, CaseIterable {
    case json = "application/json-patch+json"
    case merge = "application/merge-patch+json"
    case strategicMerge = "application/strategic-merge-patch+json"
    case apply = "application/apply-patch+yaml"
}
