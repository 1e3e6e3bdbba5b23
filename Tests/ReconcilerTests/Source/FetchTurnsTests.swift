import APIMachinery
import TestSupport
import Testing

@testable import Reconciler

@Suite("Source: one fetch for many", .timeLimit(.minutes(1)))
struct FetchTurnsTests {
    private let start = Timestamp(seconds: 1_800_000_000)

    private func isFetch(_ turn: FetchTurns.Turn?) -> Bool { if case .fetch? = turn { true } else { false } }
    private func isDone(_ turn: FetchTurns.Turn?) -> Bool { if case .done? = turn { true } else { false } }

    @Test("who comes while a fetch runs waits for the next, and one of them does it for all")
    func waiting() {
        var turns = FetchTurns()
        let first = turns.ask(age: .zero, now: start)
        #expect(isFetch(first.turn))
        let others = (0..<5).map { _ in turns.ask(age: .zero, now: start) }
        #expect(others.allSatisfy { $0.turn == nil })
        let next = turns.ended(.success(()), now: start + .seconds(1))
        #expect(next.map(\.caller) == [others[0].caller] && isFetch(next[0].turn))
        let served = turns.ended(.success(()), now: start + .seconds(2))
        #expect(served.map(\.caller) == others.dropFirst().map(\.caller) && served.allSatisfy { isDone($0.turn) })
    }

    @Test("a fetch within the age that is asked for will do, with its failure; and one under way")
    func age() {
        var turns = FetchTurns()
        _ = turns.ask(age: .seconds(60), now: start)
        let joined = turns.ask(age: .seconds(60), now: start + .seconds(1))
        #expect(joined.turn == nil)
        let failure = GitError(.unreachable, "no answer")
        let answers = turns.ended(.failure(failure), now: start + .seconds(2))
        #expect(answers.map(\.caller) == [joined.caller] && isDone(answers[0].turn))
        guard case .done(.failure(let same))? = turns.ask(age: .seconds(60), now: start + .seconds(59)).turn else {
            Issue.record("a failure within the age is the answer")
            return
        }
        #expect(same == failure)
        #expect(isFetch(turns.ask(age: .seconds(60), now: start + .seconds(60)).turn))
        _ = turns.ended(.success(()), now: start + .seconds(61))
        // A clock that was set back proves nothing.
        #expect(isFetch(turns.ask(age: .seconds(60), now: start).turn))
    }

    @Test("when the one who fetches gives up, another begins anew, and nobody is forgotten")
    func givenUp() {
        var turns = FetchTurns()
        _ = turns.ask(age: .zero, now: start)
        let joined = turns.ask(age: .seconds(60), now: start)
        let waiting = turns.ask(age: .zero, now: start)
        let next = turns.ended(nil, now: start)
        #expect(next.map(\.caller) == [joined.caller] && isFetch(next[0].turn))
        #expect(turns.ended(.success(()), now: start).map(\.caller) == [waiting.caller])
        #expect(isFetch(turns.ask(age: .zero, now: start).turn))
    }

    @Test("whatever the order of callers, leavers and ends, every caller gets one answer and never two fetch at once", arguments: 0..<200)
    func anyOrder(seed: Int) {
        var random = Fuzz(seed: UInt64(seed))
        var turns = FetchTurns()
        var fetching: UInt64?
        var open: Set<UInt64> = []
        var now = start
        func settle(_ answers: [FetchTurns.Answer]) {
            for answer in answers {
                #expect(open.contains(answer.caller))
                if isFetch(answer.turn) {
                    #expect(fetching == nil)
                    fetching = answer.caller
                }
                open.remove(answer.caller)
            }
        }
        for _ in 0..<60 {
            now = now + .seconds(Int64.random(in: 0...5, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let (caller, turn) = turns.ask(age: .seconds(Int64.random(in: 0...10, using: &random)), now: now)
                open.insert(caller)
                if let turn { settle([(caller, turn)]) }
            case 2:
                guard fetching != nil else { continue }
                fetching = nil
                settle(turns.ended(Bool.random(using: &random) ? nil : .success(()), now: now))
            default:
                guard let leaver = open.randomElement(using: &random) else { continue }
                open.remove(leaver)
                turns.leave(leaver)
            }
        }
        while fetching != nil {
            fetching = nil
            settle(turns.ended(.success(()), now: now))
        }
        #expect(open.isEmpty)
    }
}
