import Testing

@testable import Reconciler

@Suite("Source: versions and ranges of them", .timeLimit(.minutes(1)))
struct VersionRangeTests {
    @Test("tags that are versions, with or without a v", arguments: ["1.2.3", "v1.2.3", "0.0.0", "1.0.0-alpha.1", "v1.0.0-x-y.10+build.5", "1.0.0+20260101", "18446744073709551615.0.0"])
    func versions(tag: String) { #expect(SemanticVersion(tag: tag) != nil) }

    @Test("tags that are none", arguments: ["", "v", "1", "1.2", "1.2.3.4", "01.2.3", "1.02.3", "1.2.03", "1.2.x", "vv1.2.3", "V1.2.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3-ä", "1.2.3+", "release-1.2.3", "1.2.+3", "-1.2.3", "1.2.3 ", "18446744073709551616.0.0"])
    func noVersions(tag: String) { #expect(SemanticVersion(tag: tag) == nil) }

    /// Source: semver.org, precedence.
    @Test("each comes before the next")
    func order() throws {
        let names = ["0.9.9", "1.0.0-1", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0-0", "2.0.0"]
        let versions = try names.map { try #require(SemanticVersion(tag: $0)) }
        for (index, version) in versions.enumerated() {
            for (other, later) in versions.enumerated() { #expect((version < later) == (index < other), "\(names[index]) \(names[other])") }
        }
        #expect(SemanticVersion(tag: "1.0.0+a") == SemanticVersion(tag: "v1.0.0+b"))
    }

    /// Source: the behaviour of Masterminds/semver 3, as its own tests state it.
    static let cases: [(range: String, inside: [String], outside: [String])] = [
        ("=2.0.0", ["2.0.0"], ["1.2.3", "2.0.1"]),
        ("2.0.0", ["2.0.0", "v2.0.0"], ["2.0.1"]),
        ("=2.0", ["2.0.0", "2.0.1"], ["1.2.3", "2.1.0"]),
        ("2", ["2.0.0", "2.9.9"], ["1.9.9", "3.4.5"]),
        ("v1.x", ["1.0.0", "1.4.0"], ["2.0.0", "1.4.0-beta.1"]),
        ("4.1.X", ["4.1.3"], ["4.2.0"]),
        ("2.*", ["2.1.1"], ["1.0.0", "3.4.5"]),
        ("*", ["0.0.0", "4.5.6"], ["1.2.3-alpha.1"]),
        ("*-0", ["1.2.3", "1.2.3-alpha.1"], []),
        ("!=4.1.0", ["4.1.1"], ["4.1.0", "4.1.1-rc.1"]),
        ("!=4.1", ["5.1.0", "4.2.0"], ["4.1.0", "4.1.1"]),
        ("!=4.x", ["5.1.0"], ["4.1.0"]),
        ("!=4.1-alpha", ["4.1.0"], ["4.1.0-alpha", "4.1.1-alpha"]),
        ("<11", ["0.1.0", "10.9.9"], ["11.1.0", "11.0.0"]),
        ("<1.1", ["0.1.0", "1.0.9"], ["1.1.0", "1.1.1"]),
        ("<=11", ["1.2.3", "11.2.3"], ["12.2.3"]),
        ("<=1.1", ["0.1.0", "1.1.0", "1.1.1"], ["1.2.3", "0.1.0-alpha"]),
        ("<=1.1-a", ["0.1.0-alpha"], []),
        ("=< 1.2.0", ["1.2.0"], ["1.2.1"]),
        (">0", ["1.0.0"], ["0.0.0", "0.9.9", "1.0.0-alpha"]),
        (">1.1", ["4.1.0", "1.2.0"], ["1.1.0", "1.1.9"]),
        (">11", ["12.0.0"], ["11.1.0"]),
        (">1.2.3-alpha.1", ["1.2.3-alpha.2", "1.3.3-alpha.2", "1.2.3"], ["1.2.3-alpha.1"]),
        (">=11.1", ["11.1.2", "12.0.0"], ["11.0.2"]),
        ("=> 1.2", ["1.2.0"], ["1.1.9"]),
        (">=0-0", ["0.0.1-alpha", "0.0.0-alpha"], []),
        (">=0.0.0-0", ["1.2.3", "3.4.5-beta.1"], []),
        ("~1.2.3", ["1.2.3", "1.2.9"], ["1.3.0", "1.2.2"]),
        ("~1.2", ["1.2.0", "1.2.9"], ["1.3.4"]),
        ("~1", ["1.0.0", "1.9.0"], ["2.0.0"]),
        ("~> 2.0", ["2.0.5"], ["2.1.0"]),
        ("~*", ["2.1.1"], ["2.1.1-rc.1"]),
        ("~0.0.0", ["1.2.3"], []),
        ("~0.2.3", ["0.2.5"], ["0.3.5"]),
        ("~1.2.3-beta.2", ["1.2.3-beta.4", "1.2.4-beta.2"], ["1.3.4-beta.2", "1.2.3-beta.1"]),
        ("^1.2.3", ["1.8.9"], ["2.8.9", "1.2.1"]),
        ("^1.2", ["1.2.0", "1.8.9"], ["2.8.9"]),
        ("^1", ["1.0.0", "1.8.9"], ["2.0.0"]),
        ("^0.2.3", ["0.2.5"], ["0.5.6", "0.3.0"]),
        ("^0.2", ["0.2.5"], ["0.5.6"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("^0.0", ["0.0.3"], ["0.1.4", "1.0.4"]),
        ("^0", ["0.2.3"], ["1.1.4"]),
        ("^1.2.0-alpha.0", ["1.2.1-alpha.1", "1.2.0"], ["1.1.0-alpha.9"]),
        (">=1.2.0 <2", ["1.2.0", "1.99.0"], ["2.0.0", "1.1.0", "2.0.0-rc.1"]),
        (">=1.1, <2, !=1.2.3 || > 3", ["4.1.2", "1.2.4"], ["3.1.2", "1.2.3"]),
        (">=1.1    <2    != 1.2.3", ["1.2.4"], ["1.2.3"]),
        ("^2 || ^3", ["2.1.0", "3.9.9"], ["4.0.0", "1.0.0"]),
        ("1.1 - 2", ["1.1.1", "2.9.0"], ["3.0.0", "1.0.9"]),
        ("1.5.0 - 4.5", ["3.7.0", "4.5.9"], ["4.6.0"]),
        (">=1.0.0-rc.1 <2", ["1.5.0-beta", "1.0.0"], ["2.1.0", "1.0.0-alpha"]),
    ]

    @Test("a range holds what it should", arguments: cases.map(\.range))
    func ranges(range: String) throws {
        let (_, inside, outside) = try #require(Self.cases.first { $0.range == range })
        let parsed = try VersionRange(range)
        for tag in inside { #expect(parsed.contains(try #require(SemanticVersion(tag: tag))), "\(tag) in \(range)") }
        for tag in outside { #expect(!parsed.contains(try #require(SemanticVersion(tag: tag))), "\(tag) not in \(range)") }
    }

    @Test(
        "what is no range is refused with what is wrong",
        arguments: [
            ("foo", "has \"foo\", which is no version"), (">= bar", "has \"bar\", which is no version"), ("12.3.4.1234", "has \"12.3.4.1234\", which is no version"),
            (">", "has no version after \">\""), ("12.3.34~ 1.2.3", "needs a space before \"~\""), ("><1", "has \"><\", which is no comparison"),
            (">=1 ||", "names no version on one side"), ("1.2 -", "has \"-\", which is no version"),
        ])
    func malformed(text: String, message: String) {
        let error = #expect(throws: VersionRange.Malformed.self) { try VersionRange(text) }
        #expect(error?.message == message)
    }

    @Test("the newest tag within is found, and all that name the same version")
    func newest() throws {
        let tags = ["v1.0.0", "1.4.2", "v1.4.10", "v2.0.0", "1.5.0-rc.1", "latest", "v1.4.10+hotfix"]
        #expect(try VersionRange("1.x").newest(of: tags) == ["v1.4.10", "v1.4.10+hotfix"])
        #expect(try VersionRange(">=1.5.0-0 <2").newest(of: tags) == ["1.5.0-rc.1"])
        #expect(try VersionRange("3").newest(of: tags).isEmpty)
    }
}
