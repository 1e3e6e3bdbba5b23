import TestSupport
import Testing

@testable import APIMachinery

@Suite(.timeLimit(.minutes(1)))
struct TimestampTests {
    private let now = Timestamp(seconds: 1_800_000_000)

    @Test("A deadline that nobody lives to see is not in the past", arguments: [Int64.max, Int64.max / 1_000_000_000, 9_999_999_999])
    func farFuture(seconds: Int64) throws {
        let deadline = now + .seconds(seconds)
        #expect(deadline > now)
        #expect(deadline - now > .seconds(7_000_000_000))
        // What is written into an object is read again, to the second.
        #expect(try #require(Timestamp(deadline.description)).nanoseconds / 1_000_000_000 == deadline.nanoseconds / 1_000_000_000)
    }

    @Test("Differences beyond 292 years are the longest there is")
    func differences() {
        let (first, last) = (Timestamp(nanoseconds: .min), Timestamp(nanoseconds: .max))
        #expect(last - first == .nanoseconds(Int64.max) && first - last == .nanoseconds(Int64.min))
        #expect(now + .seconds(Int64.min) < now)
        #expect(Timestamp(seconds: .max) == last && Timestamp(seconds: .min) == first)
        // The last second that whole nanoseconds can count is not whole itself.
        let edge = Duration.seconds(9_223_372_036)
        #expect((edge + .milliseconds(900)).nanoseconds == .max && (.zero - edge - .milliseconds(900)).nanoseconds == .min)
        #expect((edge + .milliseconds(800)).nanoseconds == 9_223_372_036_800_000_000)
    }

    @Test("Text beyond the range is refused", arguments: ["2263-01-01T00:00:00Z", "2262-12-31T00:00:00Z", "1677-12-31T00:00:00Z", "2026-02-29T00:00:00Z"])
    func outOfRange(text: String) { #expect(Timestamp(text) == nil) }

    @Test(
        "RFC 3339 is read and written",
        arguments: [
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"), ("2026-01-02T03:04:05.5+01:30", "2026-01-02T01:34:05Z"), ("1969-12-31T23:59:59.25Z", "1969-12-31T23:59:59Z"),
            ("2024-02-29t00:00:00z", "2024-02-29T00:00:00Z"), ("2000-12-31T23:00:00-02:00", "2001-01-01T01:00:00Z"), ("1700-03-01T00:00:00Z", "1700-03-01T00:00:00Z"),
        ])
    func roundTrip(text: String, expected: String) throws {
        let time = try #require(Timestamp(text))
        #expect(time.description == expected)
        #expect(Timestamp(time.nano) == time)
    }

    @Test(
        "What is no time is refused",
        arguments: ["", "today", "2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Z ", "9999-01-01T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T00:00:00+25:00"])
    func refused(text: String) { #expect(Timestamp(text) == nil) }

    @Test("Micro and nanoseconds keep their digits")
    func digits() throws {
        let time = Timestamp(nanoseconds: 1_700_000_000_123_456_789)
        #expect(time.micro.hasSuffix(".123456Z") && time.nano.hasSuffix(".123456789Z"))
        #expect(time + .milliseconds(1) > time && (time + .seconds(2)) - time == .seconds(2))
    }

    @Test("Any instant survives", arguments: 0..<10)
    func fuzz(seed: UInt64) {
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<300 {
            let time = Timestamp(nanoseconds: Int64(bitPattern: fuzz.next()) / 2)
            #expect(Timestamp(time.nano) == time)
            _ = Timestamp(String(decoding: fuzz.mutated(time.nano), as: UTF8.self))
        }
    }
}
