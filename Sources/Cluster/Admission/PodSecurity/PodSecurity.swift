import APIMachinery

/// Pods fit their namespace's Pod Security level, or are refused, noted or warned of.
/// Source: Kubernetes documentation, "Pod Security Admission".
extension Admission {
    /// Pods looked at when a namespace becomes stricter.
    private static let podsMax = 3_000

    static let podSecurity: Judge = { object, request throws(APIStatus) in
        switch request.type {
        case .namespaces where request.isWrite: try judgeNamespace(object, request)
        case .pods where request.isWrite || request.subresource == "ephemeralcontainers": try judgePod(object, request)
        default: if request.isWrite, let path = templatePaths[request.type.groupResource] { judgeTemplate(object, path, request) }
        }
    }

    private static let templatePaths: [GroupResource: [String]] = [
        ResourceType.podTemplates.groupResource: ["template"],
        ResourceType.replicationControllers.groupResource: ["spec", "template"],
        ResourceType.deployments.groupResource: ["spec", "template"],
        ResourceType.replicaSets.groupResource: ["spec", "template"],
        ResourceType.statefulSets.groupResource: ["spec", "template"],
        ResourceType.daemonSets.groupResource: ["spec", "template"],
        ResourceType.jobs.groupResource: ["spec", "template"],
        ResourceType.cronJobs.groupResource: ["spec", "jobTemplate", "spec", "template"],
    ]

    private static func modes(_ request: Request) -> PodSecurityModes {
        PodSecurityModes(request.lookup(.namespaces, "", request.namespace)?.labels ?? [:])
    }

    private static func judgePod(_ pod: Object, _ request: Request) throws(APIStatus) {
        if let old = request.old, !isSignificant(pod, old) { return }
        let modes = modes(request)
        func violations(_ policy: PodSecurityPolicy) -> [String] { policy.violations(metadata: .object(pod.metadata), spec: pod.spec) }
        if modes.enforce.level != .privileged { request.annotate("pod-security.kubernetes.io/enforce-policy", modes.enforce.description) }
        let refused = violations(modes.enforce)
        note(violations(modes.audit), modes.audit, request)
        guard refused.isEmpty else {
            throw .forbidden(
                .pods, name: pod.name.isEmpty ? pod.generateName : pod.name,
                "violates PodSecurity \"\(modes.enforce)\": \(refused.joined(separator: ", "))")
        }
        warn(violations(modes.warn), modes.warn, request)
    }

    /// Templates are refused nothing: the pods made of them will be.
    private static func judgeTemplate(_ object: Object, _ path: [String], _ request: Request) {
        guard let template = object.json[path: path] else { return }
        let modes = modes(request)
        func violations(_ policy: PodSecurityPolicy) -> [String] {
            policy.violations(metadata: template["metadata"] ?? .null, spec: template["spec"] ?? .null)
        }
        note(violations(modes.audit), modes.audit, request)
        warn(violations(modes.warn), modes.warn, request)
    }

    private static func note(_ violations: [String], _ policy: PodSecurityPolicy, _ request: Request) {
        guard !violations.isEmpty else { return }
        request.annotate(
            "pod-security.kubernetes.io/audit-violations", "would violate PodSecurity \"\(policy)\": \(violations.joined(separator: ", "))")
    }

    private static func warn(_ violations: [String], _ policy: PodSecurityPolicy, _ request: Request) {
        if !violations.isEmpty { request.warn("would violate PodSecurity \"\(policy)\": \(violations.joined(separator: ", "))") }
    }

    /// Changes of fields that no control looks at do not bring an old pod down.
    private static func isSignificant(_ new: Object, _ old: Object) -> Bool {
        func watched(_ pod: Object) -> JSON {
            var spec = pod.spec
            for key in ["tolerations", "activeDeadlineSeconds", "terminationGracePeriodSeconds", "nodeName", "schedulingGates", "nodeSelector", "affinity"] {
                spec.set(nil, at: [key])
            }
            return spec
        }
        return watched(new) != watched(old)
    }

    // MARK: Namespaces

    private static func judgeNamespace(_ namespace: Object, _ request: Request) throws(APIStatus) {
        let modes = PodSecurityModes(namespace.labels)
        let before = request.old.map { PodSecurityModes($0.labels) }
        if !modes.errors.isEmpty, modes.errors != before?.errors {
            throw .invalid(ResourceType.namespaces.gvk, name: namespace.name, modes.errors.map(\.cause))
        }
        guard let before, modes.enforce != before.enforce, modes.enforce.level != .privileged else { return }
        // A looser level than before cannot surprise a pod.
        if modes.enforce.minor == before.enforce.minor, modes.enforce.level < before.enforce.level { return }
        var pods: [String: [String]] = [:]
        for pod in request.list(.pods, namespace.name).prefix(podsMax) {
            let violations = modes.enforce.violations(metadata: .object(pod.metadata), spec: pod.spec)
            if !violations.isEmpty { pods[violations.map { String($0.prefix { $0 != "(" }).trimmed }.joined(separator: ", "), default: []].append(pod.name) }
        }
        guard !pods.isEmpty else { return }
        request.warn("existing pods in namespace \"\(namespace.name)\" violate the new PodSecurity enforce level \"\(modes.enforce)\"")
        for (reasons, names) in pods.sorted(by: { $0.value[0] < $1.value[0] }) {
            let others = names.count - 1
            let who = others == 0 ? names[0] : "\(names[0]) (and \(others) other \(others == 1 ? "pod" : "pods"))"
            request.warn("\(who): \(reasons)")
        }
    }
}

extension String {
    /// Without spaces at the end.
    fileprivate var trimmed: String {
        var text = self[...]
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }
}
