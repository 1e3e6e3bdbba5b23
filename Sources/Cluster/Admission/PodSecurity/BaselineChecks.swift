import APIMachinery

/// The controls of the baseline level. Source: Kubernetes documentation, "Pod Security Standards", baseline.
extension PodSecurityCheck {
    static let baseline: [PodSecurityCheck] = [
        baseline { pod, _ in
            let set = ["hostNetwork", "hostPID", "hostIPC"].filter { pod.spec[$0]?.bool == true }
            return set.isEmpty ? nil : ("host namespaces", set.map { "\($0)=true" }.joined(separator: ", "))
        },
        baseline { pod, _ in
            let names = pod.containers { $0.context["privileged"]?.bool == true }
            return names.isEmpty ? nil : ("privileged", "\(named(names)) must not set securityContext.privileged=true")
        },
        baselineAlone { pod, _ in
            var names: [String] = []
            var forbidden: [String] = []
            for container in pod.containers {
                let added = capabilities(container, "add").filter { !defaultCapabilities.contains($0) }
                if !added.isEmpty { names.append(container.name) }
                forbidden += added
            }
            guard !names.isEmpty else { return nil }
            return ("non-default capabilities", "\(named(names)) must not include \(quoted(unique(forbidden))) in securityContext.capabilities.add")
        },
        baselineAlone { pod, _ in
            let names = (pod.spec["volumes"]?.array ?? []).filter { !($0["hostPath"] ?? .null).isNull }.map { $0["name"]?.string ?? "" }
            return names.isEmpty ? nil : ("hostPath volumes", "\(names.count == 1 ? "volume" : "volumes") \(quoted(names))")
        },
        baseline { pod, _ in
            var names: [String] = []
            var ports: [String] = []
            for container in pod.containers {
                let own = (container.json["ports"]?.array ?? []).compactMap { $0["hostPort"]?.int }.filter { $0 != 0 }
                if !own.isEmpty { names.append(container.name) }
                ports += own.map { String($0) }
            }
            guard !names.isEmpty else { return nil }
            return ("hostPort", "\(named(names)) \(names.count == 1 ? "uses" : "use") \(ports.count == 1 ? "hostPort" : "hostPorts") \(unique(ports).joined(separator: ", "))")
        },
        baseline(since: 34) { pod, _ in
            var names: [String] = []
            var hosts: [String] = []
            for container in pod.containers {
                let own = handlers(of: container.json).compactMap { handler in
                    (handler["httpGet"]?["host"] ?? handler["tcpSocket"]?["host"])?.string
                }.filter { !$0.isEmpty }
                if !own.isEmpty { names.append(container.name) }
                hosts += own
            }
            guard !names.isEmpty else { return nil }
            return ("probe or lifecycle host", "\(named(names)) \(names.count == 1 ? "uses" : "use") probe or lifecycle host \(quoted(unique(hosts)))")
        },
        baseline { pod, _ in appArmor(pod) },
        baseline { pod, minor in seLinux(pod, minor) },
        baseline { pod, _ in
            var names: [String] = []
            var types: [String] = []
            for container in pod.containers {
                guard let type = container.context["procMount"]?.string, type != "Default" else { continue }
                names.append(container.name)
                types.append(type)
            }
            return names.isEmpty ? nil : ("procMount", "\(named(names)) must not set securityContext.procMount to \(quoted(unique(types)))")
        },
        baselineAlone(since: 19) { pod, _ in
            let isPodUnconfined = pod.context["seccompProfile"]?["type"]?.string == "Unconfined"
            let names = pod.containers { $0.context["seccompProfile"]?["type"]?.string == "Unconfined" }
            return holders(pod: isPodUnconfined, names).map { ("seccompProfile", "\($0) must not set securityContext.seccompProfile.type to \"Unconfined\"") }
        },
        baseline { pod, minor in
            let set = (pod.context["sysctls"]?.array ?? []).compactMap { $0["name"]?.string }
            let forbidden = set.filter { name in !allowedSysctls.contains { $0.name == name && $0.since <= minor } }
            return forbidden.isEmpty ? nil : ("forbidden sysctls", unique(forbidden).joined(separator: ", "))
        },
        baseline { pod, _ in
            let isPodSet = pod.context["windowsOptions"]?["hostProcess"]?.bool == true
            let names = pod.containers { $0.context["windowsOptions"]?["hostProcess"]?.bool == true }
            return holders(pod: isPodSet, names).map { ("hostProcess", "\($0) must not set securityContext.windowsOptions.hostProcess=true") }
        },
    ]

