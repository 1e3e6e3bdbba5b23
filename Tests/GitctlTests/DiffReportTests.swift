import APIMachinery
import Cluster
import Reconciler
import TestSupport
import Testing

@testable import gitctl

@Suite("A diff says what a push would do", .timeLimit(.minutes(2)))
struct DiffReportTests {
    private static func configMap(_ name: String, _ value: String) -> String {
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: \(name)}, data: {value: \"\(value)\"}}\n"
    }

    /// An Application of the work tree that has already put ConfigMaps into the cluster.
    private static func deploy(_ name: String, holding names: [String] = [], from work: GitRepositoryFixture, in client: HTTPSClient, spec more: JSONObject = [:], semver: String? = nil, url: String? = nil) async throws {
        var (spec, source): (JSONObject, JSONObject) = (more, ["url": .string(url ?? work.path), "path": .string(name)])
        if let semver { source["semver"] = .string(semver) }
        spec["source"] = .object(source)
        _ = try await client.create(.applications, Object(.applications, namespace: "gitctl-system", name: name, ["spec": .object(spec)]))
        let inventory: JSON = [["kind": "ConfigMap", "namespace": "default", "names": JSON(names)]]
        _ = try await client.patch(
            ObjectKey(.applications, namespace: "gitctl-system", name: name), .merge(["status": ["inventory": inventory]]), subresource: "status")
        for object in names {
            var live = Object(.configMaps, namespace: "default", name: object, ["data": ["value": "1"]])
            live.annotations = ["gitctl.dev/application": "gitctl-system/\(name)"]
            _ = try await client.create(.configMaps, live)
        }
    }

    @Test("objects change hands, accidents are refused, and an Application that cannot be compared does not hide the others")
    func report() async throws {
        try await ServedCluster.with { cluster in
            let (client, work) = (try cluster.admin, try await GitRepositoryFixture())
            try await Self.deploy("a", holding: ["x", "k"], from: work, in: client)
            try await Self.deploy("b", from: work, in: client)
            try await Self.deploy("empty", holding: ["e"], from: work, in: client)
            try await Self.deploy("few", holding: ["f", "g"], from: work, in: client, spec: ["sync": ["maxDeletions": 0]])
            // Of another source: what cannot be read keeps what it may hold from being deleted.
            let url = "https://git.example.org/shop.git"
            try await work.git("remote", "add", "other", url)
            try await Self.deploy("vars", from: work, in: client, spec: ["substitute": ["from": [["kind": "ConfigMap", "name": "none"]]]], url: url)
            try await Self.deploy("wrong", from: work, in: client, semver: "nonsense", url: url)
            try work.write("a/k.yaml", Self.configMap("k", "1"))
            try work.write("b/x.yaml", Self.configMap("x", "2"))
            try work.write("few/f.yaml", Self.configMap("f", "1"))
            for name in ["empty", "wrong"] { try work.write("\(name)/README", "nothing") }
            try work.write("vars/v.yaml", Self.configMap("v", "${A}"))
            _ = try await work.commit("Moves")

            let report = try await DiffRun(client: client).report(Diff.parse([]).request(WorkTree.find(work.path)))
            let entries = Dictionary(uniqueKeysWithValues: report.entries.map { ($0.application, $0) })
            #expect(report.entries.map(\.application) == ["a", "b", "empty", "few", "vars", "wrong"])
            func changes(_ name: String) -> [String] {
                entries[name]?.plan.changes.filter { $0.action != .unchanged }.map { "\($0.action) \($0.key.name) \($0.note)" } ?? []
            }
            #expect(changes("a") == ["kept x moves to Application gitctl-system/b"] && entries["a"]?.refusals == [])
            #expect(changes("b") == ["changed x "] && entries["b"]?.refusals == [], "\(entries["b"]?.refusals ?? [])")
            #expect(
                entries["empty"]?.refusals == [
                    "empty: this commit holds no manifests there, which would delete every object of the Application (1); if that is meant, annotate it: kubectl annotate application -n gitctl-system empty gitctl.dev/allow-empty=true"
                ])
            #expect(entries["few"]?.refusals.first?.hasPrefix("few: this commit would delete 1 of 2 objects (ConfigMap default/g, …), more than the 0 that spec.sync.maxDeletions allows") == true)
            #expect(changes("few") == ["deleted g "])
            #expect(
                entries["vars"]?.refusals == [
                    "ConfigMap gitctl-system/none, which spec.substitute.from names, is not there; create it, or mark it optional: true there"
                ])
            #expect(entries["wrong"]?.refusals.first?.hasPrefix("spec.source.semver \"nonsense\"") == true, "\(entries["wrong"]?.refusals ?? [])")
            #expect(report.isRefused && report.hasChanges)
        }
    }
}
