import APIMachinery
import TestSupport
import Testing

@testable import Reconciler

@Suite("Kustomize: an Application", .timeLimit(.minutes(2)))
struct KustomizeSyncTests {
    @Test("a changed setting makes a ConfigMap of another name, and the old one is pruned")
    func generatedNames() async throws {
        try await RunningReconciler.with { running in
            let bare = try await running.reconciler.ensureRepository(name: "shop")
            let work = try await GitRepositoryFixture()
            try await running.cluster.createApplication("shop", source: ["repository": "shop", "path": "prod"])
            var names: [[String]] = []
            for level in 1...2 {
                try work.write("base/kustomization.yaml", "configMapGenerator:\n- name: settings\n  literals: [level=\(level)]\n")
                try work.write("prod/kustomization.yaml", "resources: [../base]\nnamePrefix: prod-\n")
                let commit = try await work.commit("level \(level)")
                try await work.push(to: bare)
                let update = Push.RefUpdate(old: ObjectID.zero.description, new: commit, ref: "refs/heads/main")
                let lines = Lines()
                let isHealthy = await running.reconciler.deploy(Push(repository: "shop", updates: [update]), report: lines.report)
                #expect(isHealthy, "\(lines.text)")
                let maps = try await running.cluster.client.list(.configMaps).items.map(\.name)
                names.append(maps.filter { $0.hasPrefix("prod-settings-") })
            }
            #expect(names[0].count == 1 && names[1].count == 1 && names[0] != names[1], "\(names)")
        }
    }
}
