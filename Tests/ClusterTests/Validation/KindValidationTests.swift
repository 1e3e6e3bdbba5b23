import APIMachinery
import TestSupport
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(1))) struct KindValidationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var type: ResourceType
        var path: [String]
        var value: JSON?
        var error: String
        var testDescription: String { "\(type.kind) \(path.joined(separator: ".")): \(error)" }

        init(_ type: ResourceType, _ path: String, _ value: JSON?, _ error: String) {
            (self.type, self.path, self.value, self.error) = (type, path.split(separator: ".").map(String.init), value, error)
        }
    }

    /// As the registry has it after decoding.
    private static func valid(_ type: ResourceType) -> Object { Schema.builtin.defaulted(MinimalObjects.of(type)) }

    private static func peer(_ value: JSON) -> JSON { [["from": [value]]] }
    private static func path(_ value: JSON) -> JSON { [["http": ["paths": [value]]]] }
    private static let backend: JSON = ["service": ["name": "web", "port": ["number": 80]]]

    static let cases: [Case] = [
        Case(.statefulSets, "spec.selector", [:], "spec.selector: Invalid value: {}: empty selector is invalid for statefulset"),
        Case(.statefulSets, "spec.updateStrategy.rollingUpdate.partition", -1, "spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0"),
        Case(.daemonSets, "spec.updateStrategy.rollingUpdate", ["maxUnavailable": 0, "maxSurge": 0], "spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0 when maxSurge is 0"),
        Case(.daemonSets, "spec.template.spec.restartPolicy", "Never", "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""),
        Case(.replicationControllers, "spec.selector", ["other": "x"], "spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not match template `labels`"),
        Case(.controllerRevisions, "data", nil, "data: Required value: data is mandatory"),
        Case(.cronJobs, "spec.schedule", "* * * *", "spec.schedule: Invalid value: \"* * * *\": expected exactly 5 fields, found 4: [* * * *]"),
        Case(.cronJobs, "spec.schedule", "61 * * * *", "spec.schedule: Invalid value: \"61 * * * *\": end of range (61) above maximum (59): 61"),
        Case(.cronJobs, "spec.timeZone", "Local", "spec.timeZone: Invalid value: \"Local\": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"),
        Case(.cronJobs, "metadata.name", .string(String(repeating: "a", count: 53)), "must be no more than 52 characters"),
        Case(.cronJobs, "spec.jobTemplate.spec.template.spec.restartPolicy", "Always", "spec.jobTemplate.spec.template.spec.restartPolicy: Unsupported value: \"Always\": supported values: \"Never\", \"OnFailure\""),
        Case(.horizontalPodAutoscalers, "spec.maxReplicas", nil, "spec.maxReplicas: Invalid value: 0: must be greater than 0"),
        Case(.horizontalPodAutoscalers, "spec.minReplicas", 7, "spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`"),
        Case(.podDisruptionBudgets, "spec.maxUnavailable", 1, "minAvailable and maxUnavailable cannot be both set"),
        Case(.podDisruptionBudgets, "spec.minAvailable", "110%", "spec.minAvailable: Invalid value: \"110%\": must not be greater than 100%"),
        Case(.ingresses, "spec", [:], "spec: Invalid value: []: either `defaultBackend` or `rules` must be specified"),
        Case(.ingresses, "spec.rules", path(["path": "/", "backend": backend]), "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified"),
        Case(.ingresses, "spec.rules", path(["path": "x", "pathType": "Prefix", "backend": backend]), "spec.rules[0].http.paths[0].path: Invalid value: \"x\": must be an absolute path"),
        Case(.ingresses, "spec.rules", [["host": "10.0.0.1"]], "spec.rules[0].host: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP address"),
        Case(.ingressClasses, "spec.controller", "nginx", "spec.controller: Invalid value: \"nginx\": must be a domain-prefixed path (such as \"acme.io/foo\")"),
        Case(.networkPolicies, "spec.ingress", peer([:]), "spec.ingress[0].from[0]: Required value: must specify a peer"),
        Case(.networkPolicies, "spec.ingress", peer(["ipBlock": ["cidr": "10.0.0.0/33"]]), "spec.ingress[0].from[0].ipBlock.cidr: Invalid value: \"10.0.0.0/33\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"),
        Case(.networkPolicies, "spec.ingress", peer(["ipBlock": ["cidr": "10.0.0.0/24", "except": ["10.0.1.0/25"]]]), "spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: \"10.0.1.0/25\": must be a strict subset of `cidr`"),
        Case(.networkPolicies, "spec.policyTypes", ["Out"], "spec.policyTypes[0]: Unsupported value: \"Out\": supported values: \"Egress\", \"Ingress\""),
        Case(.limitRanges, "spec.limits", [["type": "Container", "min": ["cpu": "2"], "max": ["cpu": "1"]]], "spec.limits[0].min.cpu: Invalid value: \"2\": min value 2 is greater than max value 1"),
        Case(.resourceQuotas, "spec.hard", ["bananas": "1"], "must be a standard resource for quotas"),
        Case(.priorityClasses, "value", 2_000_000_000, "value: Forbidden: maximum allowed value of a user defined priority is 1000000000"),
        Case(.roles, "rules", [["verbs": [], "apiGroups": [""], "resources": ["pods"]]], "rules[0].verbs: Required value: verbs must contain at least one value"),
        Case(.roles, "rules", [["verbs": ["get"], "nonResourceURLs": ["/x"]]], "rules[0].nonResourceURLs: Invalid value: [\"/x\"]: namespaced rules cannot apply to non-resource URLs"),
        Case(.clusterRoleBindings, "roleRef.kind", "Role", "roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\""),
        Case(.roleBindings, "subjects", [["kind": "ServiceAccount", "name": "a"]], "subjects[0].namespace: Required value"),
        Case(.roles, "metadata.name", "a/b", "metadata.name: Invalid value: \"a/b\": may not contain '/'"),
        Case(.storageClasses, "provisioner", "", "provisioner: Required value"),
        Case(.volumeAttributesClasses, "parameters", [:], "parameters: Required value: must contain at least one key/value pair"),
        Case(.volumeAttachments, "spec.source", [:], "spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName"),
        Case(.runtimeClasses, "handler", "Kata!", "handler: Invalid value: \"Kata!\": a lowercase RFC 1123 label must consist of"),
        Case(.certificateSigningRequests, "spec.signerName", "nobody", "spec.signerName: Invalid value: \"nobody\": must be a fully qualified domain and path of the form 'example.com/signer-name'"),
        Case(.certificateSigningRequests, "spec.usages", ["dance"], "spec.usages[0]: Unsupported value: \"dance\""),
        Case(.validatingWebhookConfigurations, "webhooks", [["name": "short", "sideEffects": "None", "admissionReviewVersions": ["v1"], "clientConfig": [:]]], "webhooks[0].name: Invalid value: \"short\": should be a domain with at least three segments separated by dots"),
        Case(.validatingWebhookConfigurations, "webhooks", [["name": "a.b.c", "clientConfig": ["url": "http://x"]]], "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun"),
        Case(.validatingWebhookConfigurations, "webhooks", [["name": "a.b.c", "clientConfig": ["url": "http://x"]]], "webhooks[0].clientConfig.url: Invalid value: \"http://x\": 'https' is the only allowed URL scheme; desired format: https://host[/path]"),
        Case(.validatingAdmissionPolicies, "spec.matchConstraints", nil, "spec.matchConstraints: Required value"),
        Case(.flowSchemas, "spec.matchingPrecedence", 10_001, "spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000"),
        Case(.services, "spec.healthCheckNodePort", 30_500, "spec.healthCheckNodePort: Invalid value: 30500: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"),
    ]

    @Test("Kubernetes' own words for what is wrong", arguments: cases) func invalid(_ test: Case) {
        var object = Self.valid(test.type)
        #expect(Validation.validate(object, old: nil, type: test.type).map(\.description) == [])
        object.set(test.value, at: test.path)
        let errors = Validation.validate(object, old: nil, type: test.type).map(\.description)
        #expect(errors.contains { $0.contains(test.error) }, "\(errors)")
    }

    static let updates: [Case] = [
        Case(.statefulSets, "spec.serviceName", "other", "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"),
        Case(.daemonSets, "spec.selector", ["matchLabels": ["app": "x"]], "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"x\"}}: field is immutable"),
        Case(.controllerRevisions, "data", ["b": 1], "data: Invalid value: {\"b\":1}: field is immutable"),
        Case(.roleBindings, "roleRef.name", "edit", "cannot change roleRef"),
        Case(.storageClasses, "provisioner", "example.com/other", "provisioner: Forbidden: updates to provisioner are forbidden."),
        Case(.storageClasses, "volumeBindingMode", "WaitForFirstConsumer", "volumeBindingMode: Invalid value: \"WaitForFirstConsumer\": field is immutable"),
        Case(.priorityClasses, "value", 5, "value: Forbidden: may not be changed in an update."),
        Case(.runtimeClasses, "handler", "gvisor", "handler: Invalid value: \"gvisor\": field is immutable"),
        Case(.ingressClasses, "spec.controller", "example.com/other", "spec.controller: Invalid value: \"example.com/other\": field is immutable"),
    ]

    @Test("what may not change", arguments: updates) func immutable(_ test: Case) {
        let old = Self.valid(test.type)
        var new = old
        new.set(test.value, at: test.path)
        let errors = Validation.validate(new, old: old, type: test.type).map(\.description)
        #expect(errors.contains { $0.contains(test.error) }, "\(errors)")
    }

    @Test(
        "schedules that can be read",
        arguments: ["* * * * *", "*/15 0-6,12 1 JAN-mar sun", "@hourly", "@every 1h30m", "0 0 ? * MON-FRI", "TZ=UTC 0 0 * * *"])
    func schedules(text: String) { #expect(CronSchedule.problem(of: text) == nil) }
}
