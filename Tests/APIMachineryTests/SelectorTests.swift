import TestSupport
import Testing

@testable import APIMachinery

@Suite(.timeLimit(.minutes(1)))
struct SelectorTests {
    private let labels = ["app": "web", "tier": "front", "level": "5", "empty": ""]

    @Test(
        "A label selector matches as kubectl's -l does",
        arguments: [
            ("", true), ("app=web", true), ("app==web", true), ("app=other", false), ("app!=web", false), ("app!=other", true), ("none!=x", true),
            ("app in (web, api)", true), ("app in (api)", false), ("app notin (web)", false), ("none notin (web)", true), ("app", true), ("none", false),
            ("!none", true), ("! app", false), ("level>4", true), ("level<5", false), ("app>1", false), ("app=web,tier=front", true), ("app=web,tier=back", false),
            (" app = web , tier in ( front ) ", true), ("empty=", true), ("app=", false), ("empty", true),
        ])
    func matching(text: String, expected: Bool) throws {
        let selector = try LabelSelector(parsing: text)
        #expect(selector.matches(labels) == expected)
        #expect(try LabelSelector(parsing: selector.description).matches(labels) == expected, "\(selector)")
    }

    @Test("What is no selector is refused", arguments: ["=web", "app web", "app in web", "app in (web", "app=a=b", ",", "app,", "level>x", "()", "a in (b))", "!", "a b c"])
    func refused(text: String) {
        #expect(throws: APIStatus.self) { try LabelSelector(parsing: text) }
    }

    @Test("The object form reads both lists; absent selects nothing, empty everything")
    func objectForm() throws {
        let selector = try LabelSelector(json: ["matchLabels": ["app": "web"], "matchExpressions": [["key": "tier", "operator": "In", "values": ["front", "back"]], ["key": "x", "operator": "DoesNotExist"]]])
        #expect(selector.matches(labels) && !selector.matches(["app": "web"]))
        #expect(selector.description == "app=web,tier in (back,front),!x")
        #expect(try !LabelSelector(json: nil).matches(labels) && LabelSelector(json: [:]).isEverything)
        #expect(throws: APIStatus.self) { try LabelSelector(json: ["matchExpressions": [["key": "a", "operator": "Near"]]]) }
    }

    @Test("A field selector compares text, and an absent field is empty")
    func fields() throws {
        let object = Object(.pods, namespace: "default", name: "a", ["spec": ["nodeName": "n", "replicas": 2, "flag": true]])
        for text in ["metadata.name=a", "metadata.name==a,spec.nodeName!=m", "spec.replicas=2", "spec.flag=true", "status.phase=", ""] {
            let selector = try FieldSelector(parsing: text)
            #expect(selector.matches(object), "\(text)")
            #expect(try FieldSelector(parsing: selector.description) == selector)
        }
        #expect(try !FieldSelector(parsing: "metadata.name!=a").matches(object))
        #expect(try FieldSelector(parsing: "a=b,metadata.name=a").required("metadata.name") == "a")
        #expect(throws: APIStatus.self) { try FieldSelector(parsing: "metadata.name") }
    }

    @Test(
        "A value of a field selector escapes what would end it",
        arguments: [
            ("a=b\\,c", "b,c"), ("a=\\\\", "\\"), ("a==x\\=y", "x=y"), ("a=b,", "b"), ("a=", ""), ("x=y=z", nil), ("a===b", nil), ("a=\\x", nil), ("a=\\", nil),
        ] as [(String, String?)])
    func escapes(text: String, value: String?) throws {
        guard let value else {
            _ = #expect(throws: APIStatus.self) { try FieldSelector(parsing: text) }
            return
        }
        #expect(try FieldSelector(parsing: text).required("a") == value)
        #expect(try FieldSelector(parsing: FieldSelector("a", equals: value).description).required("a") == value)
    }

    @Test("Any value of a field survives", arguments: [UInt64](0..<20))
    func fieldValues(seed: UInt64) throws {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<50 {
            let selector = FieldSelector(
                (0..<fuzz.below(4)).map { _ in
                    let value = (0..<fuzz.below(6)).map { _ in fuzz.pick(["a", ",", "=", "\\", "!", "é", " ", "\u{0}"]) }.joined()
                    return FieldSelector.Requirement(field: fuzz.pick(["metadata.name", "a"]), value: value, isEqual: fuzz.below(2) == 0)
                })
            #expect(try FieldSelector(parsing: selector.description) == selector, "\(selector)")
        }
    }

    @Test("Any text is read or refused", arguments: 0..<20)
    func fuzz(seed: UInt64) {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<300 {
            let text = (0..<fuzz.below(12)).map { _ in fuzz.pick(["a", "in", "notin", " ", "(", ")", ",", "=", "!", "<", ">", "1", "\t", "é", "=="]) }.joined()
            if let selector = try? LabelSelector(parsing: text) {
                _ = selector.matches(labels)
                #expect((try? LabelSelector(parsing: selector.description)) != nil || selector.description.contains("in"), "\(text)")
            }
            _ = try? FieldSelector(parsing: text)
        }
    }
}
