import Testing

@testable import APIMachinery

@Suite(.timeLimit(.minutes(1)))
struct JSONTests {
    @Test(
        "A document is parsed and encoded canonically",
        arguments: [
            (#"{"b":1,"a":[true,false,null]}"#, #"{"a":[true,false,null],"b":1}"#),
            (" [ 1 , -2.5e3 , 1e2 ] ", "[1,-2500.0,100.0]"),
            (#""\u00e9\ud83d\ude00\/\b\f""#, "\"é😀/\\u0008\\u000c\""),
            ("9223372036854775807", "9223372036854775807"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("9223372036854775808", "9.223372036854776e+18"),
            ("{}", "{}"), ("0", "0"), ("-0", "0"),
        ])
    func roundTrip(text: String, canonical: String) throws {
        let value = try JSON(parsing: text)
        #expect(value.text == canonical)
        #expect(try JSON(parsing: canonical) == value)
    }

    @Test(
        "What is not JSON is refused with its place",
        arguments: [
            ("{\"a\":1,\n \"a\":2}", "duplicate key \"a\""), ("[1,]", "1:4"), ("{\"a\" 1}", "expected ':'"), ("01", "must not start with 0"),
            ("\"\\ud800\"", "surrogate"), ("\"a\u{1}\"", "control character"), ("tru", "true"), ("1 2", "end of the document"), ("", "end of input"),
            ("1e999", "out of range"), ("\"\\u12\"", "\\u"), ("[", "end of input"), ("\"\\x\"", "escape"),
        ])
    func refusals(text: String, expected: String) {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: text) }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test(
        "An object is parsed without its managedFields and with all else, unless it is being deleted",
        arguments: [
            #"{"kind":"A","metadata":{"managedFields":[{"fieldsV1":{"f:a":{"v:\\\"]}":{}}},"manager":"a"}],"name":"n"},"spec":{"a":[1,{}]}}"#,
            #"{"metadata":{"labels":{"managedFields":"x"},"managedFields":[],"name":"n"}}"#,
            #"{"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z","managedFields":[{"manager":"a"}],"name":"n"}}"#,
            #"{"managedFields":[1],"metadata":{"name":"n"},"spec":{"managedFields":[2],"metadata":{"managedFields":[3]}}}"#,
            #"{"metadata":{"managedFields":null,"name":"n"},"status":{}}"#, #"{"metadata":null}"#, "{}",
        ])
    func managedFields(text: String) throws {
        let whole = try #require(try JSON(parsing: text).object)
        let parsed = try JSON(parsing: Array(text.utf8), inWatchedForm: true)
        #expect(parsed.object.map { Object($0).watchedForm } == Object(whole).watchedForm)
        #expect(try JSON(parsing: Array(text.utf8), inWatchedForm: false) == .object(whole))
        if text.contains(#""managedFields":["#), whole["spec"] != nil, whole["managedFields"] == nil { #expect(!parsed.text.contains("managedFields")) }
    }

    @Test("What is cut off within managedFields is an error")
    func managedFieldsCutOff() {
        for text in [#"{"metadata":{"managedFields":[{"a":"#, #"{"metadata":{"managedFields":["a"#, #"{"metadata":{"managedFields":["\"#] {
            #expect(throws: JSONError.self) { try JSON(parsing: Array(text.utf8), inWatchedForm: true) }
        }
    }

    @Test("Members are set, replaced and removed in any order, also in an object that is shared")
    func membersInAnyOrder() {
        var random = SystemRandomNumberGenerator()
        for count in [1, 3, 15, 16, 17, 40] {
            let keys = (0..<count).map { "key-\($0)" }
            var object = JSONObject()
            for key in keys.shuffled(using: &random) { object[key] = .string(key) }
            #expect(object.keys == keys.sorted())
            let shared = object
            for key in keys.shuffled(using: &random) {
                object[key] = 1
                #expect(object.removeValue(forKey: key) == 1)
                #expect(object[key] == nil)
            }
            #expect(object.isEmpty)
            #expect(shared.count == count && shared.allSatisfy { $0.value == .string($0.key) })
        }
    }

    @Test("Nesting is limited")
    func depth() throws {
        _ = try JSON(parsing: String(repeating: "[", count: 512) + String(repeating: "]", count: 512))
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 100_000)) }
    }

    @Test("Invalid UTF-8 is refused")
    func utf8() {
        #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xFF, 0x22]) }
        #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0x5C, 0x6E, 0xC3, 0x22]) }
    }

    @Test("Values are set and removed along a path")
    func paths() {
        var value: JSON = ["a": ["b": 1]]
        value.set(2, at: ["a", "c"])
        value.set(nil, at: ["a", "b"])
        value.set(nil, at: ["x", "y"])
        value.set("z", at: ["n", "m"])
        #expect(value == ["a": ["c": 2], "n": ["m": "z"]])
    }

    @Test("Members stay sorted and unique, beyond the linear search too")
    func members() {
        var object = JSONObject()
        for index in (0..<40).reversed() { object["k\(index)"] = JSON(index) }
        #expect(object.keys == object.keys.sorted() && object.count == 40)
        #expect(object["k17"] == 17 && object["k99"] == nil)
        object["k17"] = nil
        #expect(object.count == 39)
        #expect(JSONObject([.init(key: "a", value: 1), .init(key: "a", value: 2)])["a"] == 2)
    }
}
