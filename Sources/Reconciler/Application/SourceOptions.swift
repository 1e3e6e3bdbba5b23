import APIMachinery

/// What `spec.source` says beside where the repository is: which versions, with which credentials, with submodules or without.
package struct SourceOptions: Sendable, Hashable {
    /// The highest tag within is deployed.
    package var versions: VersionRange?
    /// The Secret with the credentials, in the Application's namespace.
    package var secretName: String?
    /// Whether submodules are read, each from a copy of its own.
    package var readsSubmodules = false

    package init() {}

    init(_ source: JSON, revision: String?) throws(InvalidApplication) {
        if let url = source["url"]?.string, RemoteURL.mayHideCredentials(url) {
            throw InvalidApplication(
                description:
                    "spec.source.url has an @ behind a slash, where a password may end, and is not shown; put credentials into a Secret that spec.source.secretRef names, or write a slash in them as %2F; an @ of the path is %40"
            )
        }
        if let text = source["semver"]?.string, !text.isEmpty {
            guard revision == nil else {
                throw InvalidApplication(
                    description:
                        "spec.source has both revision and semver; keep one: a branch, tag or commit, or a range of versions")
            }
            do throws(VersionRange.Malformed) { versions = try VersionRange(text) } catch {
                throw InvalidApplication(
                    description:
                        "spec.source.semver \"\(text)\" \(error.message); write a range like >=1.2.0 <2, 1.x, ~1.4 or ^2 || ^3")
            }
        }
        if let name = source[path: ["secretRef", "name"]]?.string, !name.isEmpty {
            if source["repository"] != nil {
                throw InvalidApplication(
                    description:
                        "spec.source.secretRef is for a url that is fetched; a repository of gitctl's own needs no credentials")
            }
            secretName = name
        }
        readsSubmodules = source["submodules"]?.bool ?? false
    }
}

/// `spec.substitute`: the variables of the manifests, and where more of them are.
package struct Substitute: Sendable, Hashable {
    /// A ConfigMap or Secret in the Application's namespace; each of its keys is a variable.
    package struct Reference: Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable {
            case configMap = "ConfigMap"
            case secret = "Secret"
        }

        package var kind: Kind
        package var name: String
        /// Its absence is no error.
        package var isOptional: Bool
    }

    /// These win over what `from` brings.
    package var variables: [String: String] = [:]
    /// Of two with the same key the later one counts.
    package var from: [Reference] = []

    init(_ json: JSON) throws(InvalidApplication) {
        for member in json["variables"]?.object ?? [:] {
            guard VariableTemplate.isName(member.key) else {
                throw InvalidApplication(
                    description:
                        "spec.substitute.variables: \"\(member.key)\" cannot name a variable; use letters, digits and _, not beginning with a digit"
                )
            }
            variables[member.key] = member.value.string ?? member.value.text
        }
        for (index, item) in (json["from"]?.array ?? []).enumerated() {
            guard let kind = item["kind"]?.string.flatMap(Reference.Kind.init), let name = item["name"]?.string, !name.isEmpty
            else {
                throw InvalidApplication(
                    description: "spec.substitute.from[\(index)] needs a kind, ConfigMap or Secret, and a name")
            }
            from.append(Reference(kind: kind, name: name, isOptional: item["optional"]?.bool ?? false))
        }
    }
}
