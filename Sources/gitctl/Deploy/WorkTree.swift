import APIMachinery
import Glibc

/// A directory of a user's git repository: what `up` deploys and `diff` renders.
package struct WorkTree: Sendable {
    /// The top of the work tree, absolute.
    package var root: String
    /// The directory below the root, `.` for the root itself.
    package var path: String
    /// The full id of HEAD's commit.
    package var head: String
    /// The branch that HEAD is on; nil when detached.
    package var branch: String?
    var git: Git

    /// The directory itself, absolute.
    var directory: String { path == "." ? root : root + "/" + path }

    /// Finds the repository around `directory`.
    package static func find(_ directory: String) async throws -> WorkTree {
        guard access(directory + "/.", F_OK) == 0 else {
            throw Failure("there is no directory \(directory)", hints: ["name a directory inside a git repository, or a URL to fetch"])
        }
        let git = Git(directory: directory)
        // What there is of a repository that is as it should be, by one process.
        let all = try await git.output(["rev-parse", "--show-toplevel", "--show-prefix", "HEAD^{commit}", "--symbolic-full-name", "HEAD"])
        if all.succeeded {
            let lines = all.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let branch = "refs/heads/"
            if lines.count == 4, !lines[0].isEmpty, lines[3].hasPrefix(branch) {
                return WorkTree(
                    root: lines[0], path: lines[1].isEmpty ? "." : String(lines[1].dropLast()), head: lines[2],
                    branch: String(lines[3].dropFirst(branch.count)), git: Git(directory: lines[0]))
            }
        }
        let found = try await git.output(["rev-parse", "--show-toplevel", "--show-prefix"])
        guard found.succeeded else { throw notARepository(directory, found.error) }
        let lines = found.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let root = lines.first, !root.isEmpty else { throw notARepository(directory, "it is a bare repository") }
        guard let head = try await git.text("rev-parse", "--verify", "--quiet", "HEAD^{commit}") else {
            throw Failure(
                "the repository \(root) has no commit yet", hints: ["git -C \(root) add . && git -C \(root) commit -m 'First manifests'"])
        }
        var prefix = lines.count > 1 ? lines[1] : ""
        if prefix.hasSuffix("/") { prefix.removeLast() }
        return WorkTree(
            root: root, path: prefix.isEmpty ? "." : prefix, head: head,
            branch: try await git.text("symbolic-ref", "--quiet", "--short", "HEAD"), git: Git(directory: root))
    }

    private static func notARepository(_ directory: String, _ reason: String) -> Failure {
        if reason.contains("dubious ownership") {
            return Failure(
                "git does not trust the repository of \(directory): another user owns it",
                hints: ["git config --global --add safe.directory \(directory), if you trust its owner"])
        }
        return Failure(
            "\(directory) is not in a git repository",
            hints: ["git init \(directory) && git -C \(directory) add . && git -C \(directory) commit -m 'First manifests'"])
    }

    /// The commit that `revision` names.
    package func commit(_ revision: String) async throws -> String {
        if revision == "HEAD" { return head }
        guard let commit = try await git.text("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}") else {
            throw Failure("\(root) knows no revision \(revision)", hints: ["git -C \(root) branch --all; git -C \(root) tag"])
        }
        return commit
    }

    /// Whether the directory has changes that no commit holds, and that a deploy leaves out.
    package func hasUncommittedChanges() async throws -> Bool {
        try await git.output(["status", "--porcelain", "--", path]).output.isEmpty == false
    }

    /// `1a2b3c4 Subject` of a commit; the id alone when the work tree lacks it.
    func title(of commit: String) async throws -> String {
        let subject = try await git.text("log", "-1", "--format=%s", commit, "--")
        return subject.map { Self.title(commit, $0) } ?? String(commit.prefix(12))
    }

    static func title(_ commit: String, _ subject: String) -> String { "\(commit.prefix(12)) \(subject)" }

    /// The name that `up` gives what it deploys: the directory's, in the letters of a DNS name.
    package func defaultName() -> String { Self.defaultName(of: path == "." ? root : path) }

    package static func defaultName(of path: String) -> String {
        let last = path.split(separator: "/").last.map(String.init) ?? ""
        let base = last.hasSuffix(".git") && last.count > 4 ? String(last.dropLast(4)) : last
        let mapped = base.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let trimmed = mapped.drop { $0 == "-" }.prefix(nameLengthMax)
        let name = String(trimmed.reversed().drop { $0 == "-" }.reversed())
        return name.isEmpty ? "app" : name
    }

    /// Longest name of an Application: it also is a label value.
    package static let nameLengthMax = 63

    /// Source: RFC 1123 labels, the names that Kubernetes accepts everywhere.
    package static func check(name: String) throws(Failure) {
        let isValid = !name.isEmpty && name.count <= nameLengthMax && name.first != "-" && name.last != "-"
            && name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
        guard isValid else {
            throw Failure(
                "\"\(name)\" cannot be an Application's name: it takes at most \(nameLengthMax) lower-case letters, digits and hyphens, with a letter or digit at both ends",
                hints: ["--name \(defaultName(of: name))"])
        }
    }
}
