import Testing

@testable import gitctl

@Suite struct SpareMemoryTests {
    @Test("Memory is given back once after each burst, when it is over") func bursts() {
        var bursts = SpareMemory.Bursts()
        var total = Duration.zero
        // Processor milliseconds of each interval: a start, little work, and a second burst.
        let ended = [900, 300, 20, 400, 20, 4_000, 500, 499, 0].map { used in
            total += .milliseconds(used)
            return bursts.haveEnded(total: total)
        }
        #expect(ended == [false, true, false, false, false, false, false, true, false])
    }
}
