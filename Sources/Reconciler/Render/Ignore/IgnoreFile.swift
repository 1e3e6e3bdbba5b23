/// A `.gitctlignore`: what in and below its directory is no manifest.
struct IgnoreFile: Sendable {
    static let name = ".gitctlignore"
    static let sizeMax = 64 * 1024

    /// Of the directory that it stands in, from the repository's root.
    let depth: Int
    private let lines: [(number: Int, pattern: IgnorePattern)]

    init(parsing bytes: [UInt8], depth: Int) {
        self.depth = depth
        var bytes = bytes[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated().compactMap {
            index, line in
            let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            return IgnorePattern(line: text).map { (index + 1, $0) }
        }
    }

    /// What the last line that matches says of a path from the root: left out (true), taken back (false), or nothing.
    func verdict(_ path: [String], isDirectory: Bool) -> (isIgnored: Bool, line: Int)? {
        let below = path[min(depth, path.count)...]
        guard let match = lines.last(where: { $0.pattern.matches(below, isDirectory: isDirectory) }) else { return nil }
        return (!match.pattern.isNegated, match.number)
    }
}

extension [IgnoreFile] {
    /// From the root inwards: a file further in decides over those further out.
    func ignores(_ path: [String], isDirectory: Bool) -> Bool { deciding(path, isDirectory: isDirectory)?.isIgnored ?? false }

    /// The file and line that leave a path out.
    func reason(_ path: [String], isDirectory: Bool) -> String? {
        guard let decision = deciding(path, isDirectory: isDirectory), decision.isIgnored else { return nil }
        let directory = path.prefix(decision.depth).map { $0 + "/" }.joined()
        return "\(directory)\(IgnoreFile.name):\(decision.line)"
    }

    private func deciding(_ path: [String], isDirectory: Bool) -> (isIgnored: Bool, line: Int, depth: Int)? {
        for file in reversed() {
            if let verdict = file.verdict(path, isDirectory: isDirectory) { return (verdict.isIgnored, verdict.line, file.depth) }
        }
        return nil
    }
}
