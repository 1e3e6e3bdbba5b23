import APIMachinery
import Testing

@Suite(.timeLimit(.minutes(1))) struct DurationTextTests {
    @Test(
        "durations are written as Go writes them",
        arguments: [
            (Duration.zero, "0s"), (.nanoseconds(7), "7ns"), (.nanoseconds(1500), "1.5µs"), (.milliseconds(250), "250ms"),
            (.nanoseconds(1_000_001), "1.000001ms"), (.seconds(1), "1s"), (.milliseconds(15_062), "15.062s"), (.seconds(60), "1m0s"),
            (.milliseconds(90_500), "1m30.5s"), (.seconds(3600), "1h0m0s"), (.seconds(90_061), "25h1m1s"), (.milliseconds(-1500), "-1.5s"),
        ])
    func text(duration: Duration, expected: String) { #expect(duration.goText == expected) }
}
