import Testing

@testable import Reconciler

@Suite("Kustomize: a few lines cannot ask for more than there is", .timeLimit(.minutes(1)))
struct KustomizeBudgetTests {
    private func failure(_ files: [String: String], _ directory: String = "") -> String? {
        #expect(throws: KustomizeFailure.self) {
            _ = try Kustomization.build(directory) { path in
                if let text = files[path] { return .file(Array(text.utf8)) }
                return files.keys.contains { $0.hasPrefix(path + "/") } ? .directory : nil
            }
        }?.message
    }

    @Test("kustomizations that name two others on each of many levels")
    func levels() {
        var files: [String: String] = [:]
        for level in 0..<40 {
            let next = level < 39 ? "resources: [../\(level + 1)a, ../\(level + 1)b]\n" : ""
            for side in ["a", "b"] { files["\(level)\(side)/kustomization.yaml"] = "\(next)namePrefix: \(side)-\n" }
        }
        #expect(
            failure(files, "0a")
                == "the kustomizations name one another more than 10000 times; build smaller directories as several Applications")
    }

    @Test("a chain of kustomizations that is too deep")
    func depth() {
        var files: [String: String] = [:]
        for level in 0..<100 { files["\(level)/kustomization.yaml"] = "resources: [../\(level + 1)]\n" }
        #expect(failure(files, "0") == "more than 64 kustomizations name one another; name them from fewer levels")
    }

    @Test("a field that is written into itself again and again")
    func replacements() {
        let object = "apiVersion: ex.io/v1\nkind: W\nmetadata: {name: a}\nspec: {x: \"\(String(repeating: "y", count: 1000))\"}\n"
        let steps = (0..<60).map {
            "- source: {kind: W, fieldPath: spec}\n  targets: [{select: {kind: W}, fieldPaths: [spec.a\($0)], options: {create: true}}]\n"
        }
        let files = ["a.yaml": object, "kustomization.yaml": "resources: [a.yaml]\nreplacements:\n" + steps.joined()]
        #expect(
            failure(files)
                == "W a: the build reads or makes more than 256.0 MiB; build smaller directories as several Applications")
    }

    @Test("a text that names a long var many times")
    func variables() {
        let object = """
            apiVersion: v1
            kind: Pod
            metadata: {name: a, annotations: {v: "\(String(repeating: "y", count: 1_000_000))"}}
            spec: {containers: [{name: c, command: ["\(String(repeating: "$(V)x", count: 100_000))"]}]}

            """
        let variable = "{name: V, objref: {apiVersion: v1, kind: Pod, name: a}, fieldref: {fieldPath: metadata.annotations.v}}"
        let files = ["a.yaml": object, "kustomization.yaml": "resources: [a.yaml]\nvars: [\(variable)]\n"]
        #expect(
            failure(files)
                == "Pod a: field spec.containers.command: the build reads or makes more than 256.0 MiB; build smaller directories as several Applications"
        )
    }

    @Test("a prefix that is longer than any name")
    func prefix() {
        let files = ["kustomization.yaml": "namePrefix: \(String(repeating: "x", count: 300))\n"]
        #expect(failure(files) == "a part of names has at most 253 bytes, this has 300; shorten it")
    }
}
