import APIMachinery
import Testing

@testable import Cluster

struct ValidationTests {
    static let template: JSON = [
        "metadata": ["labels": ["app": "web"]],
        "spec": ["containers": [["name": "main", "image": "nginx"]], "restartPolicy": "Always"],
    ]

    /// A valid object of each kind that the tables below spoil.
    static func valid(_ type: ResourceType) -> Object {
        let specs: [ResourceType: JSON] = [
            .pods: template["spec"] ?? .null,
            .deployments: ["replicas": 1, "selector": ["matchLabels": ["app": "web"]], "template": template],
            .replicaSets: ["replicas": 1, "selector": ["matchLabels": ["app": "web"]], "template": template],
            .services: ["ports": [["port": 80]], "selector": ["app": "web"], "clusterIP": "10.43.0.9"],
            .persistentVolumeClaims: ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
            .persistentVolumes: [
                "accessModes": ["ReadWriteOnce"], "capacity": ["storage": "1Gi"], "hostPath": ["path": "/data"],
            ],
        ]
        var object = Object(type, namespace: type.isNamespaced ? "default" : nil, name: "web")
        if let spec = specs[type] { object["spec"] = spec }
        if type == .jobs {
            var job = template
            job.set("Never", at: ["spec", "restartPolicy"])
            object["spec"] = ["selector": ["matchLabels": ["app": "web"]], "template": job]
        }
        return object
    }

    struct Case: Sendable, CustomStringConvertible {
        var type: ResourceType
        var path: [String]
        var value: JSON?
        var error: String

        init(_ type: ResourceType, _ path: String, _ value: JSON?, _ error: String) {
            self.type = type
            self.path = path.split(separator: ".").map(String.init)
            self.value = value
            self.error = error
        }
        var description: String { "\(type) \(path.joined(separator: "."))" }
    }

    static let container: JSON = ["name": "main", "image": "nginx"]

