import Glibc
import Testing

@testable import APIMachinery

@Suite("CEL: values of expressions, as in cel-spec's conformance tests", .timeLimit(.minutes(1)))
struct CELTests {
    private static let variables: JSONObject = [
        "x": 5, "name": "web", "big": 9_223_372_036_854_775_807,
        "object": ["a": 1, "b": ["c": [1, 2, 3]], "n": .null, "app.io/x": "y", "half": 0.5],
        "items": [["type": "Ready", "status": "True"], ["type": "Stalled", "status": "False"]],
    ]

    /// Expressions that are true.
    static let truths: [String] = [
        // Literals.
        "1 == 0x1", "-9223372036854775808 < 0", "1u == 1", "1.5e3 == 1500.0", ".5 + 1.0 == 1.5", "'a' == \"a\"", "'''a\nb''' == 'a\\nb'",
        "r'\\n' == '\\\\n'", "'\\u00e9\\x41\\101' == 'éAA'", "'\\U0001F600'.size() == 1", "b'ab' == bytes('ab')", "b'\\xff' != bytes('ÿ')", "null == null",
        "[1, 2,] == [1, 2]", "{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "true // a comment\n && true", "1 != '1'", "[] != {}", "[1, 'a', null].size() == 3",
        // Numbers.
        "7 / 2 == 3", "-7 / 2 == -3", "-7 % 3 == -1", "7.0 / 2.0 == 3.5", "1.0 / 0.0 > 1e308", "2 + 3 * 4 == 14", "(2 + 3) * 4 == 20",
        "10 - 2 - 3 == 5", "-x == -5", "--x == 5", "x-1 == 4", "1 < 1.5", "2u > 1.5", "-1 < 1u", "1 == 1.0", "9007199254740993 != 9007199254740992.0",
        "int(-1.9) == -1", "int('42') == 42", "uint(3.7) == 3u", "double('1e3') == 1000.0", "double(2) == 2.0", "0.0 / 0.0 != 0.0 / 0.0",
        // Logic: an error on one side is no matter where the other decides.
        "true || 1 / 0 == 0", "1 / 0 == 0 || true", "!(false && missing)", "!(missing && false)", "true ? true : missing", "false ? missing : true",
        "!!true", "'a' || true", "x > 1 && x < 10 || missing",
        // Comparison.
        "'a' < 'b'", "'A' < 'a'", "b'a' < b'b'", "false < true", "duration('1m') < duration('1h')", "timestamp('2026-01-01T00:00:00Z') < timestamp('2026-01-02T00:00:00Z')",
        "[1, 2] + [3] == [1, 2, 3]", "'a' + 'b' == 'ab'", "[1, [2, {'a': 1.0}]] == [1u, [2, {'a': 1}]]",
        // Membership, members.
        "1 in [1, 2]", "!(3 in [1, 2])", "'a' in {'a': 1}", "1.0 in [1]", "object.a == 1", "object['a'] == 1", "object.b.c[1] == 2", "object.b.c[1.0] == 2",
        "object['app.io/x'] == 'y'", "object.`app.io/x` == 'y'", "{1: 'a'}[1u] == 'a'", "[[1, 2], [3]][0][1] == 2", ".x == 5", "has(object.a)", "!has(object.z)",
        "has(object.n) && object.n == null", "!has(object.b.z)", "object.half == 0.5",
        // Macros.
        "[1, 2, 3].all(i, i > 0)", "![1, 2, 3].all(i, i > 1)", "[1, 2, 3].exists(i, i == 2)", "[1, 2, 2].exists_one(i, i == 1)", "![1, 2, 2].exists_one(i, i == 2)",
        "[1, 2, 3].map(i, i * 2) == [2, 4, 6]", "[1, 2, 3].map(i, i > 1, i * 2) == [4, 6]", "[1, 2, 3].filter(i, i % 2 == 1) == [1, 3]", "[].all(i, false)",
        "![].exists(i, true)", "{'a': 1, 'b': 2}.all(k, k in ['a', 'b'])", "{'a': 1}.exists(k, k == 'a')", "[1, 'a'].exists(i, i == 'a')",
        "[0, 1].exists(i, 1 / i == 1)", "![0, 2].all(i, 4 / i == 1)", "[1, 2].all(i, [3, 4].exists(j, j == i + 2))", "[1].map(x, x + 1) == [2] && x == 5",
        "items.filter(e, e.type == 'Ready').all(e, e.status == 'True')", "items.exists(e, e.type == 'Stalled' && e.status == 'False')",
        // Texts.
        "'hello'.contains('ell')", "'hello'.contains('')", "'hello'.startsWith('he')", "'hello'.endsWith('lo')", "'hello'.matches('^h.*o$')", "matches('hello', 'l+')",
        "size('héllo') == 5", "'héllo'.size() == 5", "size([1]) == 1", "size({}) == 0", "size(b'abc') == 3", "'Ab'.lowerAscii() == 'ab'", "'aé'.upperAscii() == 'Aé'",
        "'  a '.trim() == 'a'", "'a,b'.split(',') == ['a', 'b']", "['a', 'b'].join('-') == 'a-b'", "['a', 'b'].join() == 'ab'", "'abcb'.indexOf('b') == 1",
        "'abcb'.lastIndexOf('b') == 3", "'abc'.indexOf('z') == -1", "'abc'.substring(1) == 'bc'", "'abc'.substring(0, 2) == 'ab'", "'abc'.charAt(1) == 'b'",
        "'abc'.charAt(3) == ''", "'aa'.replace('a', 'b') == 'bb'",
        "'aaaab'.indexOf('aab') == 2", "'ababac'.contains('abac')", "!'ababab'.contains('abac')", "'aaa'.lastIndexOf('aa') == 1", "'éaéa'.lastIndexOf('é') == 2",
        "'aéb'.indexOf('b') == 2", "'abc'.indexOf('') == 0", "'abc'.lastIndexOf('') == 3", "'a--b-'.split('-') == ['a', '', 'b', '']", "'aé'.split('') == ['a', 'é']",
        "'aé'.replace('', '-') == '-a-é-'", "'aaa'.replace('aa', 'b') == 'ba'", "'e\\u0301'.replace('e', 'i') == 'i\\u0301'", "['a', 'b', 'c'].join(', ') == 'a, b, c'",
        "{'\\u00e9': 1, 'e\\u0301': 2}.size() == 2", "['x', 'xy'].filter(t, t.matches('^x$')) == ['x']",
        // Types and conversions.
        "type(1) == int", "type(1u) == uint", "type('') == string", "type([]) == list", "type({}) == map", "type(null) == null_type", "type(type(1)) == type",
        "type(1) != type(1.0)", "string(1) == '1'", "string(1.5) == '1.5'", "string(2.0) == '2'", "string(true) == 'true'", "string(b'a') == 'a'", "bool('true')", "!bool('0')", "dyn(1) == 1",
        "int(5u) == 5", "string(duration('90s')) == '90s'", "string(timestamp('2026-01-02T03:04:05Z')) == '2026-01-02T03:04:05Z'", "int(timestamp('1970-01-01T00:01:00Z')) == 60",
        // Times.
        "timestamp('2026-01-02T03:04:05Z').getFullYear() == 2026", "timestamp('2026-01-02T03:04:05Z').getMonth() == 0", "timestamp('2026-01-02T03:04:05Z').getDate() == 2",
        "timestamp('2026-01-02T03:04:05Z').getDayOfMonth() == 1", "timestamp('2026-01-02T03:04:05Z').getDayOfWeek() == 5", "timestamp('2026-02-01T00:00:00Z').getDayOfYear() == 31",
        "timestamp('2026-01-02T03:04:05Z').getHours() == 3", "timestamp('2026-01-02T03:04:05.678Z').getMilliseconds() == 678", "duration('1h30m').getMinutes() == 90",
        "timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z') == duration('24h')", "timestamp('2026-01-01T00:00:00Z') + duration('1.5h') == timestamp('2026-01-01T01:30:00Z')",
        "duration('-1h') + duration('1h') == duration('0')", "duration('2562047h') < duration('2562047h47m16s')", "-duration('2562047h') < duration('0s')",
        // Optional values.
        "object.?z.orValue(7) == 7", "object.?a.orValue(7) == 1", "object.?z.y.orValue('none') == 'none'", "object.?b.c.orValue([]).size() == 3", "object[?'z'].hasValue() == false",
        "object.b.c[?9].orValue(0) == 0", "object.?a.value() == 1", "optional.of(1).hasValue()", "optional.none().or(optional.of(2)).value() == 2", "!has(object.?z.y)",
    ]

