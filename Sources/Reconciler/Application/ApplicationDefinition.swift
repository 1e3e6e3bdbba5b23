import APIMachinery

extension Application {
    /// The kind as a custom resource, for clusters that do not come with it. Source: apiextensions.k8s.io/v1.
    ///
    /// Its fields are not described: what cannot be read is told by the Application's own condition.
    static func definition(group: String = ResourceType.applications.group) -> Object {
        let type = ResourceType.applications
        let anything: JSON = ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
        func column(_ name: String, _ path: String) -> JSON { ["name": .string(name), "type": "string", "jsonPath": .string(path)] }
        return Object(
            .customResourceDefinitions, name: "\(type.plural).\(group)",
            [
                "spec": [
                    "group": .string(group), "scope": "Namespaced",
                    "names": [
                        "kind": .string(type.kind), "plural": .string(type.plural), "singular": .string(type.kind.lowercased()),
                        "listKind": .string("\(type.kind)List"), "shortNames": JSON(type.shortNames),
                    ],
                    "versions": [
                        [
                            "name": .string(type.version), "served": true, "storage": true, "subresources": ["status": [:]],
                            "schema": [
                                "openAPIV3Schema": ["type": "object", "required": ["spec"], "properties": ["spec": anything, "status": anything]]
                            ],
                            "additionalPrinterColumns": [
                                column("Revision", ".status.observedRevision"), column("Synced", ".status.conditions[?(@.type==\"Synced\")].status"),
                                column("Health", ".status.health"), column("Summary", ".status.summary"),
                            ],
                        ]
                    ],
                ]
            ])
    }

    /// Makes sure that a cluster serves the kind.
    ///
    /// - Throws: `APIStatus` where the cluster does not let it be made, or does not serve it in time.
    package static func define(in client: any ResourceClient, clock: any WallClock) async throws {
        guard try await !client.resourceTypes().contains(where: { $0.groupResource == ResourceType.applications.groupResource }) else { return }
        let definition = definition()
        let key = ObjectKey(.customResourceDefinitions, name: definition.name)
        _ = try await client.patch(
            key, .apply(definition.json), subresource: nil, options: WriteOptions(fieldManager: fieldManager, force: true))
        let applier = Applier(client: client, clock: clock, logger: .init(label: "gitctl"))
        try await applier.waitUntilServed(key)
    }
}
