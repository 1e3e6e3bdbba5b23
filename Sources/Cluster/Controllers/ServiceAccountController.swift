import APIMachinery

/// Gives each namespace its `default` ServiceAccount.
package struct ServiceAccountController: Controller {
    package struct Snapshot: Sendable {
        package var namespace: Object
        package var account: Object?
    }

    package let name = "service-account-controller"
    let namespaces: Informer
    let accounts: Informer

    package init(namespaces: Informer, accounts: Informer) {
        self.namespaces = namespaces
        self.accounts = accounts
    }

    package var sources: [ControllerSource<Informer.Key>] {
        [
            .own(namespaces),
            ControllerSource(accounts) { change in
                guard case .deleted(let account) = change, account.name == "default" else { return [] }
                return [Informer.Key(namespace: "", name: account.namespace)]
            },
        ]
    }

    package func snapshot(of key: Informer.Key, client: any ResourceClient) -> Snapshot? {
        namespaces.get(key).map { Snapshot(namespace: $0, account: accounts.get(namespace: key.name, name: "default")) }
    }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        guard !snapshot.namespace.isDeleting, snapshot.account == nil else { return ControllerPlan() }
        return ControllerPlan([
            .create(.serviceAccounts, Object(.serviceAccounts, namespace: snapshot.namespace.name, name: "default"))
        ])
    }
}

/// Puts the cluster's CA certificate into each namespace, where pods' tokens are projected together with it.
package struct RootCAController: Controller {
    static let configMapName = "kube-root-ca.crt"

    package struct Snapshot: Sendable {
        package var namespace: Object
        package var configMap: Object?
    }

    package let name = "root-ca-cert-publisher"
    let namespaces: Informer
    let configMaps: Informer
    /// PEM.
    let certificate: String

    /// `configMaps` must keep the data of those named `kube-root-ca.crt`.
    package init(namespaces: Informer, configMaps: Informer, certificate: String) {
        self.namespaces = namespaces
        self.configMaps = configMaps
        self.certificate = certificate
    }

    package var sources: [ControllerSource<Informer.Key>] {
        [
            .own(namespaces),
            ControllerSource(configMaps) { change in
                change.object.name == Self.configMapName ? [Informer.Key(namespace: "", name: change.object.namespace)] : []
            },
        ]
    }

    package func snapshot(of key: Informer.Key, client: any ResourceClient) -> Snapshot? {
        namespaces.get(key).map {
            Snapshot(namespace: $0, configMap: configMaps.get(namespace: key.name, name: Self.configMapName))
        }
    }

    package func reconcile(_ snapshot: Snapshot, now: Timestamp) -> ControllerPlan {
        guard !snapshot.namespace.isDeleting else { return ControllerPlan() }
        let data: JSON = ["ca.crt": .string(certificate)]
        guard let current = snapshot.configMap else {
            return ControllerPlan([
                .create(
                    .configMaps,
                    Object(
                        .configMaps, namespace: snapshot.namespace.name, name: Self.configMapName,
                        [
                            "metadata": [
                                "annotations": [
                                    "kubernetes.io/description":
                                        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."
                                ]
                            ],
                            "data": data,
                        ]))
            ])
        }
        if current.fields["data"] == data { return ControllerPlan() }
        return ControllerPlan([.patch(ObjectKey(.configMaps, current), ["data": data])])
    }
}
