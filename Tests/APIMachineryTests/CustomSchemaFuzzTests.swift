import TestSupport
import Testing

@testable import APIMachinery

/// Schemas and patterns come from whoever may define a kind, objects and texts from whoever may make one.
@Suite(.timeLimit(.minutes(1)))
struct CustomSchemaFuzzTests {
    private static let types = ["object", "array", "string", "integer", "number", "boolean", "text"]
    private static let formats = ["date-time", "ipv4", "ipv6", "cidr", "uri", "email", "byte", "uuid", "int32", "int64", "duration", "mac", "x"]
    private static let patterns = ["^[a-z]+$", "(", "a{1000}", "", "\\p{L}", "[^]", "(a*)*"]

    private static func schema(_ fuzz: inout Fuzz, depth: Int) -> JSON {
        var schema: JSONObject = [:]
        let type = fuzz.pick(types)
        if fuzz.below(10) > 0 { schema["type"] = .string(type) }
        if type == "object", depth > 0 {
            switch fuzz.below(3) {
            case 0: schema["additionalProperties"] = fuzz.below(4) == 0 ? true : self.schema(&fuzz, depth: depth - 1)
            default: schema["properties"] = .object(JSONObject((0..<fuzz.below(4)).map { _ in .init(key: fuzz.pick(Fuzz.keys), value: self.schema(&fuzz, depth: depth - 1)) }))
            }
        }
        if type == "array", depth > 0 { schema["items"] = self.schema(&fuzz, depth: depth - 1) }
        let extras: [(String, (inout Fuzz) -> JSON)] = [
            ("default", { $0.value(depth: 2) }), ("nullable", { .bool($0.below(2) == 0) }), ("enum", { .array([$0.value(depth: 1), $0.value(depth: 1)]) }),
            ("pattern", { .string($0.pick(patterns)) }), ("format", { .string($0.pick(formats)) }), ("minimum", { .int($0.pick([.min, 0, .max])) }),
            ("multipleOf", { .double($0.pick([0, 0.1, -1, 1e-300])) }), ("maxLength", { .int($0.pick([-1, 0, .max])) }), ("minItems", { .int($0.pick([-1, 3, .max])) }),
            ("x-kubernetes-preserve-unknown-fields", { _ in true }), ("x-kubernetes-int-or-string", { _ in true }), ("x-kubernetes-embedded-resource", { _ in true }),
            ("x-kubernetes-list-type", { .string($0.pick(["atomic", "set", "map", "bag"])) }), ("x-kubernetes-list-map-keys", { JSON([$0.pick(Fuzz.keys)]) }),
            ("x-kubernetes-map-type", { .string($0.pick(["atomic", "granular"])) }), ("required", { JSON([$0.pick(Fuzz.keys)]) }), ("uniqueItems", { _ in true }),
            ("allOf", { [Self.schema(&$0, depth: 1)] }), ("not", { Self.schema(&$0, depth: 1) }), ("$ref", { _ in "#" }), ("properties", { $0.value(depth: 2) }), ("items", { $0.value(depth: 2) }),
        ]
        while fuzz.below(3) == 0 {
            let (key, make) = fuzz.pick(extras)
            schema[key] = make(&fuzz)
        }
        return .object(schema)
    }

    @Test("Any schema is judged; what passes defaults and prunes once and for all", arguments: [UInt64](0..<30))
    func schemas(seed: UInt64) throws {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<20 {
            var json = Self.schema(&fuzz, depth: 4)
            json.set("object", at: ["type"])
            let rules = CustomSchemaRules(json, at: FieldPath())
            let schema = CustomSchema(json)
            for _ in 0..<4 {
                let object = Object(fuzz.object(depth: 4).object ?? [:])
                // Also by a schema that was refused: one that an older server took may be stored.
                _ = schema.check(object)
                let pruned = schema.pruned(object).object
                guard let defaulted = try? schema.defaulted(object), rules.errors.isEmpty else { continue }
                #expect(schema.pruned(pruned).object == pruned, "\(json.text)\n\(object.json.text)")
                #expect(try schema.defaulted(defaulted) == defaulted, "\(json.text)\n\(object.json.text)")
                _ = schema.check(defaulted, old: object)
                _ = try? ServerSideApply.apply(object, to: defaulted, manager: "m", force: true, subresource: "", now: Timestamp(seconds: 0), schema: schema.node)
            }
        }
    }

