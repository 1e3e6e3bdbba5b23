import APIMachinery
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(1))) struct PodSecurityTests {
    private static func container(_ context: JSON = .null, _ more: JSONObject = [:]) -> JSON {
        var members = more
        members["name"] = "c"
        if !context.isNull { members["securityContext"] = context }
        return .object(members)
    }

    /// A pod that the restricted level accepts.
    private static let good: JSON = [
        "securityContext": ["runAsNonRoot": true, "seccompProfile": ["type": "RuntimeDefault"]],
        "containers": [["name": "c", "securityContext": ["allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]]]]],
    ]

    private static func violations(_ level: PodSecurityPolicy.Level, _ spec: JSON, minor: Int? = nil, annotations: JSON = [:]) -> [String] {
        PodSecurityPolicy(level: level, minor: minor).violations(metadata: ["annotations": annotations], spec: spec)
    }

    @Test(
        "the baseline refuses, in Kubernetes' words",
        arguments: [
            (["hostNetwork": true, "hostPID": true, "containers": [["name": "c"]]], "host namespaces (hostNetwork=true, hostPID=true)"),
            (["containers": [container(["privileged": true])]], #"privileged (container "c" must not set securityContext.privileged=true)"#),
            (
                ["containers": [container(["capabilities": ["add": ["NET_ADMIN", "CHOWN"]]])]],
                #"non-default capabilities (container "c" must not include "NET_ADMIN" in securityContext.capabilities.add)"#
            ),
            (["containers": [["name": "c"]], "volumes": [["name": "v", "hostPath": ["path": "/"]]]], #"hostPath volumes (volume "v")"#),
            (["containers": [container(.null, ["ports": [["hostPort": 80]]])]], #"hostPort (container "c" uses hostPort 80)"#),
            (
                ["containers": [container(["seLinuxOptions": ["type": "spc_t", "user": "u"]])]],
                #"seLinuxOptions (container "c" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)"#
            ),
            (["containers": [container(["procMount": "Unmasked"])]], #"procMount (container "c" must not set securityContext.procMount to "Unmasked")"#),
            (
                ["securityContext": ["seccompProfile": ["type": "Unconfined"]], "containers": [["name": "c"]]],
                #"seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")"#
            ),
            (["securityContext": ["sysctls": [["name": "kernel.msgmax"]]], "containers": [["name": "c"]]], "forbidden sysctls (kernel.msgmax)"),
            (
                ["containers": [container(["windowsOptions": ["hostProcess": true]])]],
                #"hostProcess (container "c" must not set securityContext.windowsOptions.hostProcess=true)"#
            ),
            (
                ["containers": [container(.null, ["livenessProbe": ["httpGet": ["host": "1.2.3.4"]]])]],
                #"probe or lifecycle host (container "c" uses probe or lifecycle host "1.2.3.4")"#
            ),
            (
                ["containers": [container(["appArmorProfile": ["type": "Unconfined"]])]],
                #"forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")"#
            ),
        ] as [(JSON, String)])
    func baseline(spec: JSON, text: String) { #expect(Self.violations(.baseline, spec) == [text]) }

    @Test("a plain pod fits the baseline, and the restricted level says all that it lacks") func plain() {
        let spec: JSON = ["containers": [["name": "c"]]]
        #expect(Self.violations(.privileged, ["hostNetwork": true]) == [])
        #expect(Self.violations(.baseline, spec) == [])
        #expect(
            Self.violations(.restricted, spec) == [
                #"allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false)"#,
                #"unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"])"#,
                #"runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)"#,
                #"seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#,
            ])
        #expect(Self.violations(.restricted, Self.good) == [])
    }

    @Test(
        "the restricted level refuses",
        arguments: [
            (["volumes"], [["name": "v", "nfs": ["path": "/"]]], #"restricted volume types (volume "v" uses restricted volume type "nfs")"#),
            (["securityContext", "runAsUser"], 0, "runAsUser=0 (pod must not set runAsUser=0)"),
            (["securityContext", "runAsNonRoot"], false, "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)"),
            (
                ["securityContext", "seccompProfile", "type"], "Unconfined",
                #"seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")"#
            ),
            (
                ["initContainers"], [["name": "i", "securityContext": ["allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"], "add": ["CHOWN"]]]]],
                #"unrestricted capabilities (container "i" must not include "CHOWN" in securityContext.capabilities.add)"#
            ),
        ] as [([String], JSON, String)])
    func restricted(path: [String], value: JSON, text: String) {
        var spec = Self.good
        spec.set(value, at: path)
        #expect(Self.violations(.restricted, spec) == [text])
    }

    @Test("older versions ask for what they knew") func versions() {
        let sysctl: JSON = ["securityContext": ["sysctls": [["name": "net.ipv4.tcp_rmem"]]], "containers": [["name": "c"]]]
        #expect(Self.violations(.baseline, sysctl, minor: 31).count == 1 && Self.violations(.baseline, sysctl, minor: 32).isEmpty)
        #expect(Self.violations(.restricted, ["containers": [["name": "c"]]], minor: 7).count == 1)
        var windows = Self.good
        windows.set(["name": "windows"], at: ["os"])
        windows.set([["name": "c"]], at: ["containers"])
        #expect(Self.violations(.restricted, windows).isEmpty && !Self.violations(.restricted, windows, minor: 24).isEmpty)
    }

    @Test("labels that say nothing are refused, and count as the strictest") func labels() {
        let modes = PodSecurityModes(["pod-security.kubernetes.io/enforce": "strict", "pod-security.kubernetes.io/warn-version": "1.2"])
        #expect(modes.enforce.level == .restricted && modes.errors.count == 2)
        #expect(modes.errors[0].description == #"metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted"#)
        #expect(PodSecurityModes(["pod-security.kubernetes.io/enforce": "baseline"]).warn.level == .baseline)
        #expect(PodSecurityModes(["pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": "v1.20"]).enforce.description == "restricted:v1.20")
    }

    @Test("a namespace enforces, warns, and tells of the pods that are already there") func namespace() async throws {
        let fixture = try await RegistryFixture()
        try await fixture.pod("old", ["hostNetwork": true])
        let context = RequestContext(user: .component("tester"))
        let key = ObjectKey(.namespaces, name: "default")
        let label = "pod-security.kubernetes.io/enforce"
        func set(_ level: JSON) async throws {
            _ = try await fixture.registry.patch(key, .merge(["metadata": ["labels": [(label): level]]]), options: WriteOptions(), context: context)
        }
        try await set("restricted")
        #expect(context.warnings.all.first == #"existing pods in namespace "default" violate the new PodSecurity enforce level "restricted:latest""#)
        let refusal = try await fixture.failure { try await fixture.pod("new") }
        #expect(refusal.code == 403 && refusal.message.hasPrefix(#"pods "new" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false"#))
        let warned = RequestContext(user: .component("tester"))
        let deployment = Object(
            .deployments, namespace: "default", name: "d",
            ["spec": ["selector": ["matchLabels": ["a": "b"]], "template": ["metadata": ["labels": ["a": "b"]], "spec": ["containers": [["name": "c", "image": "i"]]]]]])
        _ = try await fixture.registry.create(.deployments, deployment, options: WriteOptions(), context: warned)
        #expect(warned.warnings.all.count == 1 && warned.warnings.all[0].hasPrefix(#"would violate PodSecurity "restricted:latest": "#))
        let invalid = try await fixture.failure { try await set("nonsense") }
        #expect(invalid.code == 422)
    }
}
