import APIMachinery

/// A pod as the agent reads it: a typed view of one version of the object, made once per version.
package struct Pod: Sendable, CustomStringConvertible {
    package enum RestartPolicy: String, Sendable { case always = "Always", onFailure = "OnFailure", never = "Never" }

    package let object: Object
    package let uid: String
    package let namespace: String
    package let name: String
    /// Init containers in order, then the main ones.
    package let containers: [PodContainer]
    package let restartPolicy: RestartPolicy
    package let activeDeadline: Duration?
    package let usesHostNetwork: Bool
    package let qos: QualityOfService

    package init(_ object: Object) {
        self.object = object
        uid = object.uid
        namespace = object.namespace
        name = object.name
        let spec = object.spec
        containers =
            (spec["initContainers"]?.array ?? []).map { PodContainer($0, isInit: true) }
            + (spec["containers"]?.array ?? []).map { PodContainer($0, isInit: false) }
        restartPolicy = spec["restartPolicy"]?.string.flatMap(RestartPolicy.init) ?? .always
        activeDeadline = spec["activeDeadlineSeconds"]?.int.map { .seconds($0) }
        usesHostNetwork = spec["hostNetwork"]?.bool ?? false
        qos = QualityOfService(spec: spec)
    }

    package var spec: JSON { object.spec }
    package var isDeleting: Bool { object.isDeleting }

    /// How long its containers have between TERM and KILL.
    package var gracePeriod: Duration {
        let seconds = object.metadata["deletionGracePeriodSeconds"]?.int ?? spec["terminationGracePeriodSeconds"]?.int ?? 30
        return .seconds(max(1, seconds))
    }

    /// Succeeded or Failed, as the API has it: nothing of it runs again.
    package var isTerminal: Bool {
        let phase = object.status["phase"]?.string
        return phase == "Succeeded" || phase == "Failed"
    }

    package func container(_ name: String) -> PodContainer? { containers.first { $0.name == name } }

    /// Never the spec: it may hold secrets in plain variables.
    package var description: String { "\(fullName)@\(object.resourceVersion)" }

    /// `web_default(0a1b…)`, as the kubelet's messages name pods.
    package var fullName: String { "\(name)_\(namespace)(\(uid))" }
}

/// One container of a pod's spec.
package struct PodContainer: Sendable {
    package enum Role: Sendable {
        /// Runs to its end before the next one starts.
        case initial
        /// An init container with restartPolicy Always: starts in order, runs beside the main ones, stops last.
        case sidecar
        case main
    }
    package enum PullPolicy: String, Sendable { case always = "Always", ifNotPresent = "IfNotPresent", never = "Never" }

    package let json: JSON
    package let name: String
    package let image: String
    package let role: Role
    package let pullPolicy: PullPolicy
    package let probes: [ProbeSpec]
    package let postStart: HookHandler?
    package let preStop: HookHandler?

    package init(_ json: JSON, isInit: Bool) {
        self.json = json
        name = json["name"]?.string ?? ""
        image = json["image"]?.string ?? ""
        role = !isInit ? .main : json["restartPolicy"]?.string == "Always" ? .sidecar : .initial
        let tagged = image.split(separator: "/").last ?? ""
        let isLatest = !image.contains("@") && (image.hasSuffix(":latest") || !tagged.contains(":"))
        pullPolicy = json["imagePullPolicy"]?.string.flatMap(PullPolicy.init) ?? (isLatest ? .always : .ifNotPresent)
        probes = ProbeSpec.Kind.allCases.compactMap { kind in json[kind.field].map { ProbeSpec(kind, $0) } }
        postStart = json["lifecycle"]?["postStart"].flatMap(HookHandler.init)
        preStop = json["lifecycle"]?["preStop"].flatMap(HookHandler.init)
    }

    package func probe(_ kind: ProbeSpec.Kind) -> ProbeSpec? { probes.first { $0.kind == kind } }

    /// Of what forces a running container to be replaced when the pod's spec changes: name and image.
    /// FNV-1a, so that it is the same in every process.
    package var hash: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(name)\u{0}\(image)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    package var terminationMessagePath: String { json["terminationMessagePath"]?.string ?? "/dev/termination-log" }
    package var usesLogsAsMessage: Bool { json["terminationMessagePolicy"]?.string == "FallbackToLogsOnError" }

    /// `spec.containers{web}`: where events about the container point.
    package var fieldPath: String { role == .main ? "spec.containers{\(name)}" : "spec.initContainers{\(name)}" }
}

/// Source: Kubernetes docs, "Pod Quality of Service Classes".
package enum QualityOfService: String, CaseIterable, Sendable {
    case guaranteed = "Guaranteed"
    case burstable = "Burstable"
    case bestEffort = "BestEffort"

    /// Guaranteed: every container limits cpu and memory, and requests as much (absent requests
    /// default to the limits). BestEffort: no container says anything.
    package init(spec: JSON) {
        let containers = (spec["initContainers"]?.array ?? []) + (spec["containers"]?.array ?? [])
        var isGuaranteed = !containers.isEmpty
        var isBestEffort = true
        for container in containers {
            let requests = container["resources"]?["requests"]
            let limits = container["resources"]?["limits"]
            for resource in ["cpu", "memory"] {
                let limit = Quantity(limits?[resource])
                let request = Quantity(requests?[resource]) ?? limit
                if (limit?.milli ?? 0) > 0 || (request?.milli ?? 0) > 0 { isBestEffort = false }
                if (limit?.milli ?? 0) == 0 || limit != request { isGuaranteed = false }
            }
        }
        self = isGuaranteed ? .guaranteed : isBestEffort ? .bestEffort : .burstable
    }
}
