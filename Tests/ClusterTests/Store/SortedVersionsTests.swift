import APIMachinery
import Testing

@testable import Cluster

struct SortedVersionsTests {
    private func version(_ namespace: String, _ name: String) -> ObjectVersion {
        ObjectVersion(unstored: Object(.configMaps, namespace: namespace, name: name))
    }

    /// Numbers in an order that is neither sorted nor random.
    private func shuffled(_ count: Int) -> [Int] { (0..<count).map { $0 * 7919 % count } }

    @Test("Objects come in order of namespace and name, whatever the order of insertion", .timeLimit(.minutes(1)))
    func order() {
        var versions = SortedVersions()
        for number in shuffled(1009) { versions.insert(version("ns-\(number % 3)", "name-\(1000 + number)")) }
        let keys = versions.objects(in: nil).map { "\($0.namespace)/\($0.name)" }
        #expect(keys == keys.sorted())
        #expect(keys.count == 1009 && versions.count == 1009)
        #expect(versions.objects(in: "ns-1").allSatisfy { $0.namespace == "ns-1" })
        #expect(versions.objects(in: "ns-1").reduce(0) { count, _ in count + 1 } == 336)
        #expect(versions.version(namespace: "ns-2", name: "name-1002")?.name == "name-1002")
        #expect(versions.version(namespace: "ns-2", name: "name-1003") == nil)
    }

    @Test("A page begins behind the last object, also when that one is gone", .timeLimit(.minutes(1)))
    func pages() {
        var versions = SortedVersions()
        for number in 100..<500 { versions.insert(version("a", "n\(number)")) }
        #expect(versions.objects(in: "a", after: ("a", "n299")).prefix(2).map(\.name) == ["n300", "n301"])
        versions.remove(namespace: "a", name: "n299")
        #expect(versions.objects(in: nil, after: ("a", "n299")).prefix(1).map(\.name) == ["n300"])
        #expect(versions.objects(in: "a", after: ("a", "n499")).map(\.name).isEmpty)
    }

    @Test("A copy does not see later changes", .timeLimit(.minutes(1)))
    func copies() {
        var versions = SortedVersions()
        for number in 100..<500 { versions.insert(version("a", "n\(number)")) }
        let copy = versions
        for number in shuffled(400) { versions.remove(namespace: "a", name: "n\(100 + number)") }
        versions.insert(version("b", "new"))
        #expect(versions.objects(in: nil).map(\.name) == ["new"])
        #expect(copy.count == 400 && copy.objects(in: nil).map(\.name) == (100..<500).map { "n\($0)" })
    }
}
