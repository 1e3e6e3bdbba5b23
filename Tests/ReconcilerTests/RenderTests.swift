import APIMachinery
import TestSupport
import Testing

@testable import Reconciler

@Suite("Render: tree to objects", .timeLimit(.minutes(1)))
struct RenderTests {
    private func render(
        _ work: GitRepositoryFixture, path: String = ".", renderer: Renderer = Renderer(), cluster: TestCluster? = nil
    ) async throws -> Rendered {
        let repository = Repository(path: work.path)
        var target = cluster
        if target == nil { target = try await TestCluster() }
        return try await renderer.render(
            repository, commit: repository.commit(at: nil), path: path, destination: "default", client: try #require(target).client)
    }

    private func errors(_ work: GitRepositoryFixture, path: String = ".") async throws -> [String] {
        do {
            _ = try await render(work, path: path)
            return []
        } catch let failure as RenderFailure {
            return failure.lines
        }
    }

    static let page = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: page\ndata:\n  a: b\n"

    @Test("renderings without objects are forgotten as others are")
    func emptyRenderings() {
        let cache = RenderCache()
        func inputs(_ number: Int) -> RenderInputs { RenderInputs(path: "\(number)", destination: "default", types: []) }
        let empty = Rendering(footprint: RenderFootprint(), namespaces: [], objects: [], parts: [], definitions: [], made: [], warnings: [])
        for number in 0...RenderCache.renderedObjectsMax { cache.keep(empty, from: inputs(number)) }
        #expect(cache.renderings(from: inputs(0)).isEmpty)
        #expect(cache.renderings(from: inputs(RenderCache.renderedObjectsMax)).count == 1)
    }

    @Test("a commit that touches nothing that a rendering looked at is not rendered again", arguments: [
        ("apps/a/x.yaml", true), ("apps/b/x.yaml", false), ("README.md", false), ("apps/\(IgnoreFile.name)", true), ("base/y.yaml", false),
    ])
    func footprint(touched: String, isNews: Bool) async throws {
        let work = try await GitRepositoryFixture()
        for path in ["apps/a/x.yaml", "apps/b/x.yaml", "base/y.yaml"] { try work.write(path, Self.page) }
        let renderer = Renderer()
        let cluster = try await TestCluster()
        _ = try await work.commit("One")
        _ = try await render(work, path: "apps/a", renderer: renderer, cluster: cluster)
        try work.write(touched, touched.hasSuffix("yaml") ? Self.page.replacing("a: b", with: "a: c") : "# nothing")
        _ = try await work.commit("Two")
        let rendered = try await render(work, path: "apps/a", renderer: renderer, cluster: cluster)
        #expect(rendered.objects.first?.object.fields["data"] == ["a": touched == "apps/a/x.yaml" ? "c" : "b"])
        #expect(renderer.cache.usage.renderings == (isNews ? 2 : 1))
    }

    @Test("a namespace that comes or goes is noticed by what was rendered before")
    func namespacesOfKnown() async throws {
        let work = try await GitRepositoryFixture()
        try work.write("x.yaml", Self.page.replacing("name: page", with: "name: page\n  namespace: late"))
        _ = try await work.commit("One")
        let renderer = Renderer()
        let cluster = try await TestCluster()
        await #expect(throws: RenderFailure.self) { try await render(work, renderer: renderer, cluster: cluster) }
        _ = try await cluster.client.create(.namespaces, Object(.namespaces, name: "late"))
        #expect(try await render(work, renderer: renderer, cluster: cluster).objects.count == 1)
        try await cluster.client.delete(ObjectKey(.namespaces, name: "late"))
        await #expect(throws: RenderFailure.self) { try await render(work, renderer: renderer, cluster: cluster) }
    }

    @Test("files are read recursively in path order, documents and Lists expanded, hidden names left out")
    func layout() async throws {
        let work = try await GitRepositoryFixture()
        try work.write("b/two.yml", "---\n" + Self.page.replacing("page", with: "c2") + "---\n# nothing\n---\n" + Self.page.replacing("page", with: "c3"))
        try work.write("a.json", #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c1"}}"#)
        try work.write("c.yaml", "apiVersion: v1\nkind: List\nitems:\n- \(Self.page.replacing("page", with: "c4").replacing("\n", with: "\n  "))\n")
        try work.write(".github/workflow.yaml", "on: push\n")
        try work.write(".hidden.yaml", "nonsense")
        try work.write("README.md", "# text")
        try await work.commit()
        let rendered = try await render(work)
        #expect(rendered.objects.map(\.key.description) == ["c1", "c2", "c3", "c4"].map { "ConfigMap default/\($0)" })
        #expect(rendered.objects.map { "\($0.origin.path):\($0.origin.line)" } == ["a.json:1", "b/two.yml:2", "b/two.yml:11", "c.yaml:4"])
    }

    @Test("status and what the server writes are taken out; a Secret's stringData becomes data")
    func cleaned() async throws {
        let work = try await GitRepositoryFixture()
        try work.write("s.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  creationTimestamp: null\n  uid: x\nstringData:\n  user: ada\ndata:\n  pin: MTIz\n")
        try await work.commit()
        let object = try await render(work).objects[0].object
        #expect(object.metadata.keys == ["name", "namespace"])
        #expect(object.json[path: ["data", "user"]] == "YWRh")
        #expect(object.json[path: ["data", "pin"]] == "MTIz")
        #expect(object.fields["stringData"] == nil)
    }

    /// What people get wrong, and the whole of what they are told.
    static let mistakes: [(file: String, text: String, message: String)] = [
        (
            "web.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: \"three\"\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec: {containers: [{name: c, image: i}]}\n",
            "web.yaml:6:3: Deployment default/web: spec.replicas must be an integer, found \"three\""
        ),
        (
            "web.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: \"3\"\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec: {containers: [{name: c, image: i}]}\n",
            "web.yaml:6:3: Deployment default/web: spec.replicas must be an integer, found \"3\"; write 3 without quotes"
        ),
        (
            "web.yaml", "apiVersion: apps/v1\nkind: Deploymnt\nmetadata:\n  name: web\n",
            "web.yaml:2:1: no kind \"Deploymnt\" in apps/v1; did you mean Deployment?"
        ),
        (
            "web.yaml", "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata:\n  name: web\n",
            "web.yaml:2:1: no kind \"Deployment\" in extensions/v1beta1; this cluster serves Deployment in apps/v1"
        ),
        (
            "s.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  prots:\n  - port: 80\n",
            "s.yaml:6:3: Service default/web: unknown field \"spec.prots\"; did you mean \"ports\"?"
        ),
        (
            "c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: page\n  namespace: nowhere\n",
            "c.yaml:5:3: ConfigMap nowhere/page: namespace \"nowhere\" is neither in the cluster nor in this commit; add a Namespace manifest, or create it first"
        ),
        (
            "c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  generateName: page-\n",
            "c.yaml:3:1: ConfigMap: metadata.generateName cannot be used in a repository (every sync would make another object); set metadata.name"
        ),
        (
            "c.yaml", "apiVersion: v1\nkind: ConfigMap\ndata: {}\n",
            "c.yaml:1:1: ConfigMap: metadata.name is missing; give the object a name"
        ),
        (
            "n.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  namespace: default\n",
            "n.yaml:5:3: Namespace shop: this kind belongs to no namespace; remove metadata.namespace"
        ),
        ("list.yaml", "- a\n- b\n", "list.yaml:1:1: expected a Kubernetes object (apiVersion, kind, metadata, …), found an array"),
        (
            "package.json", "{\"name\": \"shop\"}",
            "package.json:1:1: no apiVersion and no kind: not a Kubernetes object; add it, or keep other files out of the directory that is deployed (gitctl up --path)"
        ),
        (
            "Chart.yaml", "name: shop\n",
            "Chart.yaml: Helm charts are not supported yet; commit the output of `helm template` as plain manifests, or deploy another directory (gitctl up --path)"
        ),
    ]

    @Test("a mistake is told with file, line, column, what was expected and what to do", arguments: mistakes.indices)
    func mistake(index: Int) async throws {
        let (file, text, message) = Self.mistakes[index]
        let work = try await GitRepositoryFixture()
        try work.write(file, text)
        try await work.commit()
        #expect(try await errors(work) == [message])
    }

    @Test("invalid YAML and an alias bomb are told with their place")
    func invalidYAML() async throws {
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", "apiVersion: v1\nkind: ConfigMap\n  metadata: x\n")
        try work.write("bomb.yaml", Self.aliasBomb)
        try await work.commit()
        let lines = try await errors(work)
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("a.yaml:3:"), "\(lines)")
        #expect(lines[1].hasPrefix("bomb.yaml:") && lines[1].contains("alias"), "\(lines)")
    }

    private static let aliasBomb: String = {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 { text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n" }
        return text
    }()

    @Test("an object defined twice is told with both places, and all errors of a commit come together")
    func duplicate() async throws {
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", Self.page)
        try work.write("b.yaml", "# text\n" + Self.page)
        try work.write("c.yaml", "apiVersion: v1\nkind: Nothing\nmetadata: {name: x}\n")
        try await work.commit()
        let lines = try await errors(work)
        #expect(lines.first == "b.yaml:2:1: ConfigMap default/page is defined twice: here and at a.yaml:1:1; remove one")
        #expect(lines.count == 2 && lines[1].hasPrefix("c.yaml:2:1: no kind \"Nothing\" in v1"))
    }

    @Test("a file of 100 MB is refused by name without being loaded")
    func hugeFile() async throws {
        let work = try await GitRepositoryFixture()
        try work.write("huge.yaml", String(repeating: "# 0123456789abcdef\n", count: 100_000_000 / 19))
        try work.write("page.yaml", Self.page)
        try await work.commit()
        let renderer = Renderer()
        await #expect(throws: RenderFailure.self) { try await render(work, renderer: renderer) }
        #expect(renderer.cache.statistics.filesRead == 1)
        #expect(
            try await errors(work) == [
                "huge.yaml: the file is 95.4 MiB, more than the 3.0 MiB that a manifest may have; split it, or move it out of the directory that is deployed"
            ])
    }

    @Test("what a manifest says cannot drive a terminal")
    func printable() async throws {
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", "apiVersion: v1\nkind: \"Con\\e[2Jfig\"\nmetadata: {name: a}\n")
        try await work.commit()
        let errors = try await errors(work)
        #expect(errors.count == 1 && errors[0].contains("Con\u{FFFD}[2Jfig"), "\(errors)")
    }