    static func capabilities(_ container: PodSecuritySubject.Container, _ key: String) -> [String] {
        container.context["capabilities"]?[key]?.array?.compactMap(\.string) ?? []
    }

    private static let defaultCapabilities: Set = [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP",
        "SETUID", "SYS_CHROOT",
    ]

    /// Safe sysctls, and the version that began to allow each.
    private static let allowedSysctls: [(name: String, since: Int)] = [
        ("kernel.shm_rmid_forced", 0), ("net.ipv4.ip_local_port_range", 0), ("net.ipv4.tcp_syncookies", 0), ("net.ipv4.ping_group_range", 0),
        ("net.ipv4.ip_unprivileged_port_start", 0), ("net.ipv4.ip_local_reserved_ports", 27), ("net.ipv4.tcp_keepalive_time", 29),
        ("net.ipv4.tcp_fin_timeout", 29), ("net.ipv4.tcp_keepalive_intvl", 29), ("net.ipv4.tcp_keepalive_probes", 29), ("net.ipv4.tcp_rmem", 32),
        ("net.ipv4.tcp_wmem", 32),
    ]

    private static func handlers(of container: JSON) -> [JSON] {
        ["livenessProbe", "readinessProbe", "startupProbe"].compactMap { container[$0] }
            + ["postStart", "preStop"].compactMap { container["lifecycle"]?[$0] }
    }

    private static let appArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/"

    private static func appArmor(_ pod: PodSecuritySubject) -> Violation? {
        func isForbidden(_ context: JSON) -> Bool {
            guard let type = context["appArmorProfile"]?["type"]?.string else { return false }
            return type != "RuntimeDefault" && type != "Localhost"
        }
        func type(_ context: JSON) -> String { context["appArmorProfile"]?["type"]?.string ?? "" }
        var details: [String] = []
        if isForbidden(pod.context) { details.append("pod must not set AppArmor profile type to \"\(type(pod.context))\"") }
        let containers = pod.containers.filter { isForbidden($0.context) }
        if !containers.isEmpty {
            details.append("\(named(containers.map(\.name))) must not set AppArmor profile type to \(quoted(unique(containers.map { type($0.context) })))")
        }
        let annotations = pod.annotations.filter { key, value in
            key.hasPrefix(appArmorAnnotation) && !value.isEmpty && value != "runtime/default" && !value.hasPrefix("localhost/")
        }
        if !annotations.isEmpty {
            let texts = annotations.sorted { $0.key < $1.key }.map { "\"\($0.key)\"=\"\($0.value)\"" }
            details.append("\(texts.count == 1 ? "annotation" : "annotations") \(texts.joined(separator: ", "))")
        }
        guard !details.isEmpty else { return nil }
        return ("forbidden AppArmor profile\(containers.count + annotations.count > 1 ? "s" : "")", details.joined(separator: ", "))
    }

    private static func seLinux(_ pod: PodSecuritySubject, _ minor: Int) -> Violation? {
        let allowed = ["", "container_t", "container_init_t", "container_kvm_t"] + (minor >= 31 ? ["container_engine_t"] : [])
        var types: [String] = []
        var setsUser = false
        var setsRole = false
        func isForbidden(_ context: JSON) -> Bool {
            guard let options = context["seLinuxOptions"], !options.isNull else { return false }
            func text(_ key: String) -> String { options[key]?.string ?? "" }
            if !allowed.contains(text("type")) { types.append(text("type")) }
            setsUser = setsUser || !text("user").isEmpty
            setsRole = setsRole || !text("role").isEmpty
            return !allowed.contains(text("type")) || !text("user").isEmpty || !text("role").isEmpty
        }
        let isPodForbidden = isForbidden(pod.context)
        let names = pod.containers { isForbidden($0.context) }
        guard let holders = holders(pod: isPodForbidden, names) else { return nil }
        var details: [String] = []
        if !types.isEmpty { details.append("\(unique(types).count == 1 ? "type" : "types") \(quoted(unique(types)))") }
        if setsUser { details.append("user may not be set") }
        if setsRole { details.append("role may not be set") }
        return ("seLinuxOptions", "\(holders) set forbidden securityContext.seLinuxOptions: \(details.joined(separator: "; "))")
    }
}
