import APIMachinery
import TestSupport
import Testing

@testable import Cluster

struct ReadTests {
    private func options(_ change: (inout ListOptions) -> Void) -> ListOptions {
        var options = ListOptions()
        change(&options)
        return options
    }

    private func list(_ fixture: RegistryFixture, _ type: ResourceType = .configMaps, namespace: String? = "default", _ change: (inout ListOptions) -> Void = { _ in }) throws -> VersionList {
        try fixture.registry.list(type, namespace: namespace, options: options(change), context: fixture.context)
    }

    @Test("Fields select what each kind offers, and nothing else", .timeLimit(.minutes(1)))
    func fields() async throws {
        let fixture = try await RegistryFixture()
        try await fixture.pod("a", ["nodeName": "n1"])
        try await fixture.pod("b")
        func names(_ type: ResourceType, _ selector: String) throws -> [String] {
            try list(fixture, type) { $0.fieldSelector = try! FieldSelector(parsing: selector) }.items.map(\.name)
        }
        #expect(try names(.pods, "spec.nodeName=n1") == ["a"])
        #expect(try names(.pods, "spec.nodeName=") == ["b"])
        #expect(try names(.pods, "status.phase!=Pending") == [])
        #expect(try names(.pods, "metadata.name!=a,metadata.namespace=default") == ["b"])
        #expect(try names(.pods, "spec.hostNetwork=false") == ["a", "b"])
        var status = try #require(throws: APIStatus.self) { _ = try names(.pods, "spec.foo=x") }
        #expect(status.message == "field label not supported: spec.foo" && status.code == 400)
        status = try #require(throws: APIStatus.self) { _ = try names(.configMaps, "data.x=y") }
        #expect(status.message == "\"data.x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
    }

    @Test("A page tells how many follow; one out of history's reach says how to go on", .timeLimit(.minutes(1)))
    func pages() async throws {
        let fixture = try await RegistryFixture(store: .inMemory(history: .init(countMax: 30), clock: SystemClock()))
        for number in 10..<20 { try await fixture.create(.configMaps, "n\(number)") }
        let first = try list(fixture) { $0.limit = 4 }
        #expect(first.items.count == 4 && first.remainingItemCount == 6)
        let selected = try list(fixture) {
            $0.limit = 4
            $0.labelSelector = LabelSelector([.init(key: "x", operator: .doesNotExist)])
        }
        #expect(selected.remainingItemCount == nil && !selected.continueToken.isEmpty)
        for _ in 0..<20 {
            try await fixture.create(.configMaps, "big")
            try await fixture.client.delete(fixture.key(.configMaps, "big"))
        }
        var status = try #require(throws: APIStatus.self) { _ = try list(fixture) { $0.continueToken = first.continueToken } }
        #expect(status.reason == .expired && status.code == 410)
        #expect(status.json["metadata"]?["continue"]?.string == status.continueToken)
        let rest = try list(fixture) { $0.continueToken = status.continueToken }
        #expect(rest.items.map(\.name) == (14..<20).map { "n\($0)" })
        status = try #require(throws: APIStatus.self) { _ = try list(fixture) { $0.continueToken = "nonsense" } }
        #expect(status.reason == .badRequest)
    }

    @Test("Exact versions, versions too new, and contradictory options", .timeLimit(.minutes(1)))
    func versions() async throws {
        let fixture = try await RegistryFixture()
        let then = try await fixture.create(.configMaps, "a").resourceVersion
        try await fixture.create(.configMaps, "b")
        let exact = try list(fixture) {
            $0.resourceVersion = then
            $0.resourceVersionMatch = "Exact"
        }
        #expect(exact.items.map(\.name) == ["a"] && exact.resourceVersion == then)
        #expect(try list(fixture) { $0.resourceVersion = then }.items.count == 2)
        var status = try #require(throws: APIStatus.self) { _ = try list(fixture) { $0.resourceVersion = "999999" } }
        #expect(status.message.hasPrefix("Too large resource version: 999999, current: ") && status.code == 504)
        #expect(status.causes.first?.reason == "ResourceVersionTooLarge")
        status = try #require(throws: APIStatus.self) { _ = try list(fixture) { $0.resourceVersionMatch = "Exact" } }
        #expect(status.message.contains("resourceVersionMatch is forbidden unless resourceVersion is provided") && status.code == 422)
        status = try #require(throws: APIStatus.self) { _ = try list(fixture) { $0.resourceVersion = "abc" } }
        #expect(status.reason == .badRequest)
    }

    @Test("A list of one name looks at one object, in every namespace when asked", .timeLimit(.minutes(1)))
    func names() async throws {
        let fixture = try await RegistryFixture()
        try await fixture.create(.namespaces, "other")
        for namespace in ["default", "other"] { _ = try await fixture.client.create(.configMaps, Object(.configMaps, namespace: namespace, name: "same")) }
        #expect(try list(fixture) { $0.fieldSelector = FieldSelector("metadata.name", equals: "same") }.items.count == 1)
        #expect(try list(fixture, namespace: nil) { $0.fieldSelector = FieldSelector("metadata.name", equals: "same") }.items.count == 2)
        #expect(try list(fixture, .namespaces, namespace: nil) { $0.fieldSelector = FieldSelector("metadata.name", equals: "other") }.items.count == 1)
    }

    @Test("any text is a continue token or none, and a list that goes on at one is a list", arguments: [UInt64](0..<10)) func tokens(seed: UInt64) async throws {
        let fixture = try await RegistryFixture()
        for name in ["a", "b", "c"] { try await fixture.create(.configMaps, name) }
        var fuzz = Fuzz(seed: seed)
        for _ in 0..<60 {
            let text = (0..<fuzz.below(7)).map { _ in fuzz.pick([":", "latest", "1", "5", "18446744073709551615", "-1", "default", "a", "é", "\u{0}", " ", "\r\n"]) }.joined()
            if let token = ContinueToken(text) { #expect(ContinueToken(token.text)?.text == token.text) }
            var options = ListOptions()
            options.continueToken = text
            options.limit = fuzz.pick([0, 1, .max])
            do throws(APIStatus) {
                let list = try fixture.registry.list(.configMaps, namespace: "default", options: options, context: fixture.context)
                #expect(list.items.count <= 3)
            } catch { #expect(error.code == 400 || error.code == 410, "\(text): \(error)") }
        }
    }
}
