import TestSupport
import Testing

@testable import APIMachinery

@Suite(.timeLimit(.minutes(1)))
struct YAMLTests {
    private func value(_ text: String) throws -> JSON {
        let documents = try YAML.documents(parsing: text)
        return documents.first?.value ?? .null
    }

    @Test(
        "Plain scalars mean what sigs.k8s.io/yaml says",
        arguments: [
            ("yes", true), ("No", false), ("ON", true), ("off", false), ("y", true), ("N", false), ("true", true), ("FALSE", false),
            ("tRue", "tRue"), ("~", .null), ("null", .null), ("Null", .null), ("", .null), ("nULL", "nULL"),
            ("0644", 420), ("0o17", 15), ("0x1F", 31), ("0b101", 5), ("-0b101", -5), ("1_000", 1000), ("+12", 12), ("-7", -7), ("08", 8), ("0", 0),
            ("00", 0), ("0x", "0x"), ("0xg", "0xg"), ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
            ("18446744073709551615", .double(18446744073709551616)),
            ("1.5", 1.5), ("3.0", 3), ("1e3", 1000), ("1.e2", 100), (".5", 0.5), ("-.5", -0.5), ("1e-1", 0.1), ("1e", "1e"), ("e3", "e3"), (".", "."),
            ("1.2.3", "1.2.3"), ("+", "+"), ("--1", "--1"), ("1-2", "1-2"),
            ("2001-01-01", "2001-01-01"), ("2001-01-01T10:00:00Z", "2001-01-01T10:00:00Z"), ("12:30:45", "12:30:45"), ("1:20", "1:20"),
            ("'yes'", "yes"), ("\"0644\"", "0644"), ("!!str yes", "yes"), ("!!str 12", "12"), ("!!int 12", 12), ("!!float 3.5", 3.5),
            ("!!bool yes", true), ("100m", "100m"), ("25%", "25%"), ("infinity", "infinity"), ("nan", "nan"), ("1_0.5", 10.5),
        ] as [(String, JSON)])
    func scalars(text: String, expected: JSON) throws {
        #expect(try value("a: \(text)\n") == ["a": expected])
    }

    @Test("Keys that are not strings become strings, as in Kubernetes")
    func keys() throws {
        #expect(try value("1: a\n1.5: c\non: d\n0x10: e\n") == ["1": "a", "1.5": "c", "true": "d", "16": "e"])
    }

    @Test("Anchors, aliases and merge keys")
    func aliases() throws {
        let text = """
            base: &base {a: 1, b: 2}
            more: &more
              c: 3
              a: 9
            one: {<<: *base, b: 5}
            two:
              <<: [*base, *more]
              d: *base
            """
        let value = try value(text)
        #expect(value["one"] == ["a": 1, "b": 5])
        #expect(value["two"] == ["a": 1, "b": 2, "c": 3, "d": ["a": 1, "b": 2]])
    }

    @Test("Documents are split; empty ones are left out")
    func documents() throws {
        let documents = try YAML.documents(parsing: "# only a comment\n---\na: 1\n---\n---\n# nothing\n---\nb: 2\n...\n")
        #expect(documents.map(\.value) == [["a": 1], ["b": 2]])
        #expect(documents.map(\.line) == [3, 8])
    }

    @Test("JSON is YAML, with tabs and surrogate pairs")
    func json() throws {
        #expect(try value("{\n\t\"a\": [1, 2.5, \"x\"],\n\t\"b\": null}") == ["a": [1, 2.5, "x"], "b": .null])
        #expect(try value(#"{"a": "\ud83d\ude00"}"#) == ["a": "😀"])
        let long = String(repeating: "k", count: 2000)
        #expect(try value("{\"\(long)\": 1}") == .object([long: 1]))
    }

    @Test(
        "A part's position is found, or its nearest ancestor's",
        arguments: [
            ("spec", 3, 1), ("spec.replicas", 4, 3), ("spec.containers[1]", 7, 5), ("spec.containers[1].image", 8, 5),
            ("spec.containers[1].ports", 7, 5), ("spec.missing.deeper", 3, 1), ("spec.containers[9]", 5, 3), ("nothing", 1, 1),
            ("spec.flow.b", 9, 16), ("spec.alias.x", 11, 5), ("", 1, 1),
        ])
    func positions(path: String, line: Int, column: Int) throws {
        let text = """
            kind: Pod
            metadata: {}
            spec:
              replicas: 1
              containers:
              - name: a
              - name: b
                image: c
              flow: {a: 1, b: 2}
              anchor: &x
                x: 1
              alias: *x
            """
        let document = try #require(try YAML.documents(parsing: text).first)
        let position = try #require(document.position(of: FieldPath(parsing: path)))
        #expect(position == (line, column), "\(position)")
    }

