import TestSupport
import Testing

@testable import Reconciler

@Suite("Render: what .gitctlignore leaves out", .timeLimit(.minutes(2)))
struct IgnoreTests {
    /// Whether a file is left out, and so anything it lies in, as a walk from the root finds.
    private func isIgnored(_ file: String, by lines: [String]) -> Bool {
        let rules = [IgnoreFile(parsing: Array(lines.joined(separator: "\n").utf8), depth: 0)]
        let path = file.split(separator: "/").map(String.init)
        return (1...path.count).contains { rules.ignores(Array(path.prefix($0)), isDirectory: $0 < path.count) }
    }

    @Test(
        "lines and files",
        arguments: [
            (["*.yaml"], ["a.yaml", "d/e.yaml"], ["a.yml"]), (["/a.yaml"], ["a.yaml"], ["d/a.yaml"]), (["d/a.yaml"], ["d/a.yaml"], ["x/d/a.yaml"]),
            (["tests/"], ["tests/a.yaml", "d/tests/b"], ["tests.yaml"]), (["**/x/*.json"], ["x/a.json", "d/e/x/a.json"], ["x/y/a.json"]),
            (["a/**/b"], ["a/b", "a/x/b", "a/x/y/b"], ["ab"]), (["a/**"], ["a/x", "a/x/y"], ["b/a"]), (["*", "!*.yaml"], ["x"], ["a.yaml"]),
            (["*.yaml", "!keep.yaml"], ["a.yaml"], ["keep.yaml", "d/keep.yaml"]), (["d/", "!d/keep.yaml"], ["d/keep.yaml"], []),
            (["# no", "\\#yes", "\\!bang"], ["#yes", "!bang"], ["# no"]), (["a?c", "[a-c]1", "[!x]2"], ["abc", "b1", "y2"], ["a/c", "d1", "x2"]),
            (["with space\\ ", "cut  "], ["with space ", "cut"], ["with space", "cut  "]), (["[[:digit:]]x", "q[]x]"], ["7x", "q]"], ["ax"]),
            (["foo[", "bar\\"], [], ["foo[", "bar\\", "bar"]), (["a**b"], ["aXYb"], ["a/b"]), (["a[/]b", "c[/x]d"], ["cxd"], ["a/b", "c/d"]), (["a\\/b", "x/***/y"], ["a/b", "x/1/2/y"], ["d/a/b"]), (["a.yaml\r", ""], ["a.yaml"], []),
        ])
    func table(lines: [String], left: [String], kept: [String]) {
        for file in left { #expect(isIgnored(file, by: lines), "\(file) by \(lines)") }
        for file in kept { #expect(!isIgnored(file, by: lines), "\(file) by \(lines)") }
    }

    @Test("random patterns and files are judged as `git check-ignore` judges them", arguments: 0..<12)
    func asGit(seed: Int) async throws {
        var random = Fuzz(seed: UInt64(seed) + 1)
        func pick(_ words: [String]) -> String { words.randomElement(using: &random) ?? "" }
        let names = ["a", "b", "ab", "abc", "a.b", "b-c", "x1", "]", "[", "!a", "#a", "a b", "a\\", "*"]
        let pieces = ["a", "b", "*", "?", "**", "[ab]", "[!a]", "[a-c]", "[^b-]", "[[:alpha:]]", "\\*", "\\a", "\\ ", ".", "-", "c", "x", "1", "[]]", "[\\]]", "["]
        let work = try await GitRepositoryFixture()
        for _ in 0..<12 {
            let lines = (0..<Int.random(in: 1...4, using: &random)).map { _ -> String in
                let segments = (0..<Int.random(in: 1...3, using: &random)).map { _ in (0..<Int.random(in: 1...3, using: &random)).map { _ in pick(pieces) }.joined() }
                return pick(["", "", "", "!", "/", "**/"]) + segments.joined(separator: pick(["/", "/", "/**/"])) + pick(["", "", "/", "/**", " "])
            }
            let files = Set((0..<40).map { _ in (0..<Int.random(in: 1...4, using: &random)).map { _ in pick(names) }.joined(separator: "/") }).sorted()
            try work.write(".gitignore", lines.joined(separator: "\n") + "\n")
            // With -v and -n each path is answered, with the line that decides; a line that begins with ! takes back.
            // Its exit code is 1 when it left out nothing.
            let outcome = try await CommandRunner(environment: ["HOME": work.path, "GIT_CONFIG_NOSYSTEM": "1"], directory: work.path).run(
                ["git", "check-ignore", "--no-index", "-v", "-n", "-z", "--stdin"], input: files.map { $0 + "\0" }.joined())
            let output = outcome.output
            let fields = output.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
            var expected: [String: Bool] = [:]
            for index in stride(from: 0, to: fields.count - 3, by: 4) { expected[fields[index + 3]] = !fields[index + 2].isEmpty && !fields[index + 2].hasPrefix("!") }
            for file in files {
                #expect(expected[file] == isIgnored(file, by: lines), "\(file) by \(lines)")
            }
        }
    }

    @Test("a pattern with many stars is judged in no time")
    func hostile() throws {
        let name = String(repeating: "a", count: 5_000)
        let glob = try #require(Glob((String(repeating: "*a", count: 200) + "*b").utf8))
        #expect(!glob.matches(name))
        let pattern = try #require(IgnorePattern(line: (String(repeating: "**/a/", count: 100) + "b").utf8))
        #expect(!pattern.matches(Array(repeating: "a", count: 2_000)[...], isDirectory: false))
    }

    // MARK: In a repository

    private static let page = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: page\ndata:\n  a: b\n"

    private func render(_ work: GitRepositoryFixture, path: String = ".") async throws -> Rendered {
        let repository = Repository(path: work.path)
        return try await Renderer().render(
            repository, commit: repository.commit(at: nil), path: path, destination: "default", client: TestCluster().client)
    }

    @Test("files on the way to the path, in it and below count, the inner ones over the outer")
    func levels() async throws {
        let work = try await GitRepositoryFixture()
        for file in ["app/a.yaml", "app/b.yaml", "app/tests/c.yaml", "app/deep/d.yaml", "app/deep/e.yaml", "other/f.yaml"] {
            try work.write(file, Self.page.replacing("page", with: String(file.suffix(6).prefix(1))))
        }
        try work.write(".gitctlignore", "tests/\n/app/b.yaml\nd.yaml\n")
        try work.write("app/deep/.gitctlignore", "!d.yaml\ne.yaml\n")
        try work.write("app/notes.yaml", "nonsense: [")
        try work.write("app/.gitctlignore", "notes.yaml\n")
        try await work.commit()
        #expect(try await render(work, path: "app").objects.map(\.origin.path) == ["app/a.yaml", "app/deep/d.yaml"])
    }

    @Test("a kustomization that is left out leaves plain files; what a kustomization names is read all the same")
    func kustomizations() async throws {
        let work = try await GitRepositoryFixture()
        try work.write("a/kustomization.yaml", "resources: [page.yaml]\nnamePrefix: x-\n")
        try work.write("a/page.yaml", Self.page)
        try work.write("b/kustomization.yaml", "resources: [../a]\n")
        try work.write(".gitctlignore", "a/\n")
        try await work.commit()
        #expect(try await render(work).objects.map(\.key.name) == ["x-page"])
        try work.write(".gitctlignore", "a/kustomization.yaml\nb/\n")
        try await work.commit()
        #expect(try await render(work).objects.map(\.key.name) == ["page"])
    }

    @Test("a path that is left out itself is refused with the line that does it")
    func path() async throws {
        let work = try await GitRepositoryFixture()
        try work.write("deploy/app/a.yaml", Self.page)
        try work.write("deploy/.gitctlignore", "# not yet\n/app\n")
        try await work.commit()
        let error = await #expect(throws: GitError.self) { try await render(work, path: "deploy/app") }
        #expect(error?.description == "the path \"deploy/app\" is left out by deploy/.gitctlignore:2; set spec.source.path (gitctl up --path) to the directory of the manifests")
    }
}
