import TestSupport
import Testing

@testable import APIMachinery

@Suite(.timeLimit(.minutes(1)))
struct QuantityTests {
    @Test(
        "A quantity is written in canonical form",
        arguments: [
            ("0", "0"), ("0Gi", "0"), ("-0", "0"), ("1", "1"), ("0.5", "500m"), (".5", "500m"), ("1.", "1"), ("+1", "1"), ("100m", "100m"), ("1000m", "1"),
            ("1500", "1500"), ("1000", "1k"), ("1500000", "1500k"), ("1G", "1G"), ("1e3", "1e3"), ("1E3", "1e3"), ("12e6", "12e6"), ("1e-3", "1e-3"),
            ("1024", "1024"), ("1Ki", "1Ki"), ("1024Ki", "1Mi"), ("1024Mi", "1Gi"), ("1.5Gi", "1536Mi"), ("0.5Ki", "512"), ("512", "512"), ("1.1Mi", "1153433600m"),
            ("100n", "100n"), ("1u", "1u"), ("0.1n", "1n"), ("1.0000000001", "1000000001n"), ("-1.5", "-1500m"), ("-1Ki", "-1Ki"), ("1E", "1E"), ("1000E", "1e21"),
            ("16Ei", "9223372036854775807"), ("3P", "3P"), ("0.001Ki", "1024m"), ("007", "7"), ("1e40", "170141183460469231731687303715884105727e-9"),
        ])
    func canonical(text: String, expected: String) throws {
        #expect(try #require(Quantity(text)).description == expected)
    }

    @Test("What is no quantity is refused", arguments: ["", "-", ".", "abc", "1x", "1 ", " 1", "1KI", "1ki", "1e", "1e+", "1.2.3", "1ee3", "0x1", "1mm", "١", "1e1.5"])
    func refused(text: String) { #expect(Quantity(text) == nil) }

    @Test(
        "Units and thousandths round away from zero",
        arguments: [
            ("100m", 1, 100), ("1.0001", 2, 1001), ("-100m", -1, -100), ("1Gi", 1_073_741_824, 1_073_741_824_000), ("1n", 1, 1),
            ("100E", .max, .max), ("-100E", .min, .min), ("250m", 1, 250),
        ] as [(String, Int64, Int64)])
    func rounding(text: String, value: Int64, milli: Int64) throws {
        let quantity = try #require(Quantity(text))
        #expect(quantity.value == value && quantity.milli == milli)
    }

    @Test("Quantities compare, add and subtract by amount")
    func arithmetic() throws {
        func q(_ text: String) throws -> Quantity { try #require(Quantity(text)) }
        #expect(try q("1024Mi") == q("1Gi") && q("1000m") == q("1") && q("999m") < q("1"))
        #expect(try (q("512Mi") + q("512Mi")).description == "1Gi")
        #expect(try (q("1") - q("250m")).description == "750m")
        #expect(try (q("0") + q("1Gi")).description == "1Gi")
        #expect(try (q("1e29") + q("1e29")).value == .max)
        #expect(try (q("-1e29") - q("1e29")).value == .min)
        #expect(Quantity(JSON.int(2))?.description == "2" && Quantity(JSON.double(0.5))?.description == "500m" && Quantity(JSON.null) == nil)
    }

    @Test("Any text is read or refused, never trapped on", arguments: 0..<20)
    func fuzz(seed: UInt64) {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<500 {
            let text = (0..<fuzz.below(60)).map { _ in fuzz.pick(Array("0123456789.+-eEinumkKMGTP")) }
            guard let quantity = Quantity(String(text)) else { continue }
            #expect(Quantity(quantity.description) == quantity)
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct FieldPathTests {
    @Test(
        "A path is written and read",
        arguments: [
            "spec.containers[0].image", "metadata.labels[app.kubernetes.io/name]", "a", "[0].b", "data[\"a]b\"]", "data.0", "data[\"\"]", "x[1][2]",
        ])
    func roundTrip(text: String) { #expect(FieldPath(parsing: text).description == text) }

    @Test("Steps are keys and indexes")
    func steps() {
        #expect(FieldPath(parsing: ".spec.containers[0].image").steps == [.key("spec"), .key("containers"), .index(0), .key("image")])
        #expect(FieldPath(parsing: "metadata.labels[a.b/c]").steps == [.key("metadata"), .key("labels"), .key("a.b/c")])
        let value: JSON = ["a": [["b": 1]]]
        #expect(value[FieldPath(parsing: "a[0].b")] == 1 && value[FieldPath(parsing: "a[1]")] == nil)
    }

    @Test("Any keys survive", arguments: 0..<20)
    func fuzz(seed: UInt64) {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<100 {
            let steps = (0...fuzz.below(4)).map { _ -> FieldPath.Step in
                fuzz.below(3) == 0 ? .index(fuzz.below(100)) : .key(String((0..<fuzz.below(5)).map { _ in fuzz.pick(Array("ab.[]\"\\0/é")) }))
            }
            let path = FieldPath(steps)
            #expect(FieldPath(parsing: path.description) == path, "\(path)")
            _ = FieldPath(parsing: String((0..<8).map { _ in fuzz.pick(Array("ab.[]\"\\0/")) }))
        }
    }
}
