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
