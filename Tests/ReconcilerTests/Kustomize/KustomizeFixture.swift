import FoundationEssentials

@testable import Reconciler

/// An input tree of `Fixtures`, and what `kustomize build` prints for it.
struct KustomizeFixture {
    let name: String

    private static let directory = "\(#filePath)".split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/Fixtures"

    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()

    private var path: String { "\(Self.directory)/\(name)" }
    var input: String { "\(path)/input" }

    /// The directory to build, below `input`.
    var root: String {
        guard let text = Self.contents("\(path)/root") else { return "" }
        return String(decoding: text, as: UTF8.self).trimmingWhitespace
    }

    var expected: [UInt8]? { Self.contents("\(path)/expected.yaml") }

    func build() throws -> [UInt8] { try Self.build(root, below: input) }

    static func build(_ root: String, below input: String) throws -> [UInt8] {
        try Kustomization.build(root) { path in
            let full = path.isEmpty ? input : "\(input)/\(path)"
            var isDirectory = false
            guard FileManager.default.fileExists(atPath: full, isDirectory: &isDirectory) else { return nil }
            return isDirectory ? .directory : contents(full).map { .file($0) }
        }.text
    }

    private static func contents(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map { Array($0) } }
}
