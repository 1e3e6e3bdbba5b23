import APIMachinery
import TestSupport
import Testing

@testable import Reconciler

@Suite("Kustomize: a directory of a repository", .timeLimit(.minutes(1)))
struct KustomizeRenderTests {
    private static let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
              - name: web
                image: nginx
                envFrom: [{configMapRef: {name: settings}}]

        """

    /// A base, an overlay of it, and a file that no kustomization names.
    private func repository() async throws -> GitRepositoryFixture {
        let work = try await GitRepositoryFixture()
        try work.write("base/kustomization.yaml", "resources: [web.yaml]\n")
        try work.write("base/web.yaml", Self.deployment)
        try work.write(
            "prod/kustomization.yaml",
            "resources: [../base]\nnamePrefix: prod-\nreplicas: [{name: web, count: 3}]\nconfigMapGenerator:\n- name: settings\n  literals: [level=1]\n"
        )
        try work.write("prod/notes.yaml", "not: an object\n")
        try await work.commit()
        return work
    }

    private func render(_ work: GitRepositoryFixture, _ path: String, renderer: Renderer = Renderer()) async throws -> Rendered {
        let repository = Repository(path: work.path)
        return try await renderer.render(
            repository, commit: repository.commit(at: nil), path: path, destination: "default", client: TestCluster().client)
    }

    private func errors(_ work: GitRepositoryFixture, _ path: String) async throws -> [String] {
        do {
            _ = try await render(work, path)
            return []
        } catch let failure as RenderFailure {
            return failure.lines
        }
    }

    @Test("the objects of a kustomization are rendered, and only what it names is read")
    func objects() async throws {
        let rendered = try await render(repository(), "prod")
        let names = rendered.objects.map(\.key.description)
        #expect(names.count == 2)
        #expect(names[0].hasPrefix("ConfigMap default/prod-settings-") && names[1] == "Deployment default/prod-web", "\(names)")
        let web = rendered.objects[1]
        #expect(web.object.json[path: ["spec", "replicas"]] == 3)
        let container = web.object.json[path: ["spec", "template", "spec", "containers"]]?.array?.first
        #expect(container?["envFrom"]?.array?.first?[path: ["configMapRef", "name"]]?.string == rendered.objects[0].key.name)
    }

    @Test("an object knows the file and line that it comes from")
    func origins() async throws {
        let rendered = try await render(repository(), "prod")
        let places = rendered.objects.map { "\($0.origin.path):\($0.origin.line):\($0.origin.column)" }
        #expect(places == ["prod/kustomization.yaml:5:3", "base/web.yaml:1:1"])
    }

    @Test("a mistake in a file of the base is told at its line there")
    func mistakeInBase() async throws {
        let work = try await repository()
        try work.write("base/web.yaml", Self.deployment.replacing("spec:\n  selector", with: "spec:\n  replcas: 1\n  selector"))
        try await work.commit()
        #expect(
            try await errors(work, "prod") == [
                "base/web.yaml:6:3: Deployment default/prod-web: unknown field \"spec.replcas\"; did you mean \"replicas\"?"
            ])
    }

    @Test("a mistake of the kustomization is an error of the commit beside those of other directories")
    func mistakeInKustomization() async throws {
        let work = try await repository()
        try work.write("base/kustomization.yaml", "resources: [wob.yaml]\n")
        try work.write("prod/kustomization.yml", "resources: []\n")
        try await work.commit()
        #expect(
            try await errors(work, ".") == [
                "base/kustomization.yaml:1:13: \"wob.yaml\" is not in the repository (looked for base/wob.yaml); add it, or correct the path",
                "prod: the directory prod has kustomization.yaml and kustomization.yml; keep one of them",
            ])
    }

    @Test("symlinks and submodules are not followed by a kustomization")
    func links() async throws {
        let work = try await repository()
        try work.symlink("base/link.yaml", to: "web.yaml")
        try work.write("base/kustomization.yaml", "resources: [link.yaml]\n")
        try await work.commit()
        #expect(
            try await errors(work, "base") == [
                "base/kustomization.yaml:1:13: base/link.yaml is a symlink, which a kustomization may not name; name what it leads to, or commit a copy"
            ])
    }

    @Test("deprecated fields are warnings")
    func deprecated() async throws {
        let work = try await repository()
        try work.write("prod/kustomization.yaml", "bases: [../base]\ncommonLabels: {a: b}\n")
        try await work.commit()
        #expect(
            try await render(work, "prod").warnings == [
                "prod/kustomization.yaml: bases is deprecated; use resources",
                "prod/kustomization.yaml: commonLabels is deprecated; use labels",
            ])
    }

    @Test("an unchanged kustomization is not built again, and one whose base changed is")
    func cache() async throws {
        let work = try await repository()
        let renderer = Renderer()
        _ = try await render(work, "prod", renderer: renderer)
        let first = renderer.cache.statistics.filesRead
        try work.write("README.md", "# text\n")
        try await work.commit()
        _ = try await render(work, "prod", renderer: renderer)
        #expect(renderer.cache.statistics.filesRead == first)
        try work.write("base/web.yaml", Self.deployment.replacing("nginx", with: "nginx:2"))
        try await work.commit()
        let rendered = try await render(work, "prod", renderer: renderer)
        #expect(renderer.cache.statistics.filesRead == first * 2)
        let container = rendered.objects[1].object.json[path: ["spec", "template", "spec", "containers"]]?.array?.first
        #expect(container?["image"] == "nginx:2")
    }

    @Test("a field that the server refuses is found in the file that it comes from")
    func positions() async throws {
        let work = try await repository()
        let repository = Repository(path: work.path)
        let renderer = Renderer()
        let rendered = try await render(work, "prod", renderer: renderer)
        let image = FieldPath(parsing: "spec.template.spec.containers[0].image")
        let position = await renderer.position(of: image, in: rendered.objects[1].origin, repository: repository)
        #expect(position == Diagnostic.Position(line: 12, column: 9))
        let generated = await renderer.position(
            of: FieldPath(parsing: "data.level"), in: rendered.objects[0].origin, repository: repository)
        #expect(generated == Diagnostic.Position(line: 5, column: 3))
    }
}
