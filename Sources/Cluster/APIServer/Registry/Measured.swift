import APIMachinery

extension ResourceType {
    /// Objects of the kind are measured on the nodes when somebody asks, and kept by nobody.
    package var isMeasured: Bool { self == .podMetrics || self == .nodeMetrics }
}

/// PodMetrics and NodeMetrics: what the nodes' agents measure at the moment of the question.
/// Source: kubernetes-sigs, metrics-server, pkg/api.
extension Registry {
    /// Throws `notFound` for what does not exist, does not run, or has not run for long enough to say.
    package func measured(_ key: ObjectKey) async throws(APIStatus) -> ObjectVersion {
        let subject: ResourceType = key.type == .podMetrics ? .pods : .nodes
        guard let version = store.version(subject.groupResource, namespace: key.namespace ?? "", name: key.name) else {
            throw .notFound(subject, name: key.name)
        }
        guard let found = await measure(key.type, [version]).first else { throw Self.unmeasured(key) }
        return found
    }

    /// In the names that metrics-server gives the two kinds.
    private static func unmeasured(_ key: ObjectKey) -> APIStatus {
        let name = key.namespace.map { "\($0)/\(key.name)" } ?? key.name
        let resource = key.type.kind.lowercased()
        return APIStatus(
            .notFound, "\(resource).\(key.type.group) \"\(name)\" not found", group: key.type.group, kind: resource, name: name)
    }

    /// In order of namespace and name. What is not running is left out.
    package func measuredList(_ type: ResourceType, namespace: String?, options: ListOptions) async throws(APIStatus) -> VersionList {
        try FieldSelectors.check(options.fieldSelector, type, custom: nil)
        let filter = VersionFilter(namespace: namespace, labels: options.labelSelector, fields: options.fieldSelector)
        let subject: ResourceType = type == .podMetrics ? .pods : .nodes
        let versions = store.snapshot(subject.groupResource).versions.objects(in: filter.namespace).filter(filter.matches)
        return VersionList(items: await measure(type, Array(versions)), resourceVersion: "", continueToken: "")
    }

    private func measure(_ type: ResourceType, _ subjects: [ObjectVersion]) async -> [ObjectVersion] {
        guard let nodeEndpoint, !subjects.isEmpty else { return [] }
        if type == .nodeMetrics {
            guard let usage = await nodeEndpoint.nodeUsage(), let node = subjects.first(where: { $0.name == usage.node }) else { return [] }
            return [ObjectVersion(unstored: Measurement.object(of: node, usage, now: clock.now))]
        }
        let running = subjects.filter { $0.object.status["phase"] == "Running" }
        if running.isEmpty { return [] }
        let usages = await nodeEndpoint.usage(ofPods: Set(running.map(\.uid)))
        let byPod = Dictionary(usages.map { ($0.uid, $0) }, uniquingKeysWith: { first, _ in first })
        let now = clock.now
        return running.compactMap { pod in
            byPod[pod.uid].map { ObjectVersion(unstored: Measurement.object(of: pod, $0, now: now)) }
        }
    }

    /// Measurements as objects. They carry the labels of what they measure, to be selected by.
    private enum Measurement {
        static func object(of node: ObjectVersion, _ usage: NodeUsage, now: Timestamp) -> Object {
            object(.nodeMetrics, node, time: usage.time, window: usage.window, now: now, ["usage": json(usage.usage)])
        }

        static func object(of pod: ObjectVersion, _ usage: PodUsage, now: Timestamp) -> Object {
            let containers = usage.containers.map { container -> JSON in
                ["name": .string(container.name), "usage": json(container.usage)]
            }
            return object(.podMetrics, pod, time: usage.time, window: usage.window, now: now, ["containers": .array(containers)])
        }

        private static func object(
            _ type: ResourceType, _ subject: ObjectVersion, time: Timestamp, window: Duration, now: Timestamp, _ fields: JSONObject
        ) -> Object {
            var object = Object(type, namespace: type.isNamespaced ? subject.namespace : nil, name: subject.name, fields)
            object["metadata", "creationTimestamp"] = .string(now.description)
            if !subject.labels.isEmpty { object["metadata", "labels"] = .object(subject.labels) }
            object["timestamp"] = .string(time.description)
            object["window"] = .string(window.goText)
            return object
        }

        private static func json(_ usage: ResourceUsage) -> JSON {
            [
                "cpu": .string(Quantity(nano: usage.cpuNanocores).description),
                "memory": .string(Quantity(units: usage.memoryBytes, format: .binary).description),
            ]
        }
    }
}
