import TestSupport
import Testing

@testable import APIMachinery

/// The parsers of text from outside: any text is read or refused, what is written is read again, and the time is the text's length.
@Suite(.timeLimit(.minutes(1)))
struct ParserLawTests {
    @Test("Any value survives JSON, and JSON with bytes spoiled is a value or an error", arguments: [UInt64](0..<20))
    func json(seed: UInt64) throws {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<40 {
            let value = fuzz.value(depth: 6)
            #expect(try JSON(parsing: value.encoded()) == value)
            guard let other = try? JSON(parsing: fuzz.mutated(value.text)) else { continue }
            #expect(try JSON(parsing: other.encoded()) == other)
        }
    }

    @Test("Texts that Unicode calls equivalent are two texts: as values, as keys of one value or another, in a patch")
    func equivalence() throws {
        let (composed, decomposed): (JSON, JSON) = ("\u{E9}", "e\u{301}")
        #expect(composed != decomposed && composed == "\u{E9}")
        #expect(JSON.object(["a": composed]) != .object(["a": decomposed]))
        #expect(JSON.object(["\u{E9}": 1]) != .object(["e\u{301}": 1]))
        // Both three bytes long.
        #expect(JSON.string("\u{F900}") != .string("\u{8C48}"))
        #expect(throws: APIStatus.self) { try JSONPatch.apply([["op": "test", "path": "/a", "value": decomposed]], to: ["a": composed]) }
    }

    @Test(
        "Of a key given twice the last counts where that is asked for, and each is told with its path",
        arguments: [
            (#"{"a":1,"a":2}"#, #"{"a":2}"#, ["a"]), (#"{"a":[{"b":1},{"b":2,"b":3}]}"#, #"{"a":[{"b":1},{"b":3}]}"#, ["a[1].b"]),
            (#"{"x":{"a":1,"a":2,"a":3},"x":{"c":4}}"#, #"{"x":{"c":4}}"#, ["x.a", "x"]), (#"{"a":1}"#, #"{"a":1}"#, []),
        ] as [(String, String, [String])])
    func duplicates(text: String, expected: String, paths: [String]) throws {
        let (value, duplicates) = try JSON.lastWins(parsing: Array(text.utf8))
        #expect(value.text == expected)
        #expect(duplicates.map(\.description) == paths)
    }

    @Test("A body of keys given twice is told of in part, and read in time")
    func manyDuplicates() throws {
        let text = "{" + (0..<20_000).map { "\"k\($0 % 10_000)\":0" }.joined(separator: ",") + "}"
        let (value, duplicates) = try JSON.lastWins(parsing: Array(text.utf8))
        #expect(value.object?.count == 10_000 && duplicates.count == JSON.duplicatesMax)
    }

    /// Texts that grow, each of which some parser could take the square of its length for.
    private static let growing: [(String, @Sendable (Int) -> String)] = [
        ("JSON strings", { "[" + String(repeating: "\"\\n\",", count: $0) + "1]" }), ("JSON keys", { n in "{" + (0..<n).map { "\"k\($0)\":1" }.joined(separator: ",") + "}" }),
        ("one JSON string", { "\"" + String(repeating: "\\u00e9", count: $0) + "\"" }), ("a JSON number", { String(repeating: "1", count: $0 * 4) }),
        ("JSON space", { String(repeating: " \n", count: $0 * 2) }),
        ("YAML lines", { String(repeating: "- a\n", count: $0) }), ("YAML keys", { n in (0..<n).map { "k\($0): 1\n" }.joined() }), ("one YAML scalar", { "a: \"" + String(repeating: "\\n x", count: $0) }),
        ("YAML flow", { "[" + String(repeating: "a, ", count: $0) }), ("YAML comments", { String(repeating: "#\n", count: $0 * 2) }),
        ("a selector", { String(repeating: "a,", count: $0) + "a" }), ("a set", { "a in (" + String(repeating: "b,", count: $0) + ")" }),
        ("field terms", { String(repeating: "a=b,", count: $0) }), ("field escapes", { "a=" + String(repeating: "\\,", count: $0) }),
        ("a quantity", { String(repeating: "9", count: $0 * 4) + "Ki" }), ("a field path", { String(repeating: "a[0].", count: $0) }),
        ("a pattern", { String(repeating: "a?", count: $0 / 8) }), ("groups", { String(repeating: "(", count: $0) }), ("a class", { "[" + String(repeating: "a-z", count: $0) + "]" }),
    ]

    private static func parse(_ text: String) {
        _ = try? JSON(parsing: text)
        _ = try? YAML.documents(parsing: Array(text.utf8))
        _ = try? LabelSelector(parsing: text)
        _ = try? FieldSelector(parsing: text)
        _ = Quantity(text)
        _ = FieldPath(parsing: text)
        _ = try? RegularExpression(text)
        _ = try? JSONPath(text)
        _ = Timestamp(text)
        _ = Base64.decode(text)
    }

    @Test("Eight times the text takes no more than a few times eight times the time", arguments: growing.indices)
    func linear(index: Int) {
        let (name, make) = Self.growing[index]
        let clock = ContinuousClock()
        func time(_ count: Int) -> Duration {
            let text = make(count)
            // The best of three: others use the machine, too.
            return (0..<3).map { _ in clock.measure { Self.parse(text) } }.min() ?? .zero
        }
        let (short, long) = (time(1_000), time(8_000))
        // A square would be 64.
        #expect(long < short * 30 + .milliseconds(20), "\(name): \(short), then \(long)")
    }
}
