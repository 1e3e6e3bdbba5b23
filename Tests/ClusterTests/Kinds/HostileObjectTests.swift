import APIMachinery
import TestSupport
import Testing

@testable import Cluster

/// Objects as nobody writes them, against every verb of every kind: what is wrong is refused as the
/// client's mistake, what is accepted can be read, printed, changed and deleted.
@Suite(.timeLimit(.minutes(3))) struct HostileObjectTests {
    /// The reasons that say "you", not "me".
    private static func isClientError(_ status: APIStatus) -> Bool { (400..<500).contains(status.code) }

    @Test("a hostile object is refused with a client's error or taken, by every verb", arguments: EveryKindTests.served)
    func verbs(type: ResourceType) async throws {
        let node = try #require(Schema.builtin.node(type.gvk))
        var fuzz = Fuzz(seed: UInt64(type.plural.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }))
        var accepted = 0
        for round in 0..<4 {
            let fixture = try await RegistryFixture()
            _ = try? await fixture.client.create(type, MinimalObjects.of(type))
            for _ in 0..<8 { accepted += try await exercise(fixture, type, node, &fuzz, round) }
        }
        // A generator whose objects are all refused would show nothing.
        #expect(accepted > 0, "\(type)")
    }

    private func exercise(_ fixture: RegistryFixture, _ type: ResourceType, _ node: SchemaNode, _ fuzz: inout Fuzz, _ round: Int) async throws -> Int {
        var accepted = 0
        let minimal = MinimalObjects.of(type)
        let key = ObjectKey(type, namespace: type.isNamespaced ? "default" : nil, name: minimal.name)
        func attempt(_ what: String, _ input: JSON, _ body: () async throws(APIStatus) -> Object) async {
            do throws(APIStatus) {
                let object = try await body()
                accepted += 1
                show(object, type, fixture)
            } catch {
                let isRefusal = Self.isClientError(error)
                #expect(isRefusal, "\(what) \(type.plural): \(error.code) \(error.message)\n\(input.text)")
            }
        }
        let spoiled = fuzz.spoiled(minimal, node)
        let other = fuzz.spoiled(minimal, node)
        let client = fixture.client
        let options = WriteOptions(fieldManager: "fuzz", force: true, fieldValidation: .ignore)
        if round > 0 { _ = try? await client.delete(key) }
        await attempt("create", spoiled.json) { () async throws(APIStatus) in try await client.create(type, spoiled, options: options) }
        await attempt("update", other.json) { () async throws(APIStatus) in try await client.update(type, other, subresource: nil, options: options) }
        var patches: [Patch] = [.merge(other.json), .strategicMerge(spoiled.json), .apply(other.json)]
        if let spec = other["spec"] { patches.append(.json([["op": "replace", "path": "/spec", "value": spec]])) }
        for patch in patches {
            await attempt("patch", spoiled.json) { () async throws(APIStatus) in try await client.patch(key, patch, subresource: nil, options: options) }
        }
        for subresource in ["status", "scale", "resize", "ephemeralcontainers", "approval", "finalize"] where type.subresources.contains(subresource) {
            var body = other
            if subresource == "scale" {
                body = Object(["apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": ["name": .string(key.name), "namespace": "default"], "spec": other["spec"] ?? [:]])
            }
            let sent = body
            await attempt(subresource, sent.json) { () async throws(APIStatus) in try await client.update(type, sent, subresource: subresource, options: options) }
            if subresource == "finalize" { continue }
            await attempt(subresource, sent.json) { () async throws(APIStatus) in try await client.patch(key, .merge(sent.json), subresource: subresource, options: options) }
        }
        var deletion = DeleteOptions()
        deletion.gracePeriodSeconds = fuzz.pick([nil, 0, -1, .max, .min, 30])
        deletion.propagation = fuzz.pick([nil, .background, .foreground, .orphan])
        let asked = deletion
        await attempt("delete", spoiled.json) { () async throws(APIStatus) in try await client.delete(key, options: asked) }
        return accepted
    }

    /// What `kubectl get` prints of it, in all its forms.
    private func show(_ object: Object, _ type: ResourceType, _ fixture: RegistryFixture) {
        guard object.kind == type.kind else { return }
        let table = Table(columns: fixture.registry.columns(of: type), version: "v1", includes: .init("Object"), now: fixture.clock.now, hasColumns: true)
        let rows = table.json([object], metadata: [:])["rows"]?.array
        #expect(rows?.count == 1)
        let again = try? JSON(parsing: object.json.encoded())
        let isSame = again == object.json
        #expect(isSame, "\(object.json.text)")
    }
}
