import Testing

@testable import APIMachinery

@Suite(.timeLimit(.minutes(1))) struct RegularExpressionTests {
    private static let cases: [(String, String, Bool)] = [
        ("^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$", "*/5 * * * *", true), ("^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$", "* * * *", false),
        ("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "a-b", true), ("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "a-", false), ("b", "abc", true), ("^b", "abc", false),
        ("a{2,3}", "xaay", true), ("^a{2,3}$", "aaaa", false), ("^a{2,}$", "aaaa", true), ("^a{$", "a{", true), ("^(?i)abc$", "aBC", true),
        ("^(?i:a)b$", "AB", false), ("^\\p{Lu}\\p{L}+$", "Ärger", true), ("^[^a]$", "b", true), ("^[]a]$", "]", true), ("^[[:alpha:]]+$", "ab1", false),
        ("\\bfoo\\b", "a foo b", true), ("\\bfoo\\b", "afoob", false), ("^.$", "\n", false), ("^(?s).$", "\n", true), ("(?m)^b$", "a\nb", true),
        ("^\\Qa.b\\E$", "a.b", true), ("^\\Qa.b\\E$", "axb", false), ("^\\x41\\x{1F600}$", "A😀", true), ("^(|a)+$", "aaa", true), ("", "", true),
        ("^(?P<year>\\d{4})-(?<m>\\d\\d)$", "2026-01", true), ("^[\\w.-]+$", "a.b-c_d", true), ("^\\S*$", "a b", false),
    ]

    @Test("matches as RE2 does", arguments: Self.cases) func matches(pattern: String, text: String, expected: Bool) throws {
        #expect(try RegularExpression(pattern).matches(text) == expected)
    }

    @Test("takes time linear in the text", arguments: ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*)*x"]) func linear(pattern: String) throws {
        let text = String(repeating: "a", count: 20_000) + "!"
        #expect(try RegularExpression(pattern).matches(text) == false)
    }

    @Test("gives up on what would take too long") func bounded() throws {
        let expression = try RegularExpression("(\\w{900}){10}x")
        #expect(expression.matches(String(repeating: "a", count: 200_000)) == nil)
    }
}

@Suite(.timeLimit(.minutes(1))) struct JSONPathTests {
    private static let object: JSON = [
        "spec": ["a.b": 1, "list": [["n": "x", "v": 1], ["n": "y", "v": 2]], "map": ["k": "v"]],
        "status": ["conditions": [["type": "Ready", "status": "True"], ["type": "Other", "status": "False"]]],
    ]

    private static let found: [(String, [JSON])] = [
        (".status.conditions[?(@.type==\"Ready\")].status", ["True"]), (".spec.list[0].n", ["x"]), (".spec.list[-1].n", ["y"]),
        (".spec.list[*].v", [1, 2]), (".spec['a.b']", [1]), (".spec.a\\.b", [1]), (".spec.list[?(@.v>1)].n", ["y"]), (".spec.missing.deep", []),
        (".spec.list[0:1].n", ["x"]), ("..type", ["Ready", "Other"]), ("{.spec.map.k}", ["v"]), (".spec.map.*", ["v"]),
        (".status.conditions[?(@.type=='None')].status", []), (".spec.list[?(@.n)].v", [1, 2]),
    ]

    @Test("finds what kubectl's dialect names", arguments: Self.found) func finds(path: String, expected: [JSON]) throws {
        #expect(try JSONPath(path).find(in: Self.object) == expected)
    }

    @Test("refuses what it cannot read", arguments: [".a[", ".a[?(@.b", ".a[x]", ".a['b", ".a[1:2:0]"]) func refuses(path: String) {
        #expect(throws: JSONPath.Failure.self) { try JSONPath(path) }
    }
}
