import APIMachinery

/// A container's security context over its pod's. Source: API reference, core/v1 SecurityContext.
struct SecurityContext {
    /// What a container may not see of /proc and /sys, and what it may not write. Source: moby's and
    /// the kubelet's default masks (procMount Default).
    static let maskedPaths = [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
    ]
    static let readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

    let pod: Pod
    let container: PodContainer

    private func value(_ key: String) -> JSON? {
        container.json["securityContext"]?[key] ?? pod.spec["securityContext"]?[key]
    }

    private var own: JSON { container.json["securityContext"] ?? [:] }
    private var isPrivileged: Bool { own["privileged"]?.bool == true }

    /// `image` is checked for `runAsNonRoot`.
    func message(image: RuntimeImage?) throws -> Runtime_V1_LinuxContainerSecurityContext {
        try checkNonRoot(image)
        return .with {
            $0.privileged = isPrivileged
            $0.namespaceOptions = pod.namespaceOptions
            $0.readonlyRootfs = own["readOnlyRootFilesystem"]?.bool ?? false
            $0.noNewPrivs = own["allowPrivilegeEscalation"]?.bool == false
            $0.seccomp = isPrivileged ? .with { $0.profileType = .unconfined } : Self.seccomp(value("seccompProfile"))
            if let user = value("runAsUser")?.int {
                $0.runAsUser = .with { $0.value = user }
            } else if let uid = image?.uid {
                $0.runAsUser = .with { $0.value = uid }
            } else if let name = image?.username, !name.isEmpty {
                $0.runAsUsername = name
            } else {
                $0.runAsUser = .with { $0.value = 0 }
            }
            if let group = value("runAsGroup")?.int { $0.runAsGroup = .with { $0.value = group } }
            $0.supplementalGroups = Self.supplementalGroups(of: pod)
            $0.capabilities = .with {
                $0.addCapabilities = capabilities("add")
                $0.dropCapabilities = capabilities("drop")
            }
            if !isPrivileged, own["procMount"]?.string != "Unmasked" {
                $0.maskedPaths = Self.maskedPaths
                $0.readonlyPaths = Self.readonlyPaths
            }
        }
    }

    private func capabilities(_ key: String) -> [String] {
        (own["capabilities"]?[key]?.array ?? []).compactMap(\.string)
    }

    private func checkNonRoot(_ image: RuntimeImage?) throws {
        guard value("runAsNonRoot")?.bool == true else { return }
        if let user = value("runAsUser")?.int {
            if user == 0 { throw PodProblem("container's runAsUser breaks non-root policy (pod: \"\(pod.fullName)\", container: \(container.name))") }
        } else if let name = image?.username, !name.isEmpty {
            throw PodProblem("container has runAsNonRoot and image has non-numeric user (\(name)), cannot verify user is non-root (pod: \"\(pod.fullName)\", container: \(container.name))")
        } else if (image?.uid ?? 0) == 0 {
            throw PodProblem("container has runAsNonRoot and image will run as root (pod: \"\(pod.fullName)\", container: \(container.name))")
        }
    }

    /// Absent is Unconfined, as in a kubelet without SeccompDefault.
    static func seccomp(_ profile: JSON?) -> Runtime_V1_SecurityProfile {
        .with {
            switch profile?["type"]?.string {
            case "RuntimeDefault": $0.profileType = .runtimeDefault
            case "Localhost":
                $0.profileType = .localhost
                $0.localhostRef = "/var/lib/kubelet/seccomp/" + (profile?["localhostProfile"]?.string ?? "")
            default: $0.profileType = .unconfined
            }
        }
    }

    static func supplementalGroups(of pod: Pod) -> [Int64] {
        let security = pod.spec["securityContext"]
        return (security?["supplementalGroups"]?.array ?? []).compactMap(\.int) + [security?["fsGroup"]?.int].compactMap { $0 }
    }
}

/// Something in a pod's spec, or in what it refers to, that keeps it from running. The text is what the user reads.
package struct PodProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package var message: String

    package init(_ message: String) { self.message = message }
    package var description: String { message }
}
