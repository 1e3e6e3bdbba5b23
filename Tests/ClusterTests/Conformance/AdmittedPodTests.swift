import APIMachinery
import Testing

@testable import Cluster

/// What the server makes of a pod before any node sees it. Source: Kubernetes' e2e tests under test/e2e/node and test/e2e/auth.
@Suite(.timeLimit(.minutes(1))) struct AdmittedPodTests {
    private static func runtime(_ fixture: RegistryFixture, _ fields: JSONObject = [:]) async throws {
        var fields = fields
        fields["handler"] = "kata"
        try await fixture.create(.runtimeClasses, "kata", fields)
    }

    @Test("a pod of a RuntimeClass that does not exist, or no longer, is refused") func unknownRuntime() async throws {
        let fixture = try await RegistryFixture()
        let refusal = "pods \"p\" is forbidden: pod rejected: RuntimeClass \"kata\" not found"
        var status = try await fixture.failure { try await fixture.pod("p", ["runtimeClassName": "kata"]) }
        #expect(status.code == 403 && status.message == refusal)
        try await Self.runtime(fixture)
        #expect(try await fixture.pod("p", ["runtimeClassName": "kata"])["spec", "overhead"] == nil)
        try await fixture.client.delete(fixture.key(.pods, "p"))
        try await fixture.client.delete(fixture.key(.runtimeClasses, "kata"))
        status = try await fixture.failure { try await fixture.pod("p", ["runtimeClassName": "kata"]) }
        #expect(status.message == refusal)
    }

    @Test("a RuntimeClass gives its pods overhead, nodes and tolerations, and lets them contradict nothing") func runtime() async throws {
        let fixture = try await RegistryFixture()
        let toleration: JSON = ["key": "kata", "operator": "Exists", "effect": "NoSchedule"]
        try await Self.runtime(
            fixture,
            [
                "overhead": ["podFixed": ["cpu": "250m", "memory": "64Mi"]],
                "scheduling": ["nodeSelector": ["sandbox": "kata"], "tolerations": [toleration]],
            ])
        let narrow: JSON = ["key": "kata", "operator": "Equal", "value": "x", "effect": "NoSchedule"]
        let pod = try await fixture.pod("p", ["runtimeClassName": "kata", "nodeSelector": ["disk": "ssd"], "tolerations": [narrow]])
        #expect(pod["spec", "overhead"] == ["cpu": "250m", "memory": "64Mi"])
        #expect(pod["spec", "nodeSelector"] == ["disk": "ssd", "sandbox": "kata"])
        // The wider one makes the pod's own redundant.
        let tolerations = pod["spec", "tolerations"]?.array ?? []
        #expect(tolerations.contains(toleration) && !tolerations.contains(narrow) && tolerations.count == 3)
        // The same amount in other words is the same.
        _ = try await fixture.pod("q", ["runtimeClassName": "kata", "overhead": ["cpu": "0.25", "memory": "65536Ki"]])
        for (spec, detail) in [
            (["runtimeClassName": "kata", "overhead": ["cpu": "1"]], "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"),
            (["overhead": ["cpu": "1"]], "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"),
            (
                ["runtimeClassName": "kata", "nodeSelector": ["sandbox": "gvisor"]],
                "conflict: runtimeClass.scheduling.nodeSelector[sandbox] = kata; pod.spec.nodeSelector[sandbox] = gvisor"
            ),
        ] as [(JSONObject, String)] {
            let status = try await fixture.failure { try await fixture.pod("r", spec) }
            #expect(status.message == "pods \"r\" is forbidden: \(detail)")
        }
    }

    @Test("kernel parameters must have names, and none of a namespace that is the host's") func sysctls() async throws {
        let fixture = try await RegistryFixture()
        func message(_ names: [String], _ spec: JSONObject = [:]) async throws -> String {
            var spec = spec
            spec["securityContext"] = ["sysctls": .array(names.map { ["name": .string($0), "value": "1"] })]
            let complete = spec
            return try await fixture.failure { try await fixture.pod("p", complete) }.message
        }
        let invalid = try await message(["foo-", "kernel.shmmax", "safe-and-unsafe", "bar.."])
        let detail = #"must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"#
        #expect(invalid.contains("spec.securityContext.sysctls[0].name: Invalid value: \"foo-\": \(detail)"), "\(invalid)")
        #expect(invalid.contains("Invalid value: \"bar..\"") && !invalid.contains("safe-and-unsafe") && !invalid.contains("kernel.shmmax"))
        #expect(try await message(["kernel.sem", "kernel.sem"]).contains("sysctls[1].name: Duplicate value: \"kernel.sem\""))
        #expect(try await message([""]).contains("sysctls[0].name: Required value"))
        #expect(try await message(["net/ipv4/tcp_syncookies"], ["hostNetwork": true]).contains("may not be specified when 'hostNetwork' is true"))
        #expect(try await message(["kernel.shmmax"], ["hostIPC": true]).contains("may not be specified when 'hostIPC' is true"))
    }

    @Test("a certificate for a pod lives between an hour and 91 days") func certificates() async throws {
        let fixture = try await RegistryFixture()
        func projection(_ fields: JSONObject) -> JSONObject {
            var source: JSONObject = ["signerName": "example.com/signer", "keyType": "ED25519", "credentialBundlePath": "bundle.pem"]
            for member in fields { source[member.key] = member.value.isNull ? nil : member.value }
            return ["volumes": [["name": "c", "projected": ["sources": [["podCertificate": .object(source)]]]]]]
        }
        for (fields, expected) in [
            (["maxExpirationSeconds": 7_862_401], "if provided, maxExpirationSeconds must be <= 7862400"),
            (["maxExpirationSeconds": 3599], "if provided, maxExpirationSeconds must be >= 3600"),
            (["signerName": "kubernetes.io/x", "maxExpirationSeconds": 86_401], "if provided, maxExpirationSeconds must be <= 86400"),
            (["keyType": "DSA"], "keyType: Unsupported value: \"DSA\""),
            (["credentialBundlePath": .null], "specify at least one of credentialBundlePath, keyPath, and certificateChainPath"),
        ] as [(JSONObject, String)] {
            let status = try await fixture.failure { try await fixture.pod("p", projection(fields)) }
            #expect(status.code == 422 && status.message.contains(expected), "\(status.message)")
        }
        _ = try await fixture.pod("p", projection(["maxExpirationSeconds": 7_862_400]))
    }

    @Test("keys of ConfigMaps and Secrets must not be empty", arguments: [ResourceType.configMaps, .secrets]) func emptyKeys(type: ResourceType) async throws {
        let fixture = try await RegistryFixture()
        let status = try await fixture.failure { try await fixture.create(type, "a", ["data": ["": "dmFsdWU="]]) }
        #expect(status.code == 422 && status.message.contains("data[\"\"]: Invalid value: \"\": a valid config key must consist of alphanumeric characters"))
    }

    @Test("a pod may opt out of its account's token, and so may the account for its pods") func automount() async throws {
        let fixture = try await RegistryFixture()
        try await fixture.create(.serviceAccounts, "quiet", ["automountServiceAccountToken": false])
        for (account, own, mounts) in [
            ("default", nil, true), ("default", true, true), ("default", false, false), ("quiet", nil, false), ("quiet", true, true), ("quiet", false, false),
        ] as [(String, Bool?, Bool)] {
            var spec: JSONObject = ["serviceAccountName": .string(account)]
            if let own { spec["automountServiceAccountToken"] = .bool(own) }
            let name = "\(account)-\(own.map { "\($0)" } ?? "unset")"
            let pod = try await fixture.pod(name, spec)
            let paths = pod["spec", "containers"]?.array?.first?["volumeMounts"]?.array?.compactMap { $0["mountPath"]?.string } ?? []
            #expect(paths.contains("/var/run/secrets/kubernetes.io/serviceaccount") == mounts, "\(name)")
        }
    }

    @Test("a finalizer of a built-in kind has a domain, or is one of Kubernetes' own") func finalizers() async throws {
        let fixture = try await RegistryFixture()
        let status = try await fixture.failure { try await fixture.create(.configMaps, "a", ["metadata": ["name": "a", "namespace": "default", "finalizers": ["mine"]]]) }
        #expect(status.message == "ConfigMap \"a\" is invalid: metadata.finalizers[0]: Invalid value: \"mine\": name is neither a standard finalizer name nor is it fully qualified")
        for name in ["orphan", "example.com/mine"] {
            try await fixture.create(.configMaps, name.replacing("/", with: "."), ["metadata": ["name": .string(name.replacing("/", with: ".")), "namespace": "default", "finalizers": [.string(name)]]])
        }
    }

    @Test("an ephemeral volume of a CSI driver is kept as it is") func inlineVolume() async throws {
        let fixture = try await RegistryFixture()
        let volume: JSON = ["name": "v", "csi": ["driver": "driver.example.com", "volumeAttributes": ["a": "b"]]]
        try await fixture.pod("p", ["volumes": [volume]])
        let found = try fixture.get(.pods, "p")["spec", "volumes"]?.array?.first
        #expect(found?["csi"]?["driver"] == "driver.example.com" && found?["csi"]?["volumeAttributes"] == ["a": "b"])
    }
}
