import Testing

@testable import gitctl

@Suite struct SpareMemoryTests {
    @Test("Memory is given back once after each burst, when it is over") func bursts() {
        var bursts = SpareMemory.Bursts()
        var total = Duration.zero
        // Processor milliseconds of each interval: a start, a pause in which something still runs, quiet, and a second burst.
        let ended = [900, 300, 20, 20, 400, 20, 4_000, 4_000, 99, 0].map { used in
            total += .milliseconds(used)
            return bursts.haveEnded(total: total)
        }
        #expect(ended == [false, false, true, false, false, false, false, false, true, false])
    }
}