    @Test("holds", arguments: truths)
    func holds(source: String) throws { #expect(try CELExpression(source).isTrue(Self.variables)) }

    /// Expressions without a value, and why.
    static let failures: [(String, String)] = [
        ("1 / 0", "division by zero"), ("1 % 0", "modulus by zero"), ("big + 1", "return error for overflow"), ("-9223372036854775808 / -1", "return error for overflow"),
        ("0u - 1u", "return error for overflow"), ("-(-9223372036854775808)", "return error for overflow"), ("int(1e19)", "return error for overflow"),
        ("uint(-1)", "return error for overflow"), ("missing", "no such attribute: missing"), ("object.z", "no such key: z"), ("object['z']", "no such key: z"),
        ("[1][1]", "index out of bounds: 1"), ("[1][-1]", "index out of bounds: -1"), ("x.y", "a value of type int has no field y"), ("has(x.y)", "a value of type int has no field y"),
        ("duration('2562048h')", "return error for overflow"), ("duration('2400000h') + duration('2400000h')", "return error for overflow"),
        ("duration('-2400000h') - duration('2400000h')", "return error for overflow"), ("timestamp('2262-01-01T00:00:00Z') + duration('2400000h')", "return error for overflow"),
        ("timestamp('1700-01-01T00:00:00Z') - duration('2400000h')", "return error for overflow"), ("timestamp(9223372036854775807)", "return error for overflow"),
        ("timestamp('2262-01-01T00:00:00Z') - timestamp('1700-01-01T00:00:00Z')", "return error for overflow"),
        ("[duration('2400000h')].map(x, x + x)\(String(repeating: ".map(x, x + x)", count: 40))", "return error for overflow"),
        ("'a'.charAt(9223372036854775807)", "index out of range: 9223372036854775807"), ("'a'.charAt(-1)", "index out of range: -1"), ("'a'.charAt(2)", "index out of range: 2"),
        ("'abc'.substring(-9223372036854775808)", "index out of range: -9223372036854775808"), ("'abc'.substring(2, 9223372036854775807)", "index out of range: 9223372036854775807"),
        ("[1][9223372036854775807]", "index out of bounds: 9223372036854775807"), ("'a'.matches('(')", "error parsing regexp: error parsing regexp: missing closing )"),
        ("1 + 1u", "no such overload: _+_(int, uint)"), ("1 + 'a'", "no such overload: _+_(int, string)"), ("1 < 'a'", "no such overload: _<_(int, string)"),
        ("1 in 2", "no such overload: @in(int, int)"), ("!1", "no such overload"), ("1 ? 2 : 3", "no such overload"), ("1 && true", "no such overload"), ("-'a'", "no such overload: -_(string)"),
        ("false || missing", "no such attribute: missing"), ("missing || 1 / 0 == 0", "no such attribute: missing"), ("[0, 1].all(i, 1 / i == 1)", "division by zero"),
        ("[0, 2].exists(i, 1 / i == 1)", "division by zero"), ("[0, 1].exists_one(i, 1 / i == 1)", "division by zero"), ("1.all(i, true)", "all() needs a list or a map, found int"),
        ("'a'.size(1)", "no such overload: size(string, int)"), ("int('x')", "cannot read \"x\" as an int"), ("bool('x')", "cannot read \"x\" as a bool"),
        ("timestamp('x')", "cannot read \"x\" as a timestamp; write it like 2026-01-02T03:04:05Z"), ("duration('x')", "cannot read \"x\" as a duration; write it like 1h30m"),
        ("{'a': 1, 'a': 2}", "Failed with repeated key: a"), ("{1.5: 1}", "a value of type double cannot be the key of a map"), ("'a'.substring(2)", "index out of range: 2"),
        ("optional.none().value()", "optional.none() dereference"), ("string(b'\\xff')", "invalid UTF-8 in bytes, cannot convert to string"),
        ("timestamp('2026-01-01T00:00:00Z').getHours('Europe/Berlin')", "time zones other than UTC are not supported"),
    ]

    @Test("has no value, for a reason", arguments: failures.indices)
    func fails(index: Int) throws {
        let (source, reason) = Self.failures[index]
        let error = #expect(throws: CELError.self) { try CELExpression(source).evaluate(Self.variables) }
        #expect(error?.description == reason)
    }

    /// Texts that are no expressions, and what is said.
    static let unreadable: [(String, String)] = [
        ("", "1:1: the expression is empty"), ("1 +", "1:4: unexpected the end"), ("a\n  && )", "2:6: unexpected )"), ("(1", "1:3: unexpected the end, expected )"),
        ("1 2", "1:3: unexpected a value"), ("'a", "1:1: a text does not end; close it with '"), ("'a\nb'", "1:1: a text does not end on its line; close it with '"),
        ("'\\q'", "1:2: \\q is no escape"), ("'\\u12'", "1:2: \\u needs 4 digits"), ("'\\ud800'", "1:2: \\ud800 is no character"), ("9223372036854775808", "1:1: 9223372036854775808 is beyond the range of int"),
        ("99999999999999999999", "1:1: 99999999999999999999 is beyond the range of int"), ("18446744073709551616u", "1:1: 18446744073709551616u is beyond the range of uint"),
        ("a # b", "1:3: unexpected character \"#\""), ("for", "1:1: for is a reserved word"), ("f(1)", "1:1: there is no function f"), ("a.f(1)", "1:3: there is no method f"),
        ("has(a)", "1:1: has() needs one selection of a field, such as has(status.phase)"), ("a.all(1, true)", "1:3: the first argument of all() must be the name of a variable"),
        ("a.all(i)", "1:3: all() needs a variable and an expression"), ("a.", "1:3: unexpected the end, expected the name of a field or method"), ("Foo{a: 1}", "1:4: messages (Foo{…}) are not supported"),
        ("a = b", "1:3: unexpected character \"=\""), ("[1, 2", "1:6: unexpected the end, expected ]"), ("{1}", "1:3: unexpected }, expected :"),
    ]

    @Test("what is no expression is told with its place", arguments: unreadable.indices)
    func malformed(index: Int) throws {
        let (source, message) = Self.unreadable[index]
        let error = #expect(throws: CELSyntaxError.self) { try CELExpression(source) }
        #expect(error?.description == message)
    }

    @Test("a large expression is refused, a slow one stopped, and a deep one ends neither the parser nor the stack")
    func bounds() throws {
        for (open, close) in [("(", ")"), ("[", "]"), ("!", ""), ("-", ""), ("{'a': ", "}"), ("f(", ")")] {
            let source = String(repeating: open, count: 10_000) + "x" + String(repeating: close, count: 10_000)
            #expect(throws: CELSyntaxError.self) { try CELExpression(source) }
        }
        for chain in [".a", "[0]", " + x", " - x"] {
            #expect(throws: CELSyntaxError.self) { try CELExpression("x" + String(repeating: chain, count: 10_000)) }
        }
        #expect(throws: CELSyntaxError.self) { try CELExpression(String(repeating: "a", count: CELExpression.sourceBytesMax + 1)) }
        // Operands of one operator are no depth.
        #expect(try CELExpression("true" + String(repeating: " && true", count: 2_000)).isTrue([:]))
        let list = "[" + String(repeating: "0,", count: 500) + "]"
        let long = "'" + String(repeating: "ab", count: 10_000) + "'"
        for source in [
            "\(list).all(a, \(list).all(b, \(list).all(c, true)))", "\(list).exists(a, \(list).exists(b, \(list).exists(c, false))) || true",
            "\(list).map(a, \(list).map(b, \(list)))", "\(list).map(i, \(list).map(j, \(long) + \(long)))", "\(long).replace('', \(long))",
        ] { try expectStopped(source) }
    }

    private func expectStopped(_ source: String, _ variables: JSONObject = [:]) throws {
        let error = #expect(throws: CELError.self) { try CELExpression(source).evaluate(variables) }
        #expect(error?.description == "the expression takes more steps than it may")
    }

    @Test("a comparison is paid for, also of a list that has itself in it a million times")
    func comparison() throws {
        let twice = "[1]" + String(repeating: ".map(x, [x, x])", count: 60)
        for source in [
            "\(twice) == \(twice)", "\(twice) != \(twice)", "\(twice) in [\(twice)]", "{'a': \(twice)} == {'a': \(twice)}", "optional.of(\(twice)) == optional.of(\(twice))",
        ] { try expectStopped(source) }
        // Keys that are no texts are looked for one by one.
        let ten = "[0,0,0,0,0,0,0,0,0,0]"
        let map = "{" + (0..<100).map { "\($0): 0" }.joined(separator: ",") + "}"
        try expectStopped("[\(map)].all(m, \(ten).all(a, \(ten).all(b, \(ten).all(c, 99 in m))))")
    }

    @Test("texts are paid for before they are joined")
    func joining() throws {
        func peakBytes() -> Int {
            var usage = rusage()
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            return usage.ru_maxrss << 10
        }
        let source = "[" + String(repeating: "t,", count: 10_000) + "].join()"
        let before = peakBytes()
        try expectStopped(source, ["t": .string(String(repeating: "a", count: 256 << 10))])
        #expect(peakBytes() - before < 1 << 30)
    }

    @Test("a part is looked for in linear time")
    func searching() throws {
        let variables: JSONObject = ["text": .string(String(repeating: "a", count: 400_000)), "part": .string(String(repeating: "a", count: 200_000) + "b")]
        for source in ["!text.contains(part)", "text.indexOf(part) == -1", "text.lastIndexOf('b' + part) == -1", "text.split(part).size() == 1", "text.replace(part, '') == text"] {
            #expect(try CELExpression(source).isTrue(variables))
        }
    }

    @Test("a regular expression is paid for, and compiled once")
    func patterns() throws {
        let text: JSONObject = ["t": .string(String(repeating: "a", count: 10_000))]
        for source in [
            "t.matches('a{1,500}b')", "t.matches('a{1,500}b') || true", "t.matches('[\(String(repeating: "b-c", count: 5_000))]')",
            "[\((0..<500).map { "'x'.matches('\($0)c{900}')" }.joined(separator: ","))] == []",
        ] { try expectStopped(source, text) }
        let list = "[" + String(repeating: "'a',", count: 2_000) + "]"
        #expect(try CELExpression("\(list).all(t, t.matches('^a{1,900}$'))").isTrue([:]))
        #expect(throws: CELError("error parsing regexp: error parsing regexp: missing closing )")) { try CELExpression("\(list).all(t, t.matches('('))").isTrue([:]) }
    }
}
