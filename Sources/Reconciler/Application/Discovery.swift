import APIMachinery
import FoundationEssentials
import Glibc

/// Makes an Application of each directory that matches: a new directory in a commit is a new Application,
/// one that is gone takes its Application along.
package struct Discovery: Sendable, Hashable {
    /// Applications that one may find.
    static let countMax = 5_000

    /// Patterns of directories below the Application's path, as `apps/*`; wildcards do not cross a slash. Source: fnmatch(3).
    var directories: [String]
    var exclude: [String]
    /// Merged over what is made of a directory, with `{{path}}`, `{{path.basename}}`, `{{path.basenameNormalized}}`
    /// and `{{path[0]}}` filled in. Source: Argo CD, git directory generator.
    var template: JSON

    init(_ json: JSON) throws(InvalidApplication) {
        directories = (json["directories"]?.array ?? []).compactMap(\.string)
        exclude = (json["exclude"]?.array ?? []).compactMap(\.string)
        template = json["template"] ?? [:]
        guard !directories.isEmpty else {
            throw InvalidApplication(description: "spec.discovery.directories is empty; name the directories to look for, like apps/*")
        }
        for pattern in directories + exclude {
            if pattern.contains("**") {
                throw InvalidApplication(description: "spec.discovery: \"\(pattern)\" has **, which is not supported; name each level, like apps/*/*")
            }
            if pattern.hasPrefix("/") || pattern.split(separator: "/").contains("..") {
                throw InvalidApplication(description: "spec.discovery: \"\(pattern)\" is not below spec.source.path; write it like apps/*")
            }
        }
    }

    /// How deep the patterns reach.
    var depth: Int { directories.map { Self.segments($0).count }.max() ?? 0 }

    /// Whether a directory, by its path below the Application's, is one to make an Application of.
    func finds(_ path: [String]) -> Bool {
        directories.contains { Self.matches($0, path) } && !exclude.contains { Self.matches($0, path) }
    }

    private static func segments(_ pattern: String) -> [String] { pattern.split(separator: "/").filter { $0 != "." }.map(String.init) }

    private static func matches(_ pattern: String, _ path: [String]) -> Bool {
        let parts = segments(pattern)
        return parts.count == path.count && zip(parts, path).allSatisfy { fnmatch($0, $1, FNM_PERIOD) == 0 }
    }

    /// The Application of a directory.
    func application(for directory: [String], of parent: Application) -> Object {
        let path = (parent.path == "." ? [] : parent.path.split(separator: "/").map(String.init)) + directory
        let basename = directory.last ?? ""
        var source = parent.sourceJSON.object ?? [:]
        source["path"] = .string(path.joined(separator: "/"))
        var made: JSON = [
            "apiVersion": .string(ResourceType.applications.gvk.apiVersion), "kind": "Application",
            "metadata": ["name": .string(Self.normalized(basename)), "namespace": .string(parent.namespace)],
            "spec": [
                "source": .object(source), "destination": ["namespace": .string(parent.destination)], "deletionPolicy": "Delete",
            ],
        ]
        // No more rights than its maker has, unless the template says so.
        if let account = parent.serviceAccountName { made = MergePatch.apply(["spec": ["serviceAccountName": .string(account)]], to: made) }
        var words = ["{{path}}": path.joined(separator: "/"), "{{path.basename}}": basename, "{{path.basenameNormalized}}": Self.normalized(basename)]
        for (index, part) in path.enumerated() { words["{{path[\(index)]}}"] = part }
        let merged = MergePatch.apply(Self.filled(template, words), to: made)
        var object = Object(merged.object ?? [:])
        // Beside its parent, whatever the template says: only there may the parent's owner make Applications.
        object.namespace = parent.namespace
        return object
    }

    private static func filled(_ json: JSON, _ words: [String: String]) -> JSON {
        switch json {
        case .string(let text): .string(words.reduce(text) { $0.replacing($1.key, with: $1.value) })
        case .array(let elements): .array(elements.map { filled($0, words) })
        case .object(let members):
            .object(members.reduce(into: JSONObject()) { $0[$1.key] = filled($1.value, words) })
        default: json
        }
    }

    /// As a name of an object has to be. Source: Kubernetes, RFC 1123 subdomains.
    private static func normalized(_ name: String) -> String {
        let allowed = name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") ? $0 : "-" }
        let trimmed = String(allowed).drop { !$0.isLetter && !$0.isNumber }
        return String(trimmed.reversed().drop { !$0.isLetter && !$0.isNumber }.reversed())
    }
}