    @Test("manifests that are too much together are refused before they fill the memory")
    func tooMuch() async throws {
        let work = try await GitRepositoryFixture()
        // Of one blob, so that git and the test have little to do; each file counts all the same.
        let text = String(repeating: "# \(String(repeating: "x", count: 1021))\n", count: 3000)
        for index in 0..<(TreeWalk.sizeMax / text.utf8.count + 1) { try work.write("\(index).yaml", text) }
        try await work.commit()
        let error = await #expect(throws: GitError.self) { try await render(work) }
        #expect(error?.reason == .tooLarge)
        #expect(error?.description == "the manifests are more than 64.0 MiB together; deploy smaller directories as several Applications")
    }

    @Test("symlinks are followed inside the repository, once, and refused where they leave it")
    func symlinks() async throws {
        let work = try await GitRepositoryFixture()
        try work.write("base/page.yaml", Self.page)
        try work.write("app/own.yaml", Self.page.replacing("page", with: "own"))
        try work.symlink("app/shared.yaml", to: "../base/page.yaml")
        try work.symlink("app/again", to: "../base")
        try work.symlink("app/notes", to: "nowhere.txt")
        try await work.commit()
        let rendered = try await render(work, path: "app")
        #expect(rendered.objects.map(\.key.name) == ["page", "own"])
        try work.symlink("app/bad.yaml", to: "../../etc/passwd")
        try work.symlink("app/root.yaml", to: "/etc/passwd")
        try work.symlink("app/gone.yaml", to: "missing.yaml")
        try work.symlink("app/x.yaml", to: "y.yaml")
        try work.symlink("app/y.yaml", to: "x.yaml")
        try await work.commit()
        #expect(
            try await errors(work, path: "app") == [
                "app/bad.yaml: the symlink leads out of the repository; commit the file itself, or link to one inside",
                "app/gone.yaml: the symlink leads nowhere; fix its target or remove it",
                "app/root.yaml: the symlink leads out of the repository; commit the file itself, or link to one inside",
                "app/x.yaml: the symlink leads through more than 16 others; link to the file itself",
                "app/y.yaml: the symlink leads through more than 16 others; link to the file itself",
            ])
    }

    @Test("a submodule is reported and left out")
    func submodule() async throws {
        let work = try await GitRepositoryFixture()
        try work.write("page.yaml", Self.page)
        let commit = try await work.commit()
        try await work.git("update-index", "--add", "--cacheinfo", "160000,\(commit),vendor")
        try await work.git("commit", "--quiet", "-m", "submodule")
        #expect(try await render(work).warnings == ["vendor is a submodule, and its manifests are left out; set spec.source.submodules: true to deploy them"])
    }

    @Test("a path that the commit lacks says so")
    func missingPath() async throws {
        let work = try await GitRepositoryFixture()
        try work.write("page.yaml", Self.page)
        try await work.commit()
        let error = await #expect(throws: GitError.self) { try await render(work, path: "deploy") }
        #expect(error?.description == "the path \"deploy\" is not in the commit; set spec.source.path (gitctl up --path) to the directory of the manifests")
    }

    @Test("of a new commit only what changed is read")
    func cache() async throws {
        let work = try await GitRepositoryFixture()
        for directory in 0..<5 {
            for file in 0..<4 { try work.write("d\(directory)/f\(file).yaml", Self.page.replacing("page", with: "c\(directory)-\(file)")) }
        }
        try await work.commit()
        let renderer = Renderer()
        let cluster = try await TestCluster()
        #expect(try await render(work, renderer: renderer, cluster: cluster).objects.count == 20)
        #expect(renderer.cache.statistics == RenderCache.Statistics(treesRead: 6, filesRead: 20))
        _ = try await render(work, renderer: renderer, cluster: cluster)
        #expect(renderer.cache.statistics == RenderCache.Statistics(treesRead: 6, filesRead: 20))
        try work.write("d3/f1.yaml", Self.page.replacing("page", with: "changed"))
        try await work.commit()
        _ = try await render(work, renderer: renderer, cluster: cluster)
        #expect(renderer.cache.statistics == RenderCache.Statistics(treesRead: 8, filesRead: 21))
    }

    @Test("the cache keeps to its size")
    func cacheBound() async throws {
        let cache = RenderCache(sizeMax: 1000)
        for index in 0..<50 {
            cache.store(ObjectID(hashing: [UInt8(index)]), ManifestFile(parsing: [UInt8](repeating: UInt8(ascii: "#"), count: 100)), with: nil)
        }
        let kept = (0..<50).filter { cache.file(ObjectID(hashing: [UInt8($0)]), with: nil) != nil }
        #expect(kept.count <= 6 && kept.contains(49))
    }

    @Test("kinds and namespaces that the same commit brings are known")
    func sameCommit() async throws {
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\n")
        try work.write("z.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
        try await work.commit()
        #expect(try await render(work).objects.count == 2)
    }
}
