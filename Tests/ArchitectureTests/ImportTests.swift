import Foundation
import Testing

/// The arrows of docs/architecture.md, checked on the source text.
@Suite(.timeLimit(.minutes(1)))
struct ImportTests {
    /// A target and the project's own modules that it may import.
    static let arrows: [(target: String, mayImport: Set<String>)] = [
        ("APIMachinery", ["Clibyaml"]),
        ("Reconciler", ["APIMachinery", "Clibgit2"]),
        ("Cluster", ["APIMachinery", "Csqlite3"]),
        ("Agent", ["APIMachinery"]),
        ("gitctl", ["APIMachinery", "Reconciler", "Cluster", "Agent", "Cmalloc"]),
    ]

    static let ownModules: Set<String> = ["APIMachinery", "Clibyaml", "Clibgit2", "Csqlite3", "Cmalloc", "Reconciler", "Cluster", "Agent", "gitctl"]

    /// A folder, and words that no file in it may use: what it must not know.
    static let folders: [(folder: String, mustNotKnow: [String])] = [
        ("Cluster/Store", ["import NIO", "import AsyncHTTPClient", "HTTPRequest"]),
        ("Cluster/Admission", ["import NIO", "import Csqlite3", "Store("]),
        ("Cluster/Controllers", ["import NIO", "import Csqlite3", "Registry", "ObjectVersion"]),
        ("Cluster/Scheduler", ["import NIO", "import Csqlite3", "Registry", "ObjectVersion"]),
        ("Cluster/Validation", ["import NIO", "import Csqlite3", "Registry", "await "]),
    ]

    /// A C library and the only folder that may import its module.
    static let soleImporters: [(module: String, folder: String)] = [
        ("Clibyaml", "APIMachinery/Serialization"),
        ("Clibgit2", "Reconciler/Source"),
        ("Csqlite3", "Cluster/Store"),
    ]

    @Test("A target imports only what the architecture allows", arguments: arrows.map(\.target))
    func targetsImportDownwards(target: String) throws {
        let allowed = try #require(Self.arrows.first { $0.target == target }).mayImport
        for file in try SourceFile.all(below: target) {
            for module in file.imports where Self.ownModules.contains(module) {
                #expect(allowed.contains(module), "\(file.path) imports \(module)")
            }
        }
    }

    @Test("A folder does not know what its neighbours hide", arguments: folders.map(\.folder))
    func foldersKeepToThemselves(folder: String) throws {
        let words = try #require(Self.folders.first { $0.folder == folder }).mustNotKnow
        for file in try SourceFile.all(below: folder) {
            for word in words {
                #expect(!file.code.contains(word), "\(file.path) uses \(word)")
            }
        }
    }

    @Test("Foundation, which brings ICU's tables into memory, is imported nowhere; FoundationEssentials does")
    func foundationStaysOut() throws {
        // Generated code falls back to Foundation where there is no FoundationEssentials.
        for file in try SourceFile.all(below: "") where !file.path.contains("/Generated/") {
            #expect(!file.imports.contains("Foundation"), "\(file.path) imports Foundation")
        }
    }

    @Test("Each C library is imported by one folder", arguments: soleImporters.map(\.module))
    func cLibrariesHaveOneImporter(module: String) throws {
        let folder = try #require(Self.soleImporters.first { $0.module == module }).folder
        for file in try SourceFile.all(below: "") where file.imports.contains(module) {
            #expect(file.path.hasPrefix(folder + "/"), "\(file.path) imports \(module)")
        }
    }
}

/// A Swift file below Sources.
struct SourceFile {
    /// Relative to Sources.
    var path: String
    /// The text without line comments.
    var code: String

    var imports: [String] {
        code.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index + 1 < words.count,
                words[..<index].allSatisfy({ $0.hasPrefix("@") || ["package", "public", "internal", "private"].contains($0) })
            else { return nil }
            return words.last.flatMap { $0.split(separator: ".").first }.map(String.init)
        }
    }

    static func all(below folder: String) throws -> [SourceFile] {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources")
        let root = folder.isEmpty ? sources : sources.appending(path: folder)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".swift") }
        return try paths.map { path in
            let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
            let code = text.split(separator: "\n", omittingEmptySubsequences: false)
                .filter { !$0.drop(while: { $0 == " " }).hasPrefix("//") }.joined(separator: "\n")
            return SourceFile(path: folder.isEmpty ? path : "\(folder)/\(path)", code: code)
        }
    }
}
