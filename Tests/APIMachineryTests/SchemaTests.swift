import TestSupport
import Testing

@testable import APIMachinery

@Suite(.timeLimit(.minutes(1)))
struct SchemaTests {
    static func object(_ yaml: String) throws -> Object {
        let document = try #require(try YAML.documents(parsing: yaml).first)
        return Object(try #require(document.value.object))
    }

    private func errors(_ yaml: String) throws -> [String] {
        let object = try Self.object(yaml)
        return Schema.builtin.check(object, try #require(object.gvk)).map(\.description)
    }

    @Test("Every kind and every definition of the table can be walked")
    func wholeTable() {
        var count = 0
        for node in Schema.builtin.definitions {
            #expect(!node.name.isEmpty)
            #expect(Schema.builtin.definition(named: node.name)?.name == node.name)
            let names = node.fields.map(\.name)
            #expect(names == names.sorted())
            for field in node.fields {
                if field.node.valueType == .list || field.node.valueType == .map { #expect(field.node.element != nil) }
                if field.node.listType == .map { #expect(!field.node.listMapKeys.isEmpty) }
            }
            count += 1
        }
        #expect(count > 750)
        for type in ResourceType.builtin {
            let node = Schema.builtin.node(type.gvk)
            #expect(node?.fields["metadata"]?.name == "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "\(type)")
        }
        #expect(Schema.builtin.kinds.contains(GroupVersionKind(group: "apps", version: "v1", kind: "DeploymentList")))
        #expect(Schema.builtin.definition(named: "io.k8s.api.core.v1.Nothing") == nil)
        #expect(Schema.builtin.definition(named: "") == nil && Schema.builtin.definition(named: "zzz") == nil)
    }

    @Test("Merge keys and list types are known")
    func mergeKeys() throws {
        let pod = try #require(Schema.builtin.definition(named: "io.k8s.api.core.v1.PodSpec")).fields
        let containers = try #require(pod["containers"])
        #expect(containers.listType == .map && containers.listMapKeys == ["name"] && containers.patchMergeKey == "name")
        #expect(containers.patchStrategy == .merge && containers.isRequired)
        #expect(pod["volumes"]?.patchStrategy == [.merge, .retainKeys] && pod["tolerations"]?.listType == .atomic)
        let ports = try #require(containers.element?.fields["ports"])
        #expect(ports.listMapKeys == ["containerPort", "protocol"] && ports.patchMergeKey == "containerPort")
        let metadata = try #require(Schema.builtin.definition(named: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")).fields
        #expect(metadata["finalizers"]?.listType == .set && metadata["ownerReferences"]?.listMapKeys == ["uid"])
        #expect(pod["nodeSelector"]?.isAtomicMap == true && pod["restartPolicy"]?.enumValues == ["Always", "Never", "OnFailure"])
        #expect(Schema.builtin.definition(named: "io.k8s.api.apps.v1.DeploymentSpec")?.fields["selector"]?.isAtomicMap == true)
    }

    @Test("A correct manifest has no errors")
    func correct() throws {
        #expect(
            try errors(
                """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web, labels: {app: web}, creationTimestamp: null}
                spec:
                  replicas: 2
                  selector: {matchLabels: {app: web}}
                  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: "25%"}}
                  template:
                    metadata: {labels: {app: web}}
                    spec:
                      containers:
                      - name: web
                        image: nginx
                        resources: {limits: {cpu: 0.5, memory: 64Mi}, requests: {cpu: 1}}
                        ports: [{containerPort: 80}]
                        readinessProbe: {httpGet: {port: http}}
                status: {}
                """) == [])
    }

    @Test(
        "Each mistake is named, with what was expected and what to do",
        arguments: [
            ("spec: {replica: 3}", #"unknown field "spec.replica"; did you mean "replicas"?"#),
            ("spec: {Replicas: 3}", #"unknown field "spec.Replicas"; did you mean "replicas"?"#),
            ("spec: {xyzzy: 3}", #"unknown field "spec.xyzzy""#),
            ("sepc: {}", #"unknown field "sepc"; did you mean "spec"?"#),
            ("spec: {replicas: three}", #"spec.replicas must be an integer, found "three""#),
            ("spec: {replicas: \"3\"}", #"spec.replicas must be an integer, found "3"; write 3 without quotes"#),
            ("spec: {replicas: 3.5}", "spec.replicas must be an integer, found 3.5"),
            ("spec: {replicas: 3000000000}", "spec.replicas must be an integer from -2147483648 to 2147483647, found 3000000000"),
            ("spec: {paused: \"yes\"}", #"spec.paused must be true or false, found "yes"; write true without quotes"#),
            ("metadata: {name: 5}", #"metadata.name must be a string, found 5; write "5" in quotes"#),
            ("metadata: {labels: {a: true}}", #"metadata.labels.a must be a string, found true; write "true" in quotes"#),
            ("metadata: {labels: [a]}", #"metadata.labels must be a mapping, found a list; remove the "- ""#),
            ("metadata: {annotations: {a.b/c: {}}}", "metadata.annotations[a.b/c] must be a string, found a mapping"),
            ("spec: {template: {spec: {containers: {name: a}}}}", #"spec.template.spec.containers must be a list, found a mapping; begin each item with "- ""#),
            ("spec: {template: {spec: {containers: [{name: a, imge: b}]}}}", #"unknown field "spec.template.spec.containers[0].imge"; did you mean "image"?"#),
            ("spec: {template: {spec: {containers: [{image: b}]}}}", "spec.template.spec.containers[0].name: Required value"),
            ("spec: {template: {spec: {containers: [{name: a}, null]}}}", "spec.template.spec.containers[1] must be a mapping, found null"),
            ("spec: {template: {spec: {containers: [{name: a, resources: {limits: {cpu: lots}}}]}}}",
                #"spec.template.spec.containers[0].resources.limits.cpu must be a quantity such as 500m or 1Gi, found "lots""#),
            ("spec: {template: {spec: {containers: [], restartPolicy: Sometimes}}}",
                #"spec.template.spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure""#),
            ("metadata: {creationTimestamp: today}", #"metadata.creationTimestamp must be a time such as 2026-01-02T03:04:05Z, found "today""#),
            ("spec: {strategy: {rollingUpdate: {maxSurge: true}}}", "spec.strategy.rollingUpdate.maxSurge must be an integer or a string, found true"),
            ("spec: 5", "spec must be a mapping, found 5"),
        ])
    func mistakes(yaml: String, expected: String) throws {
        let found = try errors("apiVersion: apps/v1\nkind: Deployment\n\(yaml)\n")
        #expect(found.contains(expected), "\(found)")
    }

    @Test("Many unknown fields, which a client may ignore, hide no wrong type")
    func manyMistakes() throws {
        let unknown = (0..<2 * Schema.errorsMax).map { "a\($0): 1" }.joined(separator: ", ")
        let found = try errors("{apiVersion: apps/v1, kind: Deployment, metadata: {\(unknown)}, spec: {replicas: three}}")
        #expect(found.contains(#"spec.replicas must be an integer, found "three""#))
        #expect(found.count <= 2 * Schema.errorsMax)
    }

    @Test("Required fields of a spec are demanded, those of a status not")
    func required() throws {
        #expect(try errors("{apiVersion: apps/v1, kind: Deployment, spec: {}}") == ["spec.selector: Required value", "spec.template: Required value"])
        #expect(try errors("{apiVersion: apps/v1, kind: ReplicaSet, spec: {selector: {}}, status: {}}") == [])
        #expect(try errors("{apiVersion: v1, kind: Service, spec: {ports: [{name: a}]}}") == ["spec.ports[0].port: Required value"])
        #expect(try errors("{apiVersion: gitctl.dev/v1alpha1, kind: Application, spec: {source: {repository: a, pth: b}}}") == [#"unknown field "spec.source.pth"; did you mean "path"?"#])
        #expect(try errors("{apiVersion: example.com/v1, kind: Unknown, x: 1}") == [])
    }

    @Test("A Secret's values never enter a message")
    func secrets() throws {
        let found = try errors("{apiVersion: v1, kind: Secret, data: {a: 12345678, b: 'not base64!'}, stringData: {c: true, d: [hunter2]}}")
        #expect(found.count == 4)
        for secret in ["12345678", "not base64", "hunter2"] { #expect(!found.joined().contains(secret)) }
        #expect(found.contains("data.b must be base64, found a string; write plain text under stringData"))
    }

    @Test("Causes carry Kubernetes' reasons")
    func causes() throws {
        let object = try Self.object("{apiVersion: v1, kind: Service, spec: {type: Foo, ports: [{}], x: 1}}")
        let errors = Schema.builtin.check(object, try #require(object.gvk))
        #expect(Set(errors.map(\.cause.reason)) == ["FieldValueNotSupported", "FieldValueRequired", "FieldValueInvalid"])
        #expect(errors.contains { $0.cause.field == "spec.ports[0].port" })
    }

    @Test("Pruning drops the unknown and nulls, and normalizes quantities, numbers and times")
    func pruning() throws {
        let object = try Self.object(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: a, creationTimestamp: null, deletionTimestamp: "2026-01-02T04:04:05+01:00", labels: {a: null}}
            extra: 1
            spec:
              containers:
              - {name: a, foo: bar, resources: {limits: {memory: 1024Mi, cpu: 0.5}}}
              activeDeadlineSeconds: 5
            """)
        let pruned = Schema.builtin.pruned(object)
        #expect(
            pruned.json == [
                "apiVersion": "v1", "kind": "Pod",
                "metadata": ["name": "a", "deletionTimestamp": "2026-01-02T03:04:05Z", "labels": ["a": ""]],
                "spec": [
                    "activeDeadlineSeconds": 5, "containers": [["name": "a", "resources": ["limits": ["memory": "1Gi", "cpu": "500m"]]]],
                ],
            ])
        #expect(Schema.builtin.pruned(pruned) == pruned)
        var fraction = object
        fraction["spec", "activeDeadlineSeconds"] = 5.0
        #expect(Schema.builtin.pruned(fraction)["spec", "activeDeadlineSeconds"] == 5)
    }

    @Test("Broken objects never trap", arguments: 0..<30)
    func fuzz(seed: UInt64) {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<60 {
            let type = fuzz.pick(ResourceType.builtin)
            guard case .object(var fields) = fuzz.object(depth: 6) else { continue }
            fields["apiVersion"] = .string(type.gvk.apiVersion)
            fields["kind"] = .string(type.kind)
            let object = Object(fields)
            _ = Schema.builtin.check(object, type.gvk)
            let pruned = Schema.builtin.pruned(object)
            #expect(Schema.builtin.pruned(pruned) == pruned)
            let defaulted = Schema.builtin.defaulted(object)
            #expect(Schema.builtin.defaulted(defaulted) == defaulted, "\(object.json.text)")
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct DefaultsTests {
    private func defaulted(_ yaml: String) throws -> JSON { Schema.builtin.defaulted(try SchemaTests.object(yaml)).json }

    @Test("A Deployment gets Kubernetes' defaults")
    func deployment() throws {
        let value = try defaulted(
            """
            {apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {selector: {}, template: {spec: {
              volumes: [{name: e}, {name: c, configMap: {name: x}}, {name: h, hostPath: {path: /x}}, {name: p, projected: {sources: [{serviceAccountToken: {path: t}}]}}],
              containers: [{name: a, image: nginx, ports: [{containerPort: 80}], env: [{name: E, valueFrom: {fieldRef: {fieldPath: metadata.name}}}],
                livenessProbe: {httpGet: {port: 80}, timeoutSeconds: 0}}, {name: b, image: "nginx:1.2"}, {name: c, image: "h:5000/x"}, {name: d, image: "x@sha256:0"}]}}}}
            """)
        #expect(
            value["spec"] == [
                "progressDeadlineSeconds": 600, "replicas": 1, "revisionHistoryLimit": 10, "selector": [:],
                "strategy": ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": "25%", "maxUnavailable": "25%"]],
                "template": [
                    "spec": [
                        "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler", "securityContext": [:],
                        "terminationGracePeriodSeconds": 30,
                        "volumes": [
                            ["name": "e", "emptyDir": [:]], ["name": "c", "configMap": ["name": "x", "defaultMode": 420]],
                            ["name": "h", "hostPath": ["path": "/x", "type": ""]],
                            ["name": "p", "projected": ["defaultMode": 420, "sources": [["serviceAccountToken": ["path": "t", "expirationSeconds": 3600]]]]],
                        ],
                        "containers": [
                            [
                                "name": "a", "image": "nginx", "imagePullPolicy": "Always", "ports": [["containerPort": 80, "protocol": "TCP"]],
                                "env": [["name": "E", "valueFrom": ["fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.name"]]]],
                                "livenessProbe": [
                                    "httpGet": ["path": "/", "port": 80, "scheme": "HTTP"], "timeoutSeconds": 1, "periodSeconds": 10,
                                    "successThreshold": 1, "failureThreshold": 3,
                                ], "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                            ],
                            [
                                "name": "b", "image": "nginx:1.2", "imagePullPolicy": "IfNotPresent",
                                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                            ],
                            [
                                "name": "c", "image": "h:5000/x", "imagePullPolicy": "Always",
                                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                            ],
                            [
                                "name": "d", "image": "x@sha256:0", "imagePullPolicy": "IfNotPresent",
                                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                            ],
                        ],
                    ]
                ],
            ], "\(YAML.encoded(value))")
    }

    @Test("Recreate gets no rolling update")
    func recreate() throws {
        #expect(try defaulted("{apiVersion: apps/v1, kind: Deployment, spec: {strategy: {type: Recreate}}}")["spec"]?["strategy"] == ["type": "Recreate"])
    }

    @Test("A Pod's requests follow its limits, and its host ports its ports")
    func pod() throws {
        let value = try defaulted(
            "{apiVersion: v1, kind: Pod, spec: {hostNetwork: true, serviceAccountName: s, containers: [{name: a, image: 'x:1', ports: [{containerPort: 8}], resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 100m}}}]}}"
        )
        let spec = try #require(value["spec"])
        let container = try #require(spec["containers"]?.array?.first)
        #expect(container["resources"]?["requests"] == ["cpu": "100m", "memory": "1Gi"])
        #expect(container["ports"] == [["containerPort": 8, "hostPort": 8, "protocol": "TCP"]])
        #expect(spec["enableServiceLinks"] == true && spec["serviceAccount"] == "s")
    }

    @Test(
        "A Service's type decides its policies",
        arguments: [
            ("{ports: [{port: 80}]}", ["internalTrafficPolicy": "Cluster", "ports": [["port": 80, "protocol": "TCP", "targetPort": 80]], "sessionAffinity": "None", "type": "ClusterIP"]),
            ("{type: NodePort}", ["externalTrafficPolicy": "Cluster", "internalTrafficPolicy": "Cluster", "sessionAffinity": "None", "type": "NodePort"]),
            ("{type: ExternalName, externalName: a}", ["externalName": "a", "sessionAffinity": "None", "type": "ExternalName"]),
            (
                "{type: LoadBalancer, sessionAffinity: ClientIP}",
                [
                    "allocateLoadBalancerNodePorts": true, "externalTrafficPolicy": "Cluster", "internalTrafficPolicy": "Cluster",
                    "sessionAffinity": "ClientIP", "sessionAffinityConfig": ["clientIP": ["timeoutSeconds": 10800]], "type": "LoadBalancer",
                ]
            ),
        ] as [(String, JSON)])
    func service(spec: String, expected: JSON) throws {
        #expect(try defaulted("{apiVersion: v1, kind: Service, spec: \(spec)}")["spec"] == expected)
    }

    @Test(
        "A Job's counts depend on each other",
        arguments: [("{}", 1, 1, 6), ("{completions: 3}", 3, 1, 6), ("{parallelism: 2}", nil, 2, 6), ("{backoffLimitPerIndex: 1}", 1, 1, 2_147_483_647)]
            as [(String, Int64?, Int64, Int64)])
    func job(spec: String, completions: Int64?, parallelism: Int64, backoffLimit: Int64) throws {
        let value = try defaulted("{apiVersion: batch/v1, kind: Job, spec: \(spec)}")["spec"]
        #expect(value?["completions"]?.int == completions && value?["parallelism"]?.int == parallelism && value?["backoffLimit"]?.int == backoffLimit)
        #expect(value?["completionMode"] == "NonIndexed" && value?["suspend"] == false && value?["podReplacementPolicy"] == "TerminatingOrFailed")
    }

    @Test("Volumes, claims, secrets and applications have theirs")
    func others() throws {
        #expect(try defaulted("{apiVersion: v1, kind: Secret}")["type"] == "Opaque")
        let volume = try defaulted("{apiVersion: v1, kind: PersistentVolume, spec: {}}")
        #expect(volume["spec"] == ["persistentVolumeReclaimPolicy": "Retain", "volumeMode": "Filesystem"] && volume["status"] == ["phase": "Pending"])
        #expect(try defaulted("{apiVersion: v1, kind: PersistentVolumeClaim, spec: {}}")["spec"] == ["volumeMode": "Filesystem"])
        #expect(
            try defaulted("{apiVersion: gitctl.dev/v1alpha1, kind: Application, spec: {source: {repository: a}, sync: {prune: false}}}")["spec"] == [
                "destination": ["namespace": "default"], "source": ["path": ".", "repository": "a"], "suspend": false,
                "sync": ["interval": "1m", "prune": false, "selfHeal": true],
            ])
    }
}
