import TestSupport
import Testing

@testable import APIMachinery

@Suite(.timeLimit(.minutes(1)))
struct JSONPatchTests {
    /// From the appendix of RFC 6902, and list edges.
    @Test(
        "Operations apply",
        arguments: [
            (#"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux"}]"#, #"{"baz":"qux","foo":"bar"}"#),
            (#"{"foo":["bar","baz"]}"#, #"[{"op":"add","path":"/foo/1","value":"qux"}]"#, #"{"foo":["bar","qux","baz"]}"#),
            (#"{"foo":["bar"]}"#, #"[{"op":"add","path":"/foo/-","value":["abc"]}]"#, #"{"foo":["bar",["abc"]]}"#),
            (#"{"foo":[1]}"#, #"[{"op":"add","path":"/foo/1","value":2}]"#, #"{"foo":[1,2]}"#),
            (#"{"baz":"qux","foo":"bar"}"#, #"[{"op":"remove","path":"/baz"}]"#, #"{"foo":"bar"}"#),
            (#"{"foo":["a","b","c"]}"#, #"[{"op":"remove","path":"/foo/1"}]"#, #"{"foo":["a","c"]}"#),
            (#"{"baz":"qux"}"#, #"[{"op":"replace","path":"/baz","value":"boo"}]"#, #"{"baz":"boo"}"#),
            (#"{"foo":{"bar":"baz","w":"f"},"q":{"c":"g"}}"#, #"[{"op":"move","from":"/foo/w","path":"/q/t"}]"#, #"{"foo":{"bar":"baz"},"q":{"c":"g","t":"f"}}"#),
            (#"{"foo":["all","grass","cows","eat"]}"#, #"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#, #"{"foo":["all","cows","eat","grass"]}"#),
            (#"{"a":{"b":1}}"#, #"[{"op":"copy","from":"/a","path":"/c"}]"#, #"{"a":{"b":1},"c":{"b":1}}"#),
            (#"{"a":1}"#, #"[{"op":"test","path":"/a","value":1.0},{"op":"add","path":"","value":[]}]"#, "[]"),
            (#"{"~1":10,"a/b":1}"#, #"[{"op":"test","path":"/~01","value":10},{"op":"remove","path":"/a~1b"}]"#, #"{"~1":10}"#),
            (#"{"":1}"#, #"[{"op":"replace","path":"/","value":2}]"#, #"{"":2}"#),
            (#"{"a":1}"#, #"[{"op":"add","path":"/b","value":null}]"#, #"{"a":1,"b":null}"#),
            (#"{"a":1}"#, #"[{"op":"move","from":"/a","path":"/a"}]"#, #"{"a":1}"#),
        ])
    func applies(target: String, patch: String, expected: String) throws {
        #expect(try JSONPatch.apply(JSON(parsing: patch), to: JSON(parsing: target)).text == expected)
    }

    @Test(
        "What does not fit is refused, with the operation and the reason",
        arguments: [
            (#"[{"op":"remove","path":"/x"}]"#, APIStatus.Reason.invalid, "operation 0 of the JSON patch (remove \"/x\"): no member \"x\" there"),
            (#"[{"op":"replace","path":"/x","value":1}]"#, .invalid, "use add"),
            (#"[{"op":"add","path":"/x/y","value":1}]"#, .invalid, "no member \"x\""),
            (#"[{"op":"add","path":"/list/5","value":1}]"#, .invalid, "index 5 is beyond the list"),
            (#"[{"op":"add","path":"/list/01","value":1}]"#, .invalid, "no index"),
            (#"[{"op":"remove","path":"/list/-"}]"#, .invalid, "no index"),
            (#"[{"op":"add","path":"/a/b","value":1}]"#, .invalid, "leads into integer"),
            (#"[{"op":"test","path":"/a","value":2}]"#, .invalid, "not equal"),
            (#"[{"op":"move","from":"/list","path":"/list/0"}]"#, .invalid, "into itself"),
            (#"[{"op":"frobnicate","path":"/a"}]"#, .badRequest, "op must be"),
            (#"[{"op":"add","path":"/a"}]"#, .badRequest, "needs a value"),
            (#"[{"op":"add","path":"a","value":1}]"#, .badRequest, "JSON pointer"),
            (#"{"op":"add"}"#, .badRequest, "must be a list"),
        ])
    func refuses(patch: String, reason: APIStatus.Reason, message: String) throws {
        let patch = try JSON(parsing: patch)
        let error = #expect(throws: APIStatus.self) { try JSONPatch.apply(patch, to: ["a": 1, "list": [1]]) }
        #expect(error?.reason == reason && error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test("Operations, copied bytes and nesting are limited")
    func limits() throws {
        let test: JSON = ["op": "test", "path": "/a", "value": 1]
        #expect(throws: APIStatus.self) { try JSONPatch.apply(.array(Array(repeating: test, count: 10_001)), to: ["a": 1]) }
        let double: [JSON] = (0..<64).map { ["op": "copy", "from": "", "path": .string("/k\($0)")] }
        #expect(throws: APIStatus.self) { try JSONPatch.apply(.array(double), to: ["a": "some text"]) }
        let nest: [JSON] = (0..<2000).map { _ in ["op": "copy", "from": "", "path": "/a"] }
        #expect(throws: APIStatus.self) { try JSONPatch.apply(.array(nest), to: ["a": 1]) }
    }

    @Test("Any patch is applied or refused", arguments: 0..<30)
    func fuzz(seed: UInt64) {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<100 {
            let target = fuzz.object()
            let operations = (0...fuzz.below(4)).map { _ -> JSON in
                func pointer() -> JSON { .string((0..<fuzz.below(4)).map { _ in "/" + fuzz.pick(Fuzz.keys + ["0", "1", "-", "~0", "~1", "~"]) }.joined()) }
                return ["op": .string(fuzz.pick(["add", "remove", "replace", "move", "copy", "test"])), "path": pointer(), "from": pointer(), "value": fuzz.value()]
            }
            _ = try? JSONPatch.apply(.array(operations), to: target)
            _ = try? JSONPatch.apply(fuzz.value(), to: target)
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct MergePatchTests {
    /// From the appendix of RFC 7386.
    @Test(
        "A patch replaces, adds and removes",
        arguments: [
            (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#), (#"{"a":"b"}"#, #"{"a":null}"#, "{}"),
            (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
            (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#), (#"["a","b"]"#, #"["c"]"#, #"["c"]"#), (#"{"a":"b"}"#, "null", "null"),
            (#"{"e":null}"#, #"{"a":1}"#, #"{"a":1,"e":null}"#), ("[1]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#), ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
        ])
    func applies(target: String, patch: String, expected: String) throws {
        #expect(try MergePatch.apply(JSON(parsing: patch), to: JSON(parsing: target)).text == expected)
    }

    @Test("The difference of two objects turns one into the other", arguments: 0..<30)
    func difference(seed: UInt64) {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<50 {
            let old = MergePatch.apply(fuzz.object(), to: [:])
            let new = MergePatch.apply(fuzz.object(), to: [:])
            guard let a = old.object, let b = new.object else { continue }
            #expect(MergePatch.apply(.object(MergePatch.difference(from: a, to: b)), to: old) == new)
            #expect(MergePatch.difference(from: a, to: a).isEmpty)
            _ = MergePatch.apply(fuzz.value(), to: fuzz.value())
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct StrategicMergeTests {
    private let pod = Schema.builtin.node(ResourceType.pods.gvk)

    private func merged(_ target: String, _ patch: String) throws -> JSON {
        func parse(_ text: String) throws -> JSON { try YAML.documents(parsing: text).first?.value ?? [:] }
        return try StrategicMerge.apply(parse(patch), to: parse(target), schema: pod)
    }

    @Test(
        "Lists merge by key, sets of scalars by value, other lists are replaced",
        arguments: [
            ("spec: {containers: [{name: a, image: x}, {name: b, image: y}]}", "spec: {containers: [{name: b, image: z}]}",
                "spec: {containers: [{name: a, image: x}, {name: b, image: z}]}"),
            ("spec: {containers: [{name: a}]}", "spec: {containers: [{name: b}]}", "spec: {containers: [{name: a}, {name: b}]}"),
            ("spec: {containers: [{name: a}, {name: b}]}", "spec: {containers: [{name: a, $patch: delete}]}", "spec: {containers: [{name: b}]}"),
            ("spec: {containers: [{name: a}]}", "spec: {containers: [{$patch: replace}, {name: c}]}", "spec: {containers: [{name: c}]}"),
            ("spec: {containers: [{name: a, command: [x, y]}]}", "spec: {containers: [{name: a, command: [z]}]}", "spec: {containers: [{name: a, command: [z]}]}"),
            ("metadata: {finalizers: [a, b]}", "metadata: {finalizers: [b, c]}", "metadata: {finalizers: [a, b, c]}"),
            ("metadata: {finalizers: [a, b, c]}", "metadata: {$deleteFromPrimitiveList/finalizers: [b]}", "metadata: {finalizers: [a, c]}"),
            ("metadata: {finalizers: [a, b, c]}", "metadata: {$setElementOrder/finalizers: [c, a]}", "metadata: {finalizers: [b, c, a]}"),
            ("metadata: {labels: {a: x, b: y}}", "metadata: {labels: {a: null, c: z}}", "metadata: {labels: {b: y, c: z}}"),
            ("metadata: {labels: {a: x}}", "metadata: {labels: {$patch: replace, c: z}}", "metadata: {labels: {c: z}}"),
            ("metadata: {labels: {a: x}}", "metadata: {labels: {$patch: delete}}", "metadata: {labels: {}}"),
            ("spec: {volumes: [{name: v, emptyDir: {}}]}", "spec: {volumes: [{name: v, $retainKeys: [name, hostPath], hostPath: {path: /}}]}",
                "spec: {volumes: [{name: v, hostPath: {path: /}}]}"),
            ("spec: {containers: [{name: a}, {name: b}, {name: c}]}", "spec: {$setElementOrder/containers: [{name: c}, {name: a}], containers: [{name: c, image: i}]}",
                "spec: {containers: [{name: b}, {name: c, image: i}, {name: a}]}"),
            ("spec: {containers: [{name: a, env: [{name: X, value: '1'}]}]}", "spec: {containers: [{name: a, env: [{name: Y, value: '2'}, {name: X, value: null}]}]}",
                "spec: {containers: [{name: a, env: [{name: Y, value: '2'}, {name: X}]}]}"),
            ("spec: {tolerations: [{key: a}]}", "spec: {tolerations: [{key: b}]}", "spec: {tolerations: [{key: b}]}"),
            ("spec: {}", "spec: {securityContext: {$patch: replace, runAsUser: 1, runAsGroup: null}}", "spec: {securityContext: {runAsUser: 1}}"),
        ])
    func merges(target: String, patch: String, expected: String) throws {
        let expected = try #require(try YAML.documents(parsing: expected).first?.value)
        let result = try merged(target, patch)
        #expect(result == expected, "\(result.text)")
    }

    @Test(
        "What cannot be read is refused",
        arguments: [
            ("spec: {containers: [{image: x}]}", "merge key \"name\""), ("spec: {$patch: frob}", "unknown directive"), ("spec: {$foo: 1}", "unknown directive"),
            ("spec: {volumes: [{name: v, $retainKeys: [name], emptyDir: {}}]}", "lacks \"emptyDir\""), ("[]", "must be an object"),
            ("metadata: {$deleteFromPrimitiveList/finalizers: 1}", "must be a list"), ("spec: {$retainKeys: 1}", "must be a list"),
        ])
    func refuses(patch: String, message: String) {
        let error = #expect(throws: APIStatus.self) { try merged("spec: {containers: [{name: a}]}", patch) }
        #expect(error?.reason == .badRequest && error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test("Any patch is applied or refused", arguments: 0..<30)
    func fuzz(seed: UInt64) {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<100 { _ = try? StrategicMerge.apply(fuzz.object(), to: fuzz.object(), schema: fuzz.below(4) == 0 ? nil : pod) }
    }
}
