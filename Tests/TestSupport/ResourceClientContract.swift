import APIMachinery

/// What every `ResourceClient` promises, as cases to run against each implementation.
///
/// A case makes a namespace of its own, so that cases run side by side on one server; it needs no
/// controllers. It throws `ContractViolation` with what was seen and what was promised.
package struct ResourceClientContract: Sendable, CustomStringConvertible {
    package let name: String
    package let run: @Sendable (any ResourceClient) async throws -> Void

    package var description: String { name }

    package static let all: [ResourceClientContract] = reads + writes + watches + impersonations
}

package struct ContractViolation: Error, CustomStringConvertible {
    package var description: String
}

func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    if !condition { throw ContractViolation(description: message()) }
}

/// Throws unless `body` fails with `reason`.
@discardableResult
func expectFailure(_ reason: APIStatus.Reason, _ body: () async throws(APIStatus) -> Void) async throws -> APIStatus {
    do throws(APIStatus) { try await body() } catch {
        try expect(error.reason == reason, "expected a failure \(reason), found \(error.reason): \(error.message)")
        return error
    }
    throw ContractViolation(description: "expected a failure \(reason), found success")
}

extension ResourceClientContract {
    /// A new namespace; the name tells the case.
    static func namespace(_ client: any ResourceClient, _ base: String) async throws -> String {
        try await client.create(.namespaces, Object(["metadata": ["generateName": .string(base + "-")]])).name
    }

    static func configMap(_ namespace: String, _ name: String, _ data: JSON = [:], labels: [String: String] = [:]) -> Object {
        var object = Object(.configMaps, namespace: namespace, name: name, ["data": data])
        object.labels = labels
        return object
    }

    static func deployment(_ namespace: String, _ name: String, replicas: Int64 = 1) -> Object {
        Object(
            .deployments, namespace: namespace, name: name,
            [
                "spec": [
                    "replicas": .int(replicas), "selector": ["matchLabels": ["app": .string(name)]],
                    "template": [
                        "metadata": ["labels": ["app": .string(name)]],
                        "spec": ["containers": [["name": "main", "image": "busybox"]]],
                    ],
                ]
            ])
    }

    // MARK: Reading

