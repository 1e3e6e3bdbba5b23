import APIMachinery
import FoundationEssentials

extension Substitution {
    /// The variables of an Application as they are now; nil when its spec has none.
    init?(of application: Application, client: any ResourceClient) async throws {
        guard let substitute = application.substitute else { return nil }
        var values: [String: String] = [:]
        var secretNames: Set<String> = []
        for reference in substitute.from {
            for (name, value) in try await Self.read(reference, of: application, client: client) {
                values[name] = value
                if reference.kind == .secret { secretNames.insert(name) } else { secretNames.remove(name) }
            }
        }
        values.merge(substitute.variables) { $1 }
        secretNames.subtract(substitute.variables.keys)
        self.init(values: values, secretNames: secretNames)
    }

    private static func read(
        _ reference: Substitute.Reference, of application: Application, client: any ResourceClient
    ) async throws -> [String: String] {
        let shown = "\(reference.kind.rawValue) \(application.namespace)/\(reference.name)"
        let type: ResourceType = reference.kind == .secret ? .secrets : .configMaps
        let object: Object
        do throws(APIStatus) {
            object = try await client.get(ObjectKey(type, namespace: application.namespace, name: reference.name))
        } catch {
            guard error.reason == .notFound else { throw error }
            if reference.isOptional { return [:] }
            throw SyncFailure(
                "VariablesNotFound",
                ["\(shown), which spec.substitute.from names, is not there; create it, or mark it optional: true there"])
        }
        var values: [String: String] = [:]
        for member in object.fields["data"]?.object ?? [:] where VariableTemplate.isName(member.key) {
            guard let text = member.value.string else { continue }
            guard reference.kind == .secret else {
                values[member.key] = text
                continue
            }
            guard let bytes = Data(base64Encoded: text), let value = String(validating: bytes, as: UTF8.self) else {
                throw SyncFailure(
                    "InvalidVariables",
                    ["\(shown): \(member.key) is no text, and cannot be a variable; rename the key, or take it out"])
            }
            values[member.key] = value
        }
        return values
    }
}

extension Sources.Resolved {
    /// A commit of somebody's own clone, with the submodules that are checked out there.
    package static func local(_ repository: Repository, _ commit: Commit, for application: Application) async throws(GitError)
        -> Sources.Resolved
    {
        let resolved = Sources.Resolved(repository: repository, commit: commit)
        guard application.source.readsSubmodules else { return resolved }
        let directory = try await repository.read { repository throws(GitError) in repository.directory }
        let submodules = Submodules(path: application.path) { module, base throws(GitError) in
            let path = "\(base.path)/modules/\(module.name)"
            return (Repository(path: path), RemoteURL(path))
        }
        var completed = try await submodules.complete(resolved, base: RemoteURL(directory))
        completed.completion = { other throws(GitError) in try await local(repository, commit, for: other) }
        return completed
    }
}
