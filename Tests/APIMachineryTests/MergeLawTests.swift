import TestSupport
import Testing

@testable import APIMachinery

/// What must hold of every merge, whatever is merged.
@Suite(.timeLimit(.minutes(1)))
struct MergeLawTests {
    private let pod = Schema.builtin.node(ResourceType.pods.gvk)
    private let start = Timestamp("2026-01-01T00:00:00Z")!

    /// Pods without nulls and directives, their lists' items told apart by their keys.
    private static func pod(_ fuzz: inout Fuzz) -> JSON {
        func items(_ names: [String], _ make: (String) -> JSONObject) -> JSON { .array(names.map { .object(make($0)) }) }
        var picked: [[String]] = []
        for _ in 0..<4 {
            var names = ["a", "b", "c", "d"]
            names.removeAll { _ in fuzz.below(2) == 0 }
            for index in names.indices { names.swapAt(index, fuzz.below(names.count)) }
            picked.append(names)
        }
        func text() -> JSON { .string(fuzz.pick(["x", "y", "z"])) }
        let containers = picked[0].map { name -> JSON in
            let env = picked[1].map { JSON.object(["name": .string($0), "value": text()]) }
            return ["name": .string(name), "image": text(), "env": .array(env), "command": .array((0..<fuzz.below(3)).map { _ in text() })]
        }
        return [
            "metadata": ["finalizers": JSON(picked[2]), "labels": .object(JSONObject(picked[3].map { .init(key: $0, value: text()) }))],
            "spec": ["containers": .array(containers), "hostname": text(), "tolerations": items(picked[2]) { ["key": .string($0)] }],
        ]
    }

    /// The same merge, written for reading: objects by member, lists by key in a dictionary, order left aside.
    private static func naive(_ patch: JSON, _ target: JSON?, _ node: SchemaNode?) -> JSON {
        switch patch {
        case .object(let changes):
            var result = target?.object ?? [:]
            for change in changes {
                let child = node?.valueType == .map ? node?.element : node?.fields[change.key]
                result[change.key] = naive(change.value, result[change.key], child)
            }
            return .object(result)
        case .array(let items) where node?.patchStrategy.contains(.merge) == true:
            guard let key = node?.patchMergeKey else { return sorted(Array(Set((target?.array ?? []) + items))) }
            var byKey: [JSON: JSON] = [:]
            for item in target?.array ?? [] { byKey[item[key] ?? .null] = naive(item, nil, node?.element) }
            for item in items { byKey[item[key] ?? .null] = naive(item, byKey[item[key] ?? .null], node?.element) }
            return sorted(Array(byKey.values))
        default: return patch
        }
    }

    private static func sorted(_ items: [JSON]) -> JSON { .array(items.sorted { $0.text < $1.text }) }

    @Test("A strategic merge merges what the naive one does, and doing it twice is doing it once", arguments: [UInt64](0..<20))
    func strategic(seed: UInt64) throws {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<20 {
            let (target, patch) = (Self.pod(&fuzz), Self.pod(&fuzz))
            let merged = try StrategicMerge.apply(patch, to: target, schema: pod)
            #expect(Self.naive(merged, nil, pod) == Self.naive(patch, target, pod), "\(target.text)\n\(patch.text)")
            #expect(try StrategicMerge.apply(patch, to: merged, schema: pod) == merged)
            #expect(try StrategicMerge.apply([:], to: target, schema: pod) == target)
            // Told to replace, what it leaves is the patch.
            var replacing = patch
            replacing.set("replace", at: ["$patch"])
            #expect(try StrategicMerge.apply(replacing, to: target, schema: pod) == patch)
        }
    }

