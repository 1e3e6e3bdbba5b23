import APIMachinery

/// What both endpoint controllers read: Services, and the pods that may stand behind them.
package struct ServiceInformers: Sendable {
    private let services: Informer
    private let servicesByNamespace: InformerIndex
    private let pods: Informer
    private let podsByNamespace: InformerIndex

    package init(services: Informer, pods: Informer) {
        self.services = services
        self.pods = pods
        servicesByNamespace = InformerIndex(services) { [$0.namespace] }
        podsByNamespace = InformerIndex(pods) { [$0.namespace] }
    }

    func service(_ key: Informer.Key) -> Object? { services.get(key) }
    func pods(in namespace: String) -> [Object] { podsByNamespace[namespace] }

    /// Wakes a Service that changes, and those that a pod belongs to, or did before the change. What no endpoint shows wakes none.
    var sources: [ControllerSource<Informer.Key>] {
        [
            .own(services),
            ControllerSource(pods) { [servicesByNamespace] change in
                var versions = [change.object]
                if case .updated(let old, let new) = change {
                    if Look(old) == Look(new) { return [] }
                    versions.append(old)
                }
                return servicesByNamespace[change.object.namespace]
                    .filter { service in
                        ServiceBackends.selector(of: service).map { selector in versions.contains { selector.matches($0.labels) } } ?? false
                    }
                    .map(Informer.Key.init)
            },
        ]
    }

    /// What endpoints show of a pod, or select it by.
    private struct Look: Equatable {
        var ip, phase, node: String
        var isReady, isDeleting: Bool
        var labels: [String: String]

        init(_ pod: Object) {
            let state = PodState(pod)
            (ip, phase, node) = (state.ip, state.phase, state.nodeName)
            (isReady, isDeleting) = (state.isReady, pod.isDeleting)
            labels = pod.labels
        }
    }
}