    /// A pattern of few operators over two letters, and whether it matches, by trying everything.
    private indirect enum Pattern {
        case letter(Character), any, sequence([Pattern]), either(Pattern, Pattern), star(Pattern), plus(Pattern), maybe(Pattern), count(Pattern, Int, Int)

        static func random(_ fuzz: inout Fuzz, depth: Int) -> Pattern {
            func inner() -> Pattern { random(&fuzz, depth: depth - 1) }
            switch depth > 0 ? fuzz.below(9) : fuzz.below(3) {
            case 0: return .letter("a")
            case 1: return .letter("b")
            case 2: return .any
            case 3: return .either(inner(), inner())
            case 4: return .star(inner())
            case 5: return .plus(inner())
            case 6: return .maybe(inner())
            case 7:
                let low = fuzz.below(3)
                return .count(inner(), low, low + fuzz.below(2))
            default: return .sequence([inner(), inner()])
            }
        }

        var text: String {
            switch self {
            case .letter(let letter): String(letter)
            case .any: "."
            case .sequence(let parts): parts.map(\.text).joined()
            case .either(let a, let b): "(\(a.text)|\(b.text))"
            case .star(let part): "(\(part.text))*"
            case .plus(let part): "(?:\(part.text))+"
            case .maybe(let part): "(\(part.text))?"
            case .count(let part, let low, let high): "(\(part.text)){\(low),\(high)}"
            }
        }

        /// All positions at which a match that begins at one of `starts` can end.
        func ends(_ text: [Character], from starts: Set<Int>) -> Set<Int> {
            switch self {
            case .letter(let letter): return Set(starts.filter { $0 < text.count && text[$0] == letter }.map { $0 + 1 })
            case .any: return Set(starts.filter { $0 < text.count }.map { $0 + 1 })
            case .sequence(let parts): return parts.reduce(starts) { $1.ends(text, from: $0) }
            case .either(let a, let b): return a.ends(text, from: starts).union(b.ends(text, from: starts))
            case .maybe(let part): return starts.union(part.ends(text, from: starts))
            case .star(let part):
                var all = starts
                var new = starts
                while !new.isEmpty {
                    new = part.ends(text, from: new).subtracting(all)
                    all.formUnion(new)
                }
                return all
            case .plus(let part): return Pattern.star(part).ends(text, from: part.ends(text, from: starts))
            case .count(let part, let low, let high):
                var current = starts
                var result: Set<Int> = low == 0 ? starts : []
                for turn in 1...max(1, high) where turn <= high {
                    current = part.ends(text, from: current)
                    if turn >= low { result.formUnion(current) }
                }
                return result
            }
        }
    }

    @Test("A pattern matches what trying everything finds", arguments: [UInt64](0..<20))
    func patterns(seed: UInt64) throws {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<30 {
            let pattern = Pattern.random(&fuzz, depth: 4)
            let (whole, part) = (try RegularExpression("^(\(pattern.text))$"), try RegularExpression(pattern.text))
            for _ in 0..<6 {
                let text = (0..<fuzz.below(7)).map { _ in fuzz.pick(Array("ab")) }
                #expect(whole.matches(String(text)) == pattern.ends(text, from: [0]).contains(text.count), "\(pattern.text) on \(String(text))")
                #expect(part.matches(String(text)) == !pattern.ends(text, from: Set(0...text.count)).isEmpty, "\(pattern.text) in \(String(text))")
            }
        }
    }

    @Test("Any pattern and path is read or refused", arguments: [UInt64](0..<20))
    func texts(seed: UInt64) {
        var fuzz = Fuzz(seed: seed)
        let parts = ["a", "(", ")", "[", "]", "^", "-", "\\", "*", "+", "?", "{", "}", "1", ",", "|", ".", "$", "(?i)", "\\p{", "\\Q", "\\E", "[:alpha:]", "é", "\\x{", "(?P<n>", "@", "'", "=="]
        for _ in 0..<200 {
            let text = (0..<fuzz.below(12)).map { _ in fuzz.pick(parts) }.joined()
            if let expression = try? RegularExpression(text) { _ = expression.matches("aé1\n") }
            if let path = try? JSONPath("." + text) { _ = path.find(in: fuzz.object()) }
        }
    }
}