    @Test(
        "Errors say where, what and what to do",
        arguments: [
            ("a:\n\tb: 1\n", 2, "tab is used for indentation"),
            ("a: 1\na: 2\n", 2, "duplicate key \"a\"; it already stands on line 1"),
            ("a: b: c\n", 1, "':' is not allowed here"),
            ("a: [1, 2\nb: 3\n", 2, "close it with ']'"),
            ("a: 'x\n", 2, "add the closing quote"),
            ("a:\n  b: 1\n c: 2\n", 3, "check the indentation"),
            ("a: *x\n", 1, "unknown alias *x"),
            ("a: &x [*x]\n", 1, "unknown alias *x"),
            ("a: .inf\n", 1, "no number that JSON can express"),
            ("a: !foo 1\n", 1, "remove the tag"),
            ("a: !!set {b}\n", 1, "unknown tag"),
            ("? [a]\n: 1\n", 1, "a key must be a string, found a mapping or a list"),
            ("~: 1\n", 1, "a key must be a string, found null"),
            ("<<: 1\n", 1, "'<<' merges mappings"),
            ("a: @b\n", 1, "put the value in quotes"),
            ("a: \"\\q\"\n", 1, "unknown escape"),
            ("a: \"x\\0y\"\n", 1, "NUL"),
            ("a: b\u{7}\n", 1, "remove the character"),
            ("{\"a\": 1\n", 2, "close it with '}'"),
        ])
    func errors(text: String, line: Int, expected: String) {
        let error = #expect(throws: YAMLError.self) { try YAML.documents(parsing: text) }
        #expect(error?.line == line && error?.message.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test("Invalid UTF-8 is refused with its place")
    func utf8() {
        let error = #expect(throws: YAMLError.self) { try YAML.documents(parsing: Array("a: 1\nb: ".utf8) + [0xFF, 0x0A]) }
        #expect(error?.line == 2 && error?.message.contains("UTF-8") == true, "\(error?.description ?? "")")
    }

    @Test("An alias bomb, deep nesting, a long text and many documents are refused")
    func limits() {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            bomb += "a\(level): &a\(level) [\((0..<10).map { _ in "*a\(level - 1)" }.joined(separator: ", "))]\n"
        }
        #expect(throws: YAMLError.self) { try YAML.documents(parsing: bomb) }
        var merges = "m0: &m0 {k: v}\n"
        for level in 1...40 { merges += "m\(level): &m\(level) {<<: *m\(level - 1), x: *m\(level - 1), y: *m\(level - 1)}\n" }
        #expect(throws: YAMLError.self) { try YAML.documents(parsing: merges) }
        #expect(throws: YAMLError.self) { try YAML.documents(parsing: String(repeating: "[", count: 5000)) }
        #expect(throws: YAMLError.self) { try YAML.documents(parsing: String(repeating: "- ", count: 5000) + "x") }
        #expect(throws: YAMLError.self) { try YAML.documents(parsing: Array(repeating: 32, count: (3 << 20) + 1)) }
        #expect(throws: YAMLError.self) { try YAML.documents(parsing: String(repeating: "--- 1\n", count: 10_001)) }
    }

    @Test("Kubernetes' shapes are written as kubectl writes them")
    func encoding() {
        let value: JSON = [
            "kind": "ConfigMap", "data": ["a.conf": "one\n two\n", "b": "x\ny", "num": "12", "t": "true", "e": "", "d": "2001-01-01"],
            "list": [["name": "a", "args": ["-c", "a: b", "# x"]], [], [:], .null, 1, 2.5], "empty": [:],
        ]
        #expect(
            YAML.encoded(value) == """
                data:
                  a.conf: |
                    one
                     two
                  b: |-
                    x
                    y
                  d: "2001-01-01"
                  e: ""
                  num: "12"
                  t: "true"
                empty: {}
                kind: ConfigMap
                list:
                - args:
                  - -c
                  - "a: b"
                  - "# x"
                  name: a
                - []
                - {}
                - null
                - 1
                - 2.5

                """)
    }

    @Test("Any value survives encoding and parsing", arguments: 0..<40)
    func roundTrip(seed: UInt64) throws {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<40 {
            let value = fuzz.object()
            let text = YAML.encoded(value)
            if value == [:] { continue }
            let parsed = try #require(try? YAML.documents(parsing: text).first?.value, "\(text)")
            #expect(parsed == value, "\(text)\n\(value.text)")
        }
    }

    @Test("Broken text never traps", arguments: 0..<40)
    func fuzz(seed: UInt64) {
        var fuzz = Fuzz(seed: seed ^ 0xABCD)
        for _ in 0..<40 {
            let value = fuzz.object()
            // Only that it returns is tested: value or error.
            _ = try? YAML.documents(parsing: fuzz.mutated(YAML.encoded(value)))
            _ = try? YAML.documents(parsing: fuzz.mutated(value.text))
            _ = try? JSON(parsing: fuzz.mutated(value.text))
        }
    }
}