    private static let reads: [ResourceClientContract] = [
        .init(name: "discovery names the kinds that are served") { client in
            let types = try await client.resourceTypes()
            try expect(types.contains(.pods) && types.contains(.deployments), "pods and deployments are missing among \(types)")
            let pods = types.first { $0 == .pods }
            try expect(pods?.isNamespaced == true && pods?.kind == "Pod", "pods are described as \(String(describing: pods))")
        },
        .init(name: "what was created can be read") { client in
            let namespace = try await namespace(client, "read")
            let created = try await client.create(.configMaps, configMap(namespace, "one", ["a": "1"]))
            let read = try await client.get(ObjectKey(.configMaps, namespace: namespace, name: "one"))
            try expect(created == read, "created \(created.json.text), read \(read.json.text)")
            try expect(!read.uid.isEmpty && !read.resourceVersion.isEmpty && !read.creationTimestamp.isEmpty, "the metadata lacks uid, version or time")
            try expect(read["data", "a"] == "1", "the data is \(read.json.text)")
        },
        .init(name: "a Scale is read as its object's subresource") { client in
            let namespace = try await namespace(client, "scale")
            let created = try await client.create(.deployments, deployment(namespace, "web", replicas: 3))
            let key = ObjectKey(.deployments, namespace: namespace, name: "web")
            let scale = try await client.getSubresource(key, "scale")
            try expect(scale.kind == "Scale" && scale.uid == created.uid && scale.spec["replicas"] == 3, "the Scale is \(scale.json.text)")
            try await expectFailure(.notFound) { () throws(APIStatus) in _ = try await client.getSubresource(key, "nonsense") }
        },
        .init(name: "a missing object is not found, with its kind and name") { client in
            let key = ObjectKey(.configMaps, namespace: "default", name: "is-not-there")
            let status = try await expectFailure(.notFound) { () throws(APIStatus) in _ = try await client.get(key) }
            try expect(status.kind == "configmaps" && status.name == "is-not-there" && status.code == 404, "the status is \(status.json.text)")
        },
        .init(name: "a list is sorted, of one namespace, and selected by labels and fields") { client in
            let namespace = try await namespace(client, "list")
            for name in ["c", "a", "b"] {
                _ = try await client.create(.configMaps, configMap(namespace, name, labels: ["tier": name == "b" ? "back" : "front"]))
            }
            let all = try await client.list(.configMaps, namespace: namespace)
            try expect(all.items.map(\.name) == ["a", "b", "c"], "the names are \(all.items.map(\.name))")
            try expect(UInt64(all.resourceVersion) ?? 0 > 0, "the version is \(all.resourceVersion)")
            var options = ListOptions()
            options.labelSelector = LabelSelector(matchLabels: ["tier": "front"])
            let front = try await client.list(.configMaps, namespace: namespace, options: options)
            try expect(front.items.map(\.name) == ["a", "c"], "selected by label: \(front.items.map(\.name))")
            options = ListOptions()
            options.fieldSelector = FieldSelector("metadata.name", equals: "b")
            let named = try await client.list(.configMaps, namespace: namespace, options: options)
            try expect(named.items.map(\.name) == ["b"], "selected by name: \(named.items.map(\.name))")
        },
        .init(name: "pages of a list are of one snapshot") { client in
            let namespace = try await namespace(client, "page")
            for index in 0..<7 { _ = try await client.create(.configMaps, configMap(namespace, "item-\(index)")) }
            var options = ListOptions()
            options.limit = 3
            var page = try await client.list(.configMaps, namespace: namespace, options: options)
            var names = page.items.map(\.name)
            let version = page.resourceVersion
            _ = try await client.create(.configMaps, configMap(namespace, "item-4a"))
            try await client.delete(ObjectKey(.configMaps, namespace: namespace, name: "item-5"))
            while !page.continueToken.isEmpty {
                options.continueToken = page.continueToken
                page = try await client.list(.configMaps, namespace: namespace, options: options)
                names += page.items.map(\.name)
                try expect(page.resourceVersion == version, "a page is of version \(page.resourceVersion), the first one of \(version)")
            }
            try expect(names == (0..<7).map { "item-\($0)" }, "the pages hold \(names)")
        },
    ]

    // MARK: Writing

