import Foundation
import Testing

@Suite("Documentation", .timeLimit(.minutes(1)))
struct DocumentationTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test(
        "every link to a file of the repository leads somewhere",
        arguments: [
            "README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/compatibility.md", "docs/operations.md", "docs/threat-model.md",
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
}
