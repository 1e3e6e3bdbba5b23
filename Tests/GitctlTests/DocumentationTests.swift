import Foundation
import Testing

@Suite("Documentation", .timeLimit(.minutes(1)))
struct DocumentationTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test(
        "every link to a file of the repository leads somewhere",
        arguments: [
            "README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/compatibility.md", "docs/conformance.md", "docs/operations.md", "docs/threat-model.md",
            "example-repo/README.md",
        ])
    func links(path: String) throws {
        let file = Self.root.appending(path: path)
        let text = try String(contentsOf: file, encoding: .utf8)
        let targets = text.matches(of: /\]\(([^)#]+)(#[^)]*)?\)/).map { String($0.output.1) }
            + text.matches(of: /click \w+ "([^"]+)"/).map { String($0.output.1) }
        for target in targets where !target.contains("://") {
            let linked = file.deletingLastPathComponent().appending(path: target).standardizedFileURL
            #expect(FileManager.default.fileExists(atPath: linked.path), "\(path) links to \(target)")
        }
    }

    @Test("every test that conformance.md says shows a behaviour is there") func conformance() throws {
        let text = try String(contentsOf: Self.root.appending(path: "docs/conformance.md"), encoding: .utf8)
        let rows = text.split(separator: "\n").map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        let shown = rows.filter { $0.count == 4 && $0[2] == "holds" }.map { $0[3] }
        #expect(shown.count > 90)
        for cell in Set(shown) {
            var source = ""
            for reference in cell.components(separatedBy: "; ") {
                let parts = reference.components(separatedBy: "Tests: ")
                if parts.count == 2 {
                    let isEndToEnd = parts[0].hasPrefix("EndToEnd, ")
                    let file = parts[0].replacing("EndToEnd, ", with: "") + "Tests.swift"
                    let folder = Self.root.appending(path: isEndToEnd ? "Tests/EndToEndTests" : "Tests/ClusterTests")
                    source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
                }
                // A name is cut where an ellipsis stands.
                let name = parts.last?.split(separator: "\u{2026}").first.map { $0.trimmingCharacters(in: [" ", ","]) } ?? ""
                #expect(!name.isEmpty && source.contains(name), "\(reference)")
            }
        }
    }
}