    @Test("A merge patch is itself done twice, and keeps what it does not name", arguments: [UInt64](0..<20))
    func merge(seed: UInt64) {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<50 {
            let (target, patch) = (fuzz.object(), fuzz.object())
            let merged = MergePatch.apply(patch, to: target)
            #expect(MergePatch.apply(patch, to: merged) == merged)
            for member in target.object ?? [:] where patch[member.key] == nil { #expect(merged[member.key] == member.value) }
            for member in patch.object ?? [:] where member.value.isNull { #expect(merged[member.key] == nil) }
        }
    }

    @Test("A JSON patch that tests, adds and removes leaves what was there", arguments: [UInt64](0..<20))
    func jsonPatch(seed: UInt64) throws {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<50 {
            let (target, value) = (fuzz.object(), fuzz.value())
            let patch: JSON = [
                ["op": "test", "path": "", "value": target], ["op": "add", "path": "/fresh", "value": value], ["op": "copy", "from": "/fresh", "path": "/other"],
                ["op": "move", "from": "/other", "path": "/third"], ["op": "test", "path": "/third", "value": value], ["op": "remove", "path": "/third"],
                ["op": "remove", "path": "/fresh"],
            ]
            #expect(try JSONPatch.apply(patch, to: target) == target)
            #expect(try JSONPatch.apply([["op": "replace", "path": "", "value": value]], to: target) == value)
        }
    }

    /// Empty lists and objects state nothing, and Kubernetes' own types do not keep them.
    private static func withoutEmpty(_ value: JSON) -> JSON {
        switch value {
        case .object(let members):
            let kept = members.map { JSONObject.Member(key: $0.key, value: withoutEmpty($0.value)) }
            return .object(JSONObject(kept.filter { $0.value != [] && $0.value != [:] }))
        case .array(let elements): return .array(elements.map(withoutEmpty))
        default: return value
        }
    }

    private func applied(_ body: JSON, _ live: Object?, _ manager: String, force: Bool = true) throws -> Object {
        var object = Object(body.object ?? [:])
        object["apiVersion"] = "v1"
        object["kind"] = "Pod"
        object.name = "p"
        return try ServerSideApply.apply(object, to: live, manager: manager, force: force, subresource: "", now: start, schema: pod)
    }

    @Test("What a manager applied alone is gone when it applies nothing; what two own stays with the other", arguments: [UInt64](0..<20))
    func ownership(seed: UInt64) throws {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<6 {
            let (mine, theirs) = (Self.pod(&fuzz), Self.pod(&fuzz))
            let first = try applied(mine, nil, "one")
            let empty = try applied([:], first, "one")
            #expect(empty["spec"] == nil && empty.labels.isEmpty && empty.finalizers.isEmpty, "\(mine.text)\n\(empty.json.text)")
            #expect(empty["metadata", "managedFields"] == nil, "\(empty.json.text)")

            let both = try applied(theirs, first, "two")
            let left = try applied([:], both, "one")
            let alone = try applied(theirs, nil, "two")
            func content(_ object: Object) -> JSON { Self.naive(Self.withoutEmpty(object.spec), nil, pod?.fields["spec"]) }
            #expect(content(left) == content(alone), "\(mine.text)\n\(theirs.text)\n\(content(left).text)\n\(content(alone).text)")
            #expect(left.labels == alone.labels && Set(left.finalizers) == Set(alone.finalizers))
            // Taking turns changes nothing once both agree.
            let again = try applied(theirs, both, "two", force: false)
            #expect(again == both)
        }
    }

    private static func numbered(_ count: Int, _ suffix: String = "", value: JSON = "x") -> JSON {
        .object(JSONObject((0..<count).map { .init(key: "k\(100_000 + $0)\(suffix)", value: value) }))
    }

    private static func named(_ count: Int, _ more: JSONObject = [:]) -> JSON {
        .array((0..<count).map { index in
            var item = more
            item["name"] = .string("c\(index)")
            return .object(item)
        })
    }

    /// Merges of many members, each of which would move the others if it were done by itself.
    private static let growing: [(String, @Sendable (Int) -> Void)] = [
        ("a merge patch between members", { _ = MergePatch.apply(numbered($0, "a"), to: numbered($0)) }),
        ("a merge patch that removes", { _ = MergePatch.apply(numbered($0, value: .null), to: numbered($0)) }),
        ("a strategic patch between members", { _ = try? StrategicMerge.apply(numbered($0, "a"), to: numbered($0), schema: nil) }),
        ("a strategic patch that retains one", { _ = try? StrategicMerge.apply(["$retainKeys": ["z"]], to: numbered($0), schema: nil) }),
        (
            "a strategic patch that deletes items",
            { count in
                let node = Schema.builtin.node(ResourceType.pods.gvk)
                let (target, patch): (JSON, JSON) = (["spec": ["containers": named(count / 8)]], ["spec": ["containers": named(count / 8, ["$patch": "delete"])]])
                _ = try? StrategicMerge.apply(patch, to: target, schema: node)
            }
        ),
        ("a merge by structure", { _ = StructuredMerge.merged(numbered($0).object ?? [:], numbered($0, "a").object ?? [:], nil) }),
        (
            "unknown fields dropped",
            { count in
                var object = Object(numbered(count).object ?? [:])
                object["apiVersion"] = "v1"
                object["kind"] = "ConfigMap"
                _ = Schema.builtin.pruned(object)
            }
        ),
        ("custom fields dropped", { _ = CustomSchema(["type": "object"]).pruned(Object(numbered($0).object ?? [:])) }),
    ]

    @Test("Eight times the members take no more than a few times eight times the time", arguments: growing.indices)
    func linear(index: Int) {
        let (name, merge) = Self.growing[index]
        let clock = ContinuousClock()
        func time(_ count: Int) -> Duration { (0..<2).map { _ in clock.measure { merge(count) } }.min() ?? .zero }
        let (short, long) = (time(8_000), time(64_000))
        // A square would be 64.
        #expect(long < short * 40 + .milliseconds(100), "\(name): \(short), then \(long)")
    }
}