    static let cases: [Case] = [
        Case(.pods, "metadata.name", nil, "metadata.name: Required value: name or generateName is required"),
        Case(.pods, "metadata.labels", ["a b": "c"], "metadata.labels: Invalid value: \"a b\": name part must consist of"),
        Case(
            .pods, "metadata.labels", ["a": "-"], "metadata.labels: Invalid value: \"-\": a valid label must be an empty string or"),
        Case(.pods, "spec.containers", [], "spec.containers: Required value"),
        Case(.pods, "spec.containers", [container, container], "spec.containers[1].name: Duplicate value: \"main\""),
        Case(
            .pods, "spec.containers", [["name": "Main", "image": "nginx"]],
            "spec.containers[0].name: Invalid value: \"Main\": a lowercase RFC 1123 label"),
        Case(.pods, "spec.containers", [["name": "main"]], "spec.containers[0].image: Required value"),
        Case(
            .pods, "spec.containers", [["name": "main", "image": "nginx", "ports": [["containerPort": 70000]]]],
            "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive"),
        Case(
            .pods, "spec.containers",
            [["name": "main", "image": "nginx", "volumeMounts": [["name": "data", "mountPath": "/data"]]]],
            "spec.containers[0].volumeMounts[0].name: Not found: \"data\""),
        Case(
            .pods, "spec.containers",
            [["name": "main", "image": "nginx", "resources": ["requests": ["cpu": "2"], "limits": ["cpu": "1"]]]],
            "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1"),
        Case(
            .pods, "spec.containers",
            [
                [
                    "name": "main", "image": "nginx",
                    "env": [["name": "A", "value": "x", "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]]],
                ]
            ],
            "spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty"),
        Case(
            .pods, "spec.containers", [["name": "main", "image": "nginx", "env": [["name": "A", "valueFrom": [:]]]]],
            "spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of:"),
        Case(
            .pods, "spec.containers", [["name": "main", "image": "nginx", "livenessProbe": ["periodSeconds": 1]]],
            "spec.containers[0].livenessProbe: Required value: must specify a handler type"),
        Case(.pods, "spec.volumes", [["name": "a"]], "spec.volumes[0]: Required value: must specify a volume type"),
        Case(
            .pods, "spec.volumes", [["name": "a", "emptyDir": [:], "hostPath": ["path": "/x"]]],
            "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"),
        Case(
            .pods, "spec.restartPolicy", "Sometimes",
            "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"Never\", \"OnFailure\""),
        Case(
            .deployments, "spec.selector", ["matchLabels": ["app": "other"]],
            "spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not match template `labels`"),
        Case(.deployments, "spec.selector", nil, "spec.selector: Required value"),
        Case(.deployments, "spec.replicas", -1, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        Case(
            .deployments, "spec.template.spec.restartPolicy", "Never",
            "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""),
        Case(
            .deployments, "spec.strategy", ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 0, "maxUnavailable": 0]],
            "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"),
        Case(
            .jobs, "spec.template.spec.restartPolicy", "Always",
            "spec.template.spec.restartPolicy: Unsupported value: \"Always\": supported values: \"Never\", \"OnFailure\""),
        Case(.services, "spec.ports", [["port": 80], ["port": 81]], "spec.ports[0].name: Required value"),
        Case(
            .services, "spec.ports", [["port": 80, "nodePort": 30_001]],
            "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"),
        Case(.services, "spec.type", "Node", "spec.type: Unsupported value: \"Node\""),
        Case(.persistentVolumes, "spec.hostPath", nil, "spec: Required value: must specify a volume type"),
        Case(
            .persistentVolumeClaims, "spec.accessModes", [], "spec.accessModes: Required value: at least 1 access mode is required"),
        Case(.configMaps, "data", ["a/b": "c"], "Invalid value: \"a/b\": a valid config key must consist of"),
        Case(
            .configMaps, "data", ["a": .string(String(repeating: "x", count: 1024 * 1024 + 1))],
            "Too long: may not be more than 1048576 bytes"),
        Case(.secrets, "type", "kubernetes.io/tls", "data[tls.crt]: Required value"),
    ]

    @Test("Kubernetes' own words for what is wrong", .timeLimit(.minutes(1)), arguments: cases)
    func invalid(_ test: Case) {
        var object = Self.valid(test.type)
        #expect(Validation.validate(object, old: nil, type: test.type).map(\.description) == [])
        object.set(test.value, at: test.path)
        let errors = Validation.validate(object, old: nil, type: test.type).map(\.description)
        #expect(errors.contains { $0.contains(test.error) }, "\(errors)")
    }

    static let updates: [Case] = [
        Case(.deployments, "spec.selector", ["matchLabels": ["app": "web", "tier": "x"]], "spec.selector: Invalid value:"),
        Case(.pods, "spec.nodeSelector", ["a": "b"], "spec: Forbidden: pod updates may not change fields other than"),
        Case(.jobs, "spec.completions", 3, "spec.completions: Invalid value: 3: field is immutable"),
        Case(.jobs, "spec.template.metadata.labels", ["app": "web", "x": "y"], "spec.template: Invalid value:"),
        Case(
            .services, "spec.clusterIP", "10.43.0.10", "spec.clusterIPs[0]: Invalid value: \"10.43.0.10\": may not change once set"),
        Case(
            .persistentVolumeClaims, "spec.accessModes", ["ReadOnlyMany"],
            "spec: Forbidden: spec is immutable after creation except"),
        Case(
            .persistentVolumes, "spec.hostPath.path", "/other",
            "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation"),
    ]

    @Test("What may not change", .timeLimit(.minutes(1)), arguments: updates)
    func immutable(_ test: Case) {
        let old = Self.valid(test.type)
        var new = old
        new.set(test.value, at: test.path)
        let errors = Validation.validate(new, old: old, type: test.type).map(\.description)
        #expect(errors.contains { $0.contains(test.error) }, "\(errors)")
    }

    @Test("What may change of a pod", .timeLimit(.minutes(1)))
    func mutable() {
        let old = Self.valid(.pods)
        var new = old
        new["spec", "containers"] = [["name": "main", "image": "nginx:2"]]
        new["spec", "tolerations"] = [["key": "a", "operator": "Exists"]]
        new["spec", "activeDeadlineSeconds"] = 5
        #expect(Validation.validate(new, old: old, type: .pods).map(\.description) == [])
    }

    @Test("An immutable ConfigMap stays as it is, and cannot become mutable", .timeLimit(.minutes(1)))
    func immutableConfigMap() {
        let old = Object(.configMaps, namespace: "default", name: "a", ["data": ["x": "1"], "immutable": true])
        var new = old
        new["data", "x"] = "2"
        new["immutable"] = nil
        let errors = Validation.validate(new, old: old, type: .configMaps).map(\.description)
        #expect(
            errors == [
                "immutable: Forbidden: field is immutable when `immutable` is set",
                "data: Forbidden: field is immutable when `immutable` is set",
            ])
    }
}
