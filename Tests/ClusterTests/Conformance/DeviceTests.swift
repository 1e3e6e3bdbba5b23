import APIMachinery
import Testing

@testable import Cluster

/// Dynamic resource allocation: objects that are kept and checked. Source: Kubernetes' e2e test dra.go, "CRUD".
@Suite(.timeLimit(.minutes(1))) struct DeviceTests {
    private static func claim(_ devices: JSON) -> JSONObject { ["spec": ["devices": devices]] }

    @Test("a request for devices asks for one, unless it says otherwise") func defaults() async throws {
        let fixture = try await RegistryFixture()
        let requests: JSON = [
            ["name": "a", "exactly": ["deviceClassName": "gpu.example.com"]],
            ["name": "b", "firstAvailable": [["name": "all", "deviceClassName": "gpu.example.com", "allocationMode": "All"]]],
        ]
        let claim = try await fixture.create(.resourceClaims, "c", Self.claim(["requests": requests]))
        let stored = claim["spec", "devices", "requests"]?.array
        #expect(stored?.first?["exactly"] == ["allocationMode": "ExactCount", "count": 1, "deviceClassName": "gpu.example.com"])
        #expect(stored?.last?["firstAvailable"]?.array?.first?["count"] == nil)
    }

    private static let slice: JSON = ["driver": "gpu.example.com", "nodeName": "n", "pool": ["name": "p", "generation": 1, "resourceSliceCount": 1]]

    private static let faults: [(ResourceType, JSONObject, String)] = [
        (.resourceClaims, claim(["requests": [["name": "a"]]]), "spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required"),
        (.resourceClaims, claim(["requests": [["name": "A b", "exactly": ["deviceClassName": "c"]]]]), "spec.devices.requests[0].name: Invalid value: \"A b\""),
        (
            .resourceClaims, claim(["requests": [["name": "a", "exactly": ["deviceClassName": "c", "allocationMode": "Some"]]]]),
            "spec.devices.requests[0].exactly.allocationMode: Unsupported value: \"Some\": supported values: \"All\", \"ExactCount\""
        ),
        (
            .resourceClaims, claim(["requests": [["name": "a", "exactly": ["deviceClassName": "c", "allocationMode": "All", "count": 2]]]]),
            "must not be specified when allocationMode is 'All'"
        ),
        (
            .resourceClaims,
            claim(["requests": [["name": "a", "exactly": ["deviceClassName": "c"]]], "constraints": [["requests": ["b"], "matchAttribute": "example.com/x"]]]),
            "spec.devices.constraints[0].requests[0]: Invalid value: \"b\": must be the name of a request in the claim"
        ),
        (.deviceClasses, ["spec": ["selectors": [["cel": ["expression": ""]]]]], "spec.selectors[0].cel.expression: Required value"),
        (.resourceSlices, ["spec": ["driver": "gpu.example.com", "pool": ["name": "p", "generation": 1, "resourceSliceCount": 0], "nodeName": "n"]], "must be greater than zero"),
        (
            .resourceSlices, ["spec": ["driver": "gpu.example.com", "pool": ["name": "p", "generation": 1, "resourceSliceCount": 1], "nodeName": "n", "allNodes": true]],
            "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set"
        ),
    ]

    @Test("what no driver could serve is refused", arguments: 0..<faults.count) func refused(index: Int) async throws {
        let (type, fields, expected) = Self.faults[index]
        let fixture = try await RegistryFixture()
        let status = try await fixture.failure { try await fixture.create(type, "x", fields) }
        #expect(status.code == 422 && status.message.contains(expected), "\(status.message)")
    }

    @Test("what a claim asks for, and whose a slice is, never changes") func immutable() async throws {
        let fixture = try await RegistryFixture()
        try await fixture.create(.resourceClaims, "c", Self.claim(["requests": [["name": "a", "exactly": ["deviceClassName": "x"]]]]))
        let claim = try await fixture.failure { _ = try await fixture.client.patch(fixture.key(.resourceClaims, "c"), .merge(["spec": ["devices": ["requests": []]]])) }
        #expect(claim.message.contains("spec: Invalid value:") && claim.message.hasSuffix("field is immutable"))
        try await fixture.create(.resourceSlices, "s", ["spec": Self.slice])
        let slice = try await fixture.failure { _ = try await fixture.client.patch(fixture.key(.resourceSlices, "s"), .merge(["spec": ["driver": "other.example.com"]])) }
        #expect(slice.message.contains("spec.driver: Invalid value: \"other.example.com\": field is immutable"))
    }

    @Test("a claim's column says how far it is") func columns() throws {
        func state(_ status: JSON, deleting: Bool = false) -> String? {
            var claim = Object(.resourceClaims, namespace: "default", name: "c", ["status": status])
            if deleting { claim["metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z" }
            return DeviceColumns.claims[1].cell(claim, Timestamp(seconds: 0)).string
        }
        #expect(state([:]) == "pending")
        #expect(state(["allocation": [:]]) == "allocated")
        #expect(state(["allocation": [:], "reservedFor": [["name": "p", "resource": "pods", "uid": "1"]]]) == "allocated,reserved")
        #expect(state(["allocation": [:]], deleting: true) == "deleted,allocated")
    }
}
