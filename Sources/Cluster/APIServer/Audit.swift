import APIMachinery
import Logging

extension APIServer {
    /// Logs what admission noted of a request: the audit annotations of Kubernetes, without a policy and bodies.
    func audit(_ call: Call) {
        let notes = call.context.audit.all
        guard !notes.isEmpty else { return }
        var metadata: Logger.Metadata = [
            "verb": "\(call.route.verb.rawValue)", "kind": "\(call.type.kind)", "namespace": "\(call.route.namespace ?? "")",
            "name": "\(call.route.name ?? "")", "user": "\(call.context.user.name)",
        ]
        for (key, value) in notes { metadata[key] = "\(value)" }
        logger.notice("audit", metadata: metadata)
    }
}
