import FoundationEssentials
import TestSupport
import Testing

@testable import Reconciler

@Suite("Kustomize: byte for byte what kustomize 5 prints", .timeLimit(.minutes(2)))
struct KustomizeGoldenTests {
    @Test("a recorded tree renders to what kustomize printed for it", arguments: KustomizeFixture.names)
    func golden(_ name: String) throws {
        let fixture = KustomizeFixture(name: name)
        let expected = try #require(fixture.expected)
        let result = try fixture.build()
        #expect(String(decoding: result, as: UTF8.self) == String(decoding: expected, as: UTF8.self))
        #expect(result == expected)
    }

    @Test("there are fixtures for every feature")
    func fixturesAreThere() { #expect(KustomizeFixture.names.count >= 75) }

    /// The kubectl that `scripts/setup --test` fetches has kustomize 5 inside; an older one that is installed may differ.
    static let kubectl = BuiltProducts.client("kubectl")

    @Test(
        "the recordings are what kubectl kustomize prints today", .enabled(if: kubectl.hasPrefix("/")),
        arguments: KustomizeFixture.names)
    func recordings(_ name: String) async throws {
        let fixture = KustomizeFixture(name: name)
        let printed = try await CommandRunner().output(Self.kubectl, "kustomize", "\(fixture.input)/\(fixture.root)")
        #expect(printed == String(decoding: try #require(fixture.expected), as: UTF8.self))
    }

    /// Fields of an overlay, each of which changes something of the base.
    static let fields: [String] = [
        "namePrefix: x-", "nameSuffix: -y", "namespace: prod", "commonLabels: {team: shop, app: other}",
        "labels: [{pairs: {tier: front}, includeTemplates: true}]", "labels: [{pairs: {app: third}, includeSelectors: true}]",
        "commonAnnotations: {note: \"yes\"}", "images: [{name: nginx, newName: web, newTag: \"1\"}]",
        "replicas: [{name: web, count: 5}]",
        "configMapGenerator: [{name: settings, behavior: merge, literals: [level=9]}]",
        "secretGenerator: [{name: token, literals: [a=b]}]",
        "patches: [{target: {kind: Deployment}, patch: \"- {op: add, path: /metadata/annotations, value: {note: \\\"1\\\"}}\"}]",
        "patches: [{patch: \"{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 81}]}}\"}]",
        "replacements: [{source: {kind: Service, name: web}, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.service], options: {create: true}}]}]",
        "vars: [{name: V, objref: {apiVersion: v1, kind: Service, name: web}}]", "sortOptions: {order: fifo}",
        "buildMetadata: [originAnnotations]",
    ]

    @Test(
        "any two fields together render as kubectl kustomize renders them", .enabled(if: kubectl.hasPrefix("/")),
        arguments: fields.indices)
    func pairs(_ first: Int) async throws {
        let base = KustomizeFixture(name: "generator-merge").input
        try await TemporaryDirectory.with { directory in
            _ = try await CommandRunner().output("cp", "-r", "\(base)/base", "\(directory.path)/base")
            let service =
                "apiVersion: v1\nkind: Service\nmetadata: {name: web, annotations: {v: $(V)}}\nspec: {selector: {app: web}}\n"
            try service.write(toFile: "\(directory.path)/service.yaml", atomically: false, encoding: .utf8)
            for second in Self.fields.indices where second > first && Self.key(first) != Self.key(second) {
                let text = "resources: [base, service.yaml]\n\(Self.fields[first])\n\(Self.fields[second])\n"
                try text.write(toFile: "\(directory.path)/kustomization.yaml", atomically: false, encoding: .utf8)
                let printed = try await CommandRunner().output(Self.kubectl, "kustomize", directory.path)
                let result = String(decoding: try KustomizeFixture.build("", below: directory.path), as: UTF8.self)
                #expect(result == printed, "\(Self.fields[first]) with \(Self.fields[second])")
            }
        }
    }

    private static func key(_ index: Int) -> Substring { fields[index].prefix { $0 != ":" } }
}