    private static let writes: [ResourceClientContract] = [
        .init(name: "a second object of one name already exists") { client in
            let namespace = try await namespace(client, "twice")
            _ = try await client.create(.configMaps, configMap(namespace, "one"))
            try await expectFailure(.alreadyExists) { () throws(APIStatus) in _ = try await client.create(.configMaps, configMap(namespace, "one")) }
        },
        .init(name: "generated names differ and keep their base") { client in
            let namespace = try await namespace(client, "generate")
            var object = configMap(namespace, "")
            object["metadata", "generateName"] = "item-"
            let first = try await client.create(.configMaps, object).name
            let second = try await client.create(.configMaps, object).name
            try expect(first != second && first.hasPrefix("item-") && first.count == 10, "the names are \(first) and \(second)")
        },
        .init(name: "an update of an old version conflicts, one without a version wins") { client in
            let namespace = try await namespace(client, "update")
            let first = try await client.create(.configMaps, configMap(namespace, "one", ["a": "1"]))
            var second = first
            second["data", "a"] = "2"
            let updated = try await client.update(.configMaps, second)
            try expect(updated.resourceVersion != first.resourceVersion && updated.uid == first.uid, "the update kept the version or lost the uid")
            var stale = first
            stale["data", "a"] = "3"
            try await expectFailure(.conflict) { () throws(APIStatus) in _ = try await client.update(.configMaps, stale) }
            stale.resourceVersion = ""
            let forced = try await client.update(.configMaps, stale)
            try expect(forced["data", "a"] == "3", "the data is \(forced.json.text)")
        },
        .init(name: "a write that changes nothing makes no version") { client in
            let namespace = try await namespace(client, "same")
            let created = try await client.create(.configMaps, configMap(namespace, "one", ["a": "1"]))
            let updated = try await client.update(.configMaps, created)
            try expect(updated.resourceVersion == created.resourceVersion, "the update made version \(updated.resourceVersion)")
            let patched = try await client.patch(ObjectKey(.configMaps, namespace: namespace, name: "one"), .merge(["data": ["a": "1"]]))
            try expect(patched.resourceVersion == created.resourceVersion, "the patch made version \(patched.resourceVersion)")
        },
        .init(name: "the three kinds of patch change what they say") { client in
            let namespace = try await namespace(client, "patch")
            _ = try await client.create(.deployments, deployment(namespace, "web"))
            let key = ObjectKey(.deployments, namespace: namespace, name: "web")
            let json = try await client.patch(key, .json([["op": "replace", "path": "/spec/replicas", "value": 3]]))
            try expect(json["spec", "replicas"]?.int == 3 && json.generation == 2, "after the JSON patch: \(json.json.text)")
            let merge = try await client.patch(key, .merge(["metadata": ["labels": ["a": "b"]], "spec": ["replicas": 4]]))
            try expect(merge["spec", "replicas"]?.int == 4 && merge.labels == ["a": "b"], "after the merge patch: \(merge.json.text)")
            let strategic = try await client.patch(
                key, .strategicMerge(["spec": ["template": ["spec": ["containers": [["name": "side", "image": "busybox"]]]]]]))
            let names = strategic["spec", "template", "spec", "containers"]?.array?.compactMap { $0["name"]?.string } ?? []
            try expect(Set(names) == ["main", "side"], "after the strategic merge the containers are \(names)")
        },
        .init(name: "apply creates, merges, and conflicts over what another manager owns") { client in
            let namespace = try await namespace(client, "apply")
            let key = ObjectKey(.configMaps, namespace: namespace, name: "one")
            func apply(_ data: JSON, _ manager: String, force: Bool = false) async throws(APIStatus) -> Object {
                try await client.patch(
                    key, .apply(configMap(namespace, "one", data).json), subresource: nil, options: WriteOptions(fieldManager: manager, force: force))
            }
            _ = try await apply(["a": "1"], "alice")
            let both = try await apply(["b": "2"], "bob")
            try expect(both["data"] == ["a": "1", "b": "2"], "the data is \(both.json.text)")
            try await expectFailure(.conflict) { () throws(APIStatus) in _ = try await apply(["a": "3", "b": "2"], "bob") }
            let forced = try await apply(["a": "3", "b": "2"], "bob", force: true)
            try expect(forced["data", "a"] == "3", "the data is \(forced.json.text)")
            let less = try await apply(["a": "3"], "bob", force: true)
            try expect(less["data"] == ["a": "3"], "what bob no longer applies stays: \(less.json.text)")
        },
        .init(name: "status and the rest are written apart") { client in
            let namespace = try await namespace(client, "status")
            var web = try await client.create(.deployments, deployment(namespace, "web"))
            web["status"] = ["replicas": 5]
            web["spec", "replicas"] = 2
            web = try await client.update(.deployments, web)
            try expect(web["status", "replicas"] == nil && web["spec", "replicas"]?.int == 2, "the update gave \(web.json.text)")
            let generation = web.generation
            web["status"] = ["replicas": 5]
            web["spec", "replicas"] = 7
            web = try await client.update(.deployments, web, subresource: "status")
            try expect(web["status", "replicas"]?.int == 5 && web["spec", "replicas"]?.int == 2, "the status update gave \(web.json.text)")
            try expect(web.generation == generation, "the status update raised the generation")
        },
        .init(name: "a scale sets the replicas") { client in
            let namespace = try await namespace(client, "scale")
            _ = try await client.create(.deployments, deployment(namespace, "web"))
            let key = ObjectKey(.deployments, namespace: namespace, name: "web")
            let scale = try await client.patch(key, .merge(["spec": ["replicas": 4]]), subresource: "scale")
            try expect(scale.kind == "Scale" && scale["spec", "replicas"]?.int == 4, "the scale is \(scale.json.text)")
            try expect(scale["status", "selector"] == "app=web", "the selector is \(scale.status.text)")
            let web = try await client.get(key)
            try expect(web["spec", "replicas"]?.int == 4, "the replicas are \(web.spec.text)")
        },
        .init(name: "a dry run answers and leaves no trace") { client in
            let namespace = try await namespace(client, "dry")
            let dry = WriteOptions(isDryRun: true, fieldManager: "contract")
            let key = ObjectKey(.configMaps, namespace: namespace, name: "one")
            let planned = try await client.create(.configMaps, configMap(namespace, "one"), options: dry)
            try expect(planned.name == "one" && !planned.uid.isEmpty, "the dry run answered \(planned.json.text)")
            try await expectFailure(.notFound) { () throws(APIStatus) in _ = try await client.get(key) }
            let created = try await client.create(.configMaps, configMap(namespace, "one"))
            let patched = try await client.patch(key, .merge(["data": ["a": "1"]]), subresource: nil, options: dry)
            try expect(patched["data", "a"] == "1", "the dry run answered \(patched.json.text)")
            var deletion = DeleteOptions()
            deletion.isDryRun = true
            try await client.delete(key, options: deletion)
            let read = try await client.get(key)
            try expect(read == created, "after the dry runs the object is \(read.json.text)")
        },
        .init(name: "an unknown field is refused when asked to be strict") { client in
            let namespace = try await namespace(client, "strict")
            var web = deployment(namespace, "web")
            web["spec", "replicass"] = 3
            var options = WriteOptions()
            options.fieldValidation = .strict
            let status = try await expectFailure(.badRequest) { () throws(APIStatus) in _ = try await client.create(.deployments, web, options: options) }
            try expect(status.message.contains("unknown field \"spec.replicass\""), "the message is \(status.message)")
            options.fieldValidation = .ignore
            let created = try await client.create(.deployments, web, options: options)
            try expect(created["spec", "replicass"] == nil, "the unknown field was kept")
        },
        .init(name: "what is invalid is refused with its fields") { client in
            let namespace = try await namespace(client, "invalid")
            let status = try await expectFailure(.invalid) { () throws(APIStatus) in
                _ = try await client.create(.configMaps, configMap(namespace, "Not_A_Name"))
            }
            try expect(status.causes.contains { $0.field == "metadata.name" }, "the causes are \(status.causes)")
        },
        .init(name: "a finalizer holds a deleted object until it is taken off") { client in
            let namespace = try await namespace(client, "finalizer")
            var object = configMap(namespace, "one")
            object.finalizers = ["example.com/hold"]
            _ = try await client.create(.configMaps, object)
            let key = ObjectKey(.configMaps, namespace: namespace, name: "one")
            let deleting = try await client.delete(key)
            try expect(deleting.isDeleting, "the object has no deletion time: \(deleting.json.text)")
            let held = try await client.get(key)
            try expect(held.isDeleting, "the object is not being deleted")
            _ = try await client.patch(key, .merge(["metadata": ["finalizers": .null]]))
            try await expectFailure(.notFound) { () throws(APIStatus) in _ = try await client.get(key) }
        },
        .init(name: "a deletion holds its preconditions") { client in
            let namespace = try await namespace(client, "precondition")
            let created = try await client.create(.configMaps, configMap(namespace, "one"))
            let key = ObjectKey(.configMaps, namespace: namespace, name: "one")
            var options = DeleteOptions()
            options.preconditionUID = "another"
            try await expectFailure(.conflict) { () throws(APIStatus) in _ = try await client.delete(key, options: options) }
            options.preconditionUID = created.uid
            try await client.delete(key, options: options)
            try await expectFailure(.notFound) { () throws(APIStatus) in _ = try await client.get(key) }
        },
    ]
}
