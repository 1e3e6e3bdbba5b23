import APIMachinery

/// What a client promises that acts as another user.
extension ResourceClientContract {
    /// A Role in `namespace` and its binding to a ServiceAccount there.
    private static func grant(_ client: any ResourceClient, _ namespace: String, _ account: String, verbs: [String], _ resources: [String]) async throws {
        _ = try await client.create(.serviceAccounts, Object(.serviceAccounts, namespace: namespace, name: account))
        _ = try await client.create(
            .roles,
            Object(
                .roles, namespace: namespace, name: account,
                ["rules": [["apiGroups": [""], "resources": JSON(resources), "verbs": JSON(verbs)]]]))
        _ = try await client.create(
            .roleBindings,
            Object(
                .roleBindings, namespace: namespace, name: account,
                [
                    "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": .string(account)],
                    "subjects": [["kind": "ServiceAccount", "name": .string(account), "namespace": .string(namespace)]],
                ]))
    }

    static let impersonations: [ResourceClientContract] = [
        .init(name: "a client that acts as a ServiceAccount may what the account may, and no more") { client in
            let namespace = try await namespace(client, "impersonate")
            try await grant(client, namespace, "robot", verbs: ["get", "list", "create", "patch"], ["configmaps"])
            let robot = client.impersonating(.serviceAccount(namespace: namespace, name: "robot"))
            _ = try await robot.create(.configMaps, configMap(namespace, "one", ["a": "1"]))
            let key = ObjectKey(.configMaps, namespace: namespace, name: "one")
            let read = try await robot.get(key)
            try expect(read["data", "a"] == "1", "the data is \(read.json.text)")
            let status = try await expectFailure(.forbidden) { () throws(APIStatus) in try await robot.delete(key) }
            let who = "User \"system:serviceaccount:\(namespace):robot\" cannot delete resource \"configmaps\" in API group \"\" in the namespace \"\(namespace)\""
            try expect(status.message.contains(who), "the message is \(status.message)")
            try await expectFailure(.forbidden) { () throws(APIStatus) in _ = try await robot.list(.configMaps, namespace: "default") }
            try await expectFailure(.forbidden) { () throws(APIStatus) in _ = try await robot.get(ObjectKey(.secrets, namespace: namespace, name: "x")) }
            try await expectFailure(.forbidden) { () throws(APIStatus) in _ = try await robot.watch(.configMaps, namespace: namespace, options: ListOptions()) }
            // The client itself is as it was.
            try await client.delete(key)
        },
        .init(name: "whoever applies needs to be allowed to create, where the object is not there") { client in
            let namespace = try await namespace(client, "impersonate")
            try await grant(client, namespace, "patcher", verbs: ["get", "patch"], ["configmaps"])
            let patcher = client.impersonating(.serviceAccount(namespace: namespace, name: "patcher"))
            let key = ObjectKey(.configMaps, namespace: namespace, name: "one")
            let options = WriteOptions(fieldManager: "contract", force: true)
            let status = try await expectFailure(.forbidden) { () throws(APIStatus) in
                _ = try await patcher.patch(key, .apply(configMap(namespace, "one").json), subresource: nil, options: options)
            }
            try expect(status.message.contains("cannot create resource \"configmaps\""), "the message is \(status.message)")
            _ = try await client.create(.configMaps, configMap(namespace, "one"))
            let applied = try await patcher.patch(key, .apply(configMap(namespace, "one", ["a": "1"]).json), subresource: nil, options: options)
            try expect(applied["data", "a"] == "1", "the data is \(applied.json.text)")
        },
        .init(name: "a user and a group without rights may nothing") { client in
            let namespace = try await namespace(client, "impersonate")
            try await grant(client, namespace, "robot", verbs: ["get", "list"], ["configmaps"])
            let robot = client.impersonating(.serviceAccount(namespace: namespace, name: "robot"))
            _ = try await robot.list(.configMaps, namespace: namespace)
            let ghost = client.impersonating(UserInfo(name: "jane", groups: ["readers"]))
            try await expectFailure(.forbidden) { () throws(APIStatus) in _ = try await ghost.list(.configMaps, namespace: namespace) }
        },
    ]
}
