import APIMachinery

/// What the restricted level adds. Source: Kubernetes documentation, "Pod Security Standards", restricted.
extension PodSecurityCheck {
    static let restricted: [PodSecurityCheck] = [
        restricted { pod, _ in
            var names: [String] = []
            var types: [String] = []
            for volume in pod.spec["volumes"]?.array ?? [] {
                let kinds = (volume.object ?? [:]).filter { $0.key != "name" && !$0.value.isNull }.map(\.key)
                let bad = kinds.filter { !allowedVolumes.contains($0) }
                guard !bad.isEmpty else { continue }
                names.append(volume["name"]?.string ?? "")
                types += bad
            }
            guard !names.isEmpty else { return nil }
            let isOne = names.count == 1
            return (
                "restricted volume types",
                "\(isOne ? "volume" : "volumes") \(quoted(names)) \(isOne ? "uses" : "use") restricted volume \(unique(types).count == 1 ? "type" : "types") \(quoted(unique(types)))"
            )
        },
        restricted(since: 8) { pod, minor in
            if pod.isExempt(minor) { return nil }
            let names = pod.containers { $0.context["allowPrivilegeEscalation"]?.bool != false }
            return names.isEmpty ? nil : ("allowPrivilegeEscalation != false", "\(named(names)) must set securityContext.allowPrivilegeEscalation=false")
        },
        restricted(since: 22) { pod, minor in pod.isExempt(minor) ? nil : capabilities(pod) },
        restricted { pod, _ in runAsNonRoot(pod) },
        restricted(since: 23) { pod, _ in
            let names = pod.containers { $0.context["runAsUser"]?.int == 0 }
            return holders(pod: pod.context["runAsUser"]?.int == 0, names).map { ("runAsUser=0", "\($0) must not set runAsUser=0") }
        },
        restricted(since: 19) { pod, minor in pod.isExempt(minor) ? nil : seccomp(pod) },
    ]

    private static let allowedVolumes: Set = [
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
    ]

    private static func capabilities(_ pod: PodSecuritySubject) -> Violation? {
        let keeping = pod.containers { !capabilities($0, "drop").contains("ALL") }
        var adding: [String] = []
        var added: [String] = []
        for container in pod.containers {
            let own = capabilities(container, "add").filter { $0 != "NET_BIND_SERVICE" }
            if !own.isEmpty { adding.append(container.name) }
            added += own
        }
        var details: [String] = []
        if !keeping.isEmpty { details.append("\(named(keeping)) must set securityContext.capabilities.drop=[\"ALL\"]") }
        if !adding.isEmpty { details.append("\(named(adding)) must not include \(quoted(unique(added))) in securityContext.capabilities.add") }
        return details.isEmpty ? nil : ("unrestricted capabilities", details.joined(separator: "; "))
    }

    private static func runAsNonRoot(_ pod: PodSecuritySubject) -> Violation? {
        let ofPod = pod.context["runAsNonRoot"]?.bool
        let refusing = pod.containers { $0.context["runAsNonRoot"]?.bool == false }
        let silent = ofPod == true ? [] : pod.containers { $0.context["runAsNonRoot"]?.bool == nil }
        // A pod's own "no" is overruled where every container says yes.
        let isPodRefusing = ofPod == false && !silent.isEmpty
        if let holders = holders(pod: isPodRefusing, refusing) {
            return ("runAsNonRoot != true", "\(holders) must not set securityContext.runAsNonRoot=false")
        }
        return silent.isEmpty ? nil : ("runAsNonRoot != true", "pod or \(named(silent)) must set securityContext.runAsNonRoot=true")
    }

    private static func seccomp(_ pod: PodSecuritySubject) -> Violation? {
        func type(_ context: JSON) -> String? { context["seccompProfile"]?["type"]?.string }
        func isAllowed(_ type: String) -> Bool { type == "RuntimeDefault" || type == "Localhost" }
        let ofPod = type(pod.context)
        var forbidden: [String] = []
        let refusing = pod.containers { container in
            guard let own = type(container.context), !isAllowed(own) else { return false }
            forbidden.append(own)
            return true
        }
        let silent = ofPod.map(isAllowed) == true ? [] : pod.containers { type($0.context) == nil }
        var isPodRefusing = false
        if let ofPod, !isAllowed(ofPod), !silent.isEmpty || pod.containers.isEmpty {
            isPodRefusing = true
            forbidden.append(ofPod)
        }
        if let holders = holders(pod: isPodRefusing, refusing) {
            return ("seccompProfile", "\(holders) must not set securityContext.seccompProfile.type to \(quoted(unique(forbidden)))")
        }
        guard !silent.isEmpty else { return nil }
        return ("seccompProfile", "pod or \(named(silent)) must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"")
    }
}
