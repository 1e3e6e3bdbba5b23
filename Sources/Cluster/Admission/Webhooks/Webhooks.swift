import APIMachinery

/// Asks the webhooks that a request concerns: mutating ones one after another, validating ones side by side.
///
/// Source: Kubernetes documentation, "Dynamic Admission Control".
package struct Webhooks: Sendable {
    /// Sends a review and returns the answer's body, or throws why there is none. Bounded in time and size by the callee.
    typealias Call = @Sendable (_ webhook: Webhook, _ body: [UInt8]) async throws(AdmissionReview.Failure) -> [UInt8]

    /// What a call needs to know beside the request.
    struct Surroundings: Sendable {
        /// The versions in which the request's resource is served.
        var versions: @Sendable () -> [ResourceType]
        var options: JSON
        /// The object in another of those versions, and back.
        var served: @Sendable (Object, ResourceType) -> Object
        var stored: @Sendable (Object, ResourceType) -> Object
        var uid: @Sendable () -> String
        var clock: any WallClock
    }

    /// In the order in which they are called.
    let mutating: @Sendable () -> [Webhook]
    let validating: @Sendable () -> [Webhook]
    let call: Call

    private func matching(_ webhooks: [Webhook], _ request: Admission.Request, _ object: Object?, _ around: Surroundings) -> [(Webhook, ResourceType)] {
        guard !webhooks.isEmpty, Webhook.mayConcern(request.type) else { return [] }
        let labels: [String: String]? =
            if request.type == .namespaces {
                (object ?? request.old)?.labels ?? [:]
            } else if request.type.isNamespaced {
                request.lookup(.namespaces, "", request.namespace)?.labels ?? [:]
            } else {
                nil
            }
        let versions = around.versions()
        return webhooks.compactMap { webhook in
            webhook.match(request, object: object, versions: versions, namespaceLabels: labels).map { (webhook, $0) }
        }
    }

    /// Lets the mutating webhooks change the object. `again` is what the server's own admission does
    /// after a webhook changed something: defaults and the plugins.
    func mutate(
        _ object: inout Object?, _ request: Admission.Request, _ around: Surroundings,
        again: (inout Object) throws(APIStatus) -> Void
    ) async throws(APIStatus) {
        // Matched one by one: a change by the one before counts.
        var called: [(webhook: Webhook, type: ResourceType)] = []
        var mustRepeat: Set<Int> = []
        for webhook in mutating() {
            guard let (webhook, type) = matching([webhook], request, object, around).first else { continue }
            let isChanged = try await apply(webhook, type, &object, request, around)
            if isChanged {
                for (index, earlier) in called.enumerated() where earlier.webhook.isReinvoked { mustRepeat.insert(index) }
                if var changed = object {
                    try again(&changed)
                    object = changed
                }
            }
            called.append((webhook, type))
        }
        for index in mustRepeat.sorted() {
            let isChanged = try await apply(called[index].webhook, called[index].type, &object, request, around)
            if isChanged, var changed = object {
                try again(&changed)
                object = changed
            }
        }
    }

    /// Answers whether the webhook changed the object.
    private func apply(
        _ webhook: Webhook, _ type: ResourceType, _ object: inout Object?, _ request: Admission.Request, _ around: Surroundings
    ) async throws(APIStatus) -> Bool {
        let before = object
        guard let answer = try await ask(webhook, type, before, request, around, isMutating: true), let patch = answer.patch, let before else { return false }
        do throws(AdmissionReview.Failure) {
            object = try patched(before, by: patch, type, request, around)
        } catch {
            // A patch that does not apply is a failed call.
            if webhook.isIgnorable { return false }
            throw failure(error, of: webhook)
        }
        return object != before
    }

    private func patched(
        _ object: Object, by patch: JSON, _ type: ResourceType, _ request: Admission.Request, _ around: Surroundings
    ) throws(AdmissionReview.Failure) -> Object {
        let isConverted = object.gvk == request.type.gvk
        let seen = isConverted ? around.served(object, type) : object
        let result: JSON
        do throws(APIStatus) { result = try JSONPatch.apply(patch, to: seen.json) } catch {
            throw AdmissionReview.Failure(description: "its patch does not apply: \(error.message)")
        }
        guard case .object(let fields) = result else { throw AdmissionReview.Failure(description: "its patch leaves no object") }
        var new = isConverted ? around.stored(Object(fields), type) : Object(fields)
        new["apiVersion"] = object["apiVersion"]
        guard new.kind == object.kind, new.name == object.name, new.namespace == object.namespace else {
            throw AdmissionReview.Failure(description: "its patch must not change the object's kind, name or namespace")
        }
        // What is the server's stays the server's.
        for key in ["uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "managedFields"] {
            new["metadata", key] = object["metadata", key]
        }
        return new
    }

    /// Asks the validating webhooks; throws the refusal of the first in order that refuses.
    func validate(_ object: Object?, _ request: Admission.Request, _ around: Surroundings) async throws(APIStatus) {
        let concerned = matching(validating(), request, object, around)
        guard !concerned.isEmpty else { return }
        if concerned.count == 1 {
            _ = try await ask(concerned[0].0, concerned[0].1, object, request, around, isMutating: false)
            return
        }
        let refusals = await withTaskGroup(of: (Int, APIStatus?).self) { group in
            for (index, (webhook, type)) in concerned.enumerated() {
                group.addTask {
                    do throws(APIStatus) {
                        _ = try await ask(webhook, type, object, request, around, isMutating: false)
                        return (index, nil)
                    } catch { return (index, error) }
                }
            }
            var refusals: [Int: APIStatus] = [:]
            for await (index, refusal) in group { refusals[index] = refusal }
            return refusals
        }
        if let first = refusals.min(by: { $0.key < $1.key }) { throw first.value }
    }

    /// nil when the call failed and the webhook's failures are to be ignored.
    private func ask(
        _ webhook: Webhook, _ type: ResourceType, _ object: Object?, _ request: Admission.Request, _ around: Surroundings, isMutating: Bool
    ) async throws(APIStatus) -> AdmissionReview.Answer? {
        guard !request.isDryRun || webhook.isFreeOfSideEffects else {
            throw .badRequest("admission webhook \(JSON.string(webhook.name).text) does not support dry run")
        }
        let answer: AdmissionReview.Answer
        do throws(AdmissionReview.Failure) {
            guard let version = webhook.reviewVersion else {
                throw AdmissionReview.Failure(description: "webhook does not accept known AdmissionReview versions (v1, v1beta1)")
            }
            let review = AdmissionReview(
                webhook, version: version, request, object: object, seen: type, around)
            let bytes = try await Self.limited(to: webhook.timeout, clock: around.clock) { [call] () async throws(AdmissionReview.Failure) in
                try await call(webhook, review.json.encoded())
            }
            answer = try review.read(bytes, of: webhook, isMutating: isMutating)
        } catch {
            if webhook.isIgnorable {
                request.annotate("failed-open.\(isMutating ? "mutating" : "validating").webhook.admission.k8s.io/\(webhook.name)", error.description)
                return nil
            }
            throw failure(error, of: webhook)
        }
        for warning in answer.warnings { request.warn(warning) }
        for (key, value) in answer.annotations { request.annotate(key, value) }
        if let refusal = answer.refusal { throw refusal }
        return answer
    }

    private func failure(_ failure: AdmissionReview.Failure, of webhook: Webhook) -> APIStatus {
        .internalError("failed calling webhook \(JSON.string(webhook.name).text): \(failure)")
    }

    /// Ends `body` when its time is over, whatever it does.
    private static func limited(
        to time: Duration, clock: any WallClock, _ body: @escaping @Sendable () async throws(AdmissionReview.Failure) -> [UInt8]
    ) async throws(AdmissionReview.Failure) -> [UInt8] {
        let result = await withTaskGroup(of: Result<[UInt8], AdmissionReview.Failure>.self) { group in
            group.addTask {
                do throws(AdmissionReview.Failure) { return .success(try await body()) } catch { return .failure(error) }
            }
            group.addTask {
                // Cancellation ends the sleep: the body was faster.
                try? await clock.sleep(for: time)
                return .failure(AdmissionReview.Failure(description: "failed to call webhook: context deadline exceeded (timeout \(time))"))
            }
            let first = await group.next()
            group.cancelAll()
            return first ?? .failure(AdmissionReview.Failure(description: "failed to call webhook: cancelled"))
        }
        return try result.get()
    }
}
