import APIMachinery

extension Admission {
    /// Gives a pod the overhead and the place of its RuntimeClass, which must exist.
    /// Source: Kubernetes documentation, "Runtime Class", "Pod Overhead".
    static let runtimeClass: Plugin = { pod, request throws(APIStatus) in
        guard request.type == .pods, request.isCreate, let runtime = try runtimeClass(of: pod, request) else { return }
        if let overhead = runtime["overhead", "podFixed"], overhead.object?.isEmpty == false {
            guard pod["spec", "overhead"].map({ PodResources.list($0) == PodResources.list(overhead) }) ?? true else { throw otherOverhead(pod) }
            pod["spec", "overhead"] = overhead
        }
        for (key, value) in (runtime["scheduling", "nodeSelector"]?.stringMap ?? [:]).sorted(by: { $0.key < $1.key }) {
            if let own = pod["spec", "nodeSelector", key]?.string, own != value {
                throw refusal(
                    of: pod, "conflict: runtimeClass.scheduling.nodeSelector[\(key)] = \(value); pod.spec.nodeSelector[\(key)] = \(own)")
            }
            pod["spec", "nodeSelector", key] = .string(value)
        }
        let tolerations = runtime["scheduling", "tolerations"]?.array ?? []
        if !tolerations.isEmpty { pod["spec", "tolerations"] = .array(PodTolerations.merged((pod["spec", "tolerations"]?.array ?? []) + tolerations)) }
    }

    /// The overhead is the class's to say: no webhook and no client may set another.
    static let runtimeOverhead: Judge = { pod, request throws(APIStatus) in
        guard request.type == .pods, request.isCreate else { return }
        let overhead = PodResources.list(pod["spec", "overhead"])
        guard let fixed = try runtimeClass(of: pod, request)?["overhead", "podFixed"], fixed.object?.isEmpty == false else {
            guard overhead.isEmpty else { throw refusal(of: pod, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead") }
            return
        }
        guard overhead == PodResources.list(fixed) else { throw otherOverhead(pod) }
    }

    private static func runtimeClass(of pod: Object, _ request: Request) throws(APIStatus) -> Object? {
        guard let name = pod["spec", "runtimeClassName"]?.string else { return nil }
        guard let found = request.lookup(.runtimeClasses, "", name) else {
            throw refusal(of: pod, "pod rejected: RuntimeClass \(JSON.string(name).text) not found")
        }
        return found
    }

    private static func otherOverhead(_ pod: Object) -> APIStatus {
        refusal(of: pod, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
    }

    private static func refusal(of pod: Object, _ detail: String) -> APIStatus {
        .forbidden(.pods, name: pod.name.isEmpty ? pod.generateName : pod.name, detail)
    }
}

/// The tolerations of a pod, by what each tolerates.
private enum PodTolerations {
    /// Without those that others make redundant; of equal ones the first stays.
    static func merged(_ all: [JSON]) -> [JSON] {
        var merged: [JSON] = []
        for (index, toleration) in all.enumerated() {
            if merged.contains(where: { covers($0, toleration) }) { continue }
            if all[(index + 1)...].contains(where: { $0 != toleration && covers($0, toleration) }) { continue }
            merged.append(toleration)
        }
        return merged
    }

    private static func covers(_ wide: JSON, _ narrow: JSON) -> Bool {
        if wide == narrow { return true }
        func text(_ toleration: JSON, _ key: String) -> String { toleration[key]?.string ?? "" }
        let isExists = text(wide, "operator") == "Exists"
        guard text(wide, "key") == text(narrow, "key") || text(wide, "key").isEmpty && isExists else { return false }
        guard text(wide, "effect") == text(narrow, "effect") || text(wide, "effect").isEmpty else { return false }
        if text(wide, "effect") == "NoExecute", let most = wide["tolerationSeconds"]?.int {
            guard let seconds = narrow["tolerationSeconds"]?.int, seconds <= most else { return false }
        }
        return isExists || text(narrow, "operator") != "Exists" && text(wide, "value") == text(narrow, "value")
    }
}
