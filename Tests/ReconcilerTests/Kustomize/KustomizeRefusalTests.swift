import Testing

@testable import Reconciler

/// What is refused, and the whole of what the author is told.
@Suite("Kustomize: what is refused is told with file, line, field and remedy", .timeLimit(.minutes(1)))
struct KustomizeRefusalTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        var files: [String: String]
        var directory = ""
        var message: String
        var testDescription: String { message }
    }

    private func expect(_ mistake: Mistake) {
        let failure = #expect(throws: KustomizeFailure.self) {
            _ = try Kustomization.build(mistake.directory) { path in
                if let text = mistake.files[path] { return .file(Array(text.utf8)) }
                return path.isEmpty || mistake.files.keys.contains { $0.hasPrefix(path + "/") } ? .directory : nil
            }
        }
        #expect(failure?.description == mistake.message)
    }

    private static let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    private static let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n"

    static let unsupported: [Mistake] = [
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml]\nhelmCharts: [{name: redis}]\n"],
            message:
                "kustomization.yaml:2:1: helmCharts is not supported: Helm charts are not rendered; commit the output of `helm template` and name it in resources"
        ),
        Mistake(
            files: ["kustomization.yaml": "resources:\n- https://example.org/base?ref=v1\n"],
            message:
                "kustomization.yaml:2:3: \"https://example.org/base?ref=v1\" is not in this repository, and nothing is fetched from elsewhere: commit a copy and name its path"
        ),
        Mistake(
            files: ["kustomization.yaml": "resources:\n- github.com/example/base\n"],
            message:
                "kustomization.yaml:2:3: \"github.com/example/base\" is not in this repository, and nothing is fetched from elsewhere: commit a copy and name its path"
        ),
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml]\ncrds: [crd.json]\n", "a.yaml": map],
            message:
                "kustomization.yaml:2:1: crds is not supported: schemas of custom resources are not read for references; name the fields in a file of configurations instead"
        ),
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml]\nvalidators: [v.yaml]\n", "a.yaml": map],
            message: "kustomization.yaml:2:1: validators is not supported: validators are plugins, which are not run; remove them"),
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml]\nopenapi: {path: s.json}\n", "a.yaml": map],
            message:
                "kustomization.yaml:2:11: openapi.path is not supported: lists of kinds that Kubernetes does not know are replaced by a patch; remove it, and patch lists of custom resources by JSON patches (RFC 6902)"
        ),
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml]\nopenapi: {version: v1.30.0}\n", "a.yaml": map],
            message: "kustomization.yaml:2:11: openapi.version must be v1.21.2, which is the one there is, found \"v1.30.0\""),
        Mistake(
            files: [
                "kustomization.yaml": "resources: [a.yaml]\ntransformers: [t.yaml]\n", "a.yaml": map,
                "t.yaml":
                    "apiVersion: example.org/v1\nkind: Setter\nmetadata:\n  name: s\n  annotations:\n    config.kubernetes.io/function: \"container: {image: x}\"\n",
            ],
            message:
                "t.yaml:1:1: example.org/v1/Setter is an external plugin; nothing from a repository is executed: use a field of the kustomization or a builtin transformer, or commit what it makes"
        ),
        Mistake(
            files: [
                "kustomization.yaml": "resources: [a.yaml]\ngenerators: [g.yaml]\n", "a.yaml": map,
                "g.yaml": "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: s}\n",
            ],
            message:
                "g.yaml:1:1: HelmChartInflationGenerator is not supported; use a field of the kustomization, or commit what it makes"
        ),
    ]

    @Test("features of kustomize that are not there, and everything that would fetch or execute", arguments: unsupported)
    func unsupportedAreRefused(_ mistake: Mistake) { expect(mistake) }

    static let paths: [Mistake] = [
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml, gone.yaml]\n", "a.yaml": map],
            message:
                "kustomization.yaml:1:21: \"gone.yaml\" is not in the repository (looked for gone.yaml); add it, or correct the path"
        ),
        Mistake(
            files: ["kustomization.yaml": "resources: [../a.yaml]\n"],
            message: "kustomization.yaml:1:13: \"../a.yaml\" leaves the repository; move what it names into it"),
        Mistake(
            files: ["kustomization.yaml": "resources: [/etc/passwd]\n"],
            message: "kustomization.yaml:1:13: \"/etc/passwd\" is absolute; write it relative to the root"),
        Mistake(
            files: ["kustomization.yaml": "resources: [base]\n", "base/kustomization.yaml": "resources: [..]\n"],
            message:
                "base/kustomization.yaml:1:13: \"..\" leads back to the root, which is or holds base, from where it is named: a cycle; remove one of the references"
        ),
        Mistake(
            files: [
                "kustomization.yaml": "resources: [base]\n", "base/kustomization.yaml": "resources: [../other]\n",
                "other/kustomization.yaml": "resources: [../base]\n",
            ],
            message:
                "other/kustomization.yaml:1:13: \"../base\" leads back to base, which is or holds base, from where it is named: a cycle; remove one of the references"
        ),
        Mistake(
            files: ["kustomization.yaml": "resources: [dir]\n", "dir/a.yaml": map],
            message: "kustomization.yaml:1:13: the directory dir has no kustomization.yaml; add one, or name its files instead"),
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml]\nconfigMapGenerator: [{name: g, files: [../x]}]\n", "a.yaml": map],
            message: "kustomization.yaml:2:40: \"../x\" leaves the repository; move what it names into it"),
        Mistake(
            files: ["app/kustomization.yaml": "configMapGenerator: [{name: g, files: [../x.txt]}]\n", "x.txt": "x"],
            directory: "app",
            message:
                "app/kustomization.yaml:1:40: \"../x.txt\" is not in or below app, where a kustomization may read files; move it, or name its directory as a resource with a kustomization of its own"
        ),
    ]

    @Test("paths that lead nowhere, out of the repository or in a circle", arguments: paths)
    func pathsAreRefused(_ mistake: Mistake) { expect(mistake) }

    static let fields: [Mistake] = [
        Mistake(
            files: ["kustomization.yaml": "resourcs: [a.yaml]\n"],
            message: "kustomization.yaml:1:1: unknown field \"resourcs\"; did you mean \"resources\"?"),
        Mistake(
            files: ["kustomization.yaml": "resources: a.yaml\n"],
            message: "kustomization.yaml:1:1: resources must be a list, found \"a.yaml\""),
        Mistake(
            files: ["kustomization.yaml": "resources: [1]\n"],
            message: "kustomization.yaml:1:13: resources[0] must be a string, found 1"),
        Mistake(
            files: ["kustomization.yaml": "namePrefix: 1\nresources: [a.yaml]\n", "a.yaml": map],
            message: "kustomization.yaml:1:1: namePrefix must be a string, found 1"),
        Mistake(
            files: ["kustomization.yaml": "kind: Kustomisation\nresources: [a.yaml]\n"],
            message: "kustomization.yaml:1:1: kind must be Kustomization or Component, found \"Kustomisation\""),
        Mistake(
            files: ["kustomization.yaml": "apiVersion: v1\nresources: [a.yaml]\n"],
            message: "kustomization.yaml:1:1: apiVersion of a Kustomization must be kustomize.config.k8s.io/v1beta1, found \"v1\""),
        Mistake(
            files: ["kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"],
            message: "kustomization.yaml: the kustomization is empty; name files in resources"),
        Mistake(
            files: ["kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [a.yaml]\n"],
            message: "kustomization.yaml:2:1: a Component cannot be built by itself; name it under components of a Kustomization"),
        Mistake(
            files: [
                "kustomization.yaml": "components: [base]\n", "base/kustomization.yaml": "resources: [a.yaml]\n",
                "base/a.yaml": map,
            ],
            message: "kustomization.yaml:1:14: \"base\" is a Kustomization; name it under resources, or set its kind to Component"),
        Mistake(
            files: [
                "kustomization.yaml": "resources: [c]\n",
                "c/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: x-\n",
            ],
            message: "kustomization.yaml:1:13: \"c\" is a Component; name it under components"),
    ]

    @Test("fields that do not exist, or have the wrong type", arguments: fields)
    func fieldsAreRefused(_ mistake: Mistake) { expect(mistake) }

    static let objects: [Mistake] = [
        Mistake(
            files: [
                "kustomization.yaml": "resources: [a.yaml, b.yaml]\n", "a.yaml": map,
                "b.yaml": "# b\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
            ],
            message:
                "b.yaml:2:1: ConfigMap a is in this kustomization twice (the other is at a.yaml:1:1); remove one, or give one another name"
        ),
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": "kind: ConfigMap\nmetadata: {}\n"],
            message: "a.yaml:1:1: ConfigMap: metadata.name is missing; give the object a name"),
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": "metadata: {name: a}\n"],
            message: "a.yaml:1:1: no kind: not a Kubernetes object; add it, or remove the file from the kustomization"),
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": "- 1\n"],
            message: "a.yaml:1:1: expected a Kubernetes object (apiVersion, kind, metadata, …), found a list"),
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": "a: b\n c: d\n"],
            message:
                "a.yaml:2:3: a ':' is not allowed here; put each `key: value` on a line of its own, indented like its siblings, and quote a value that contains ': '"
        ),
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": "a: b\na: c\n"],
            message: "a.yaml:2:1: duplicate key \"a\"; it already stands on line 1; remove one of them"),
        Mistake(
            files: [
                "kustomization.yaml": "resources: [a.yaml]\nnamespace: x\n",
                "a.yaml":
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: y}\n",
            ],
            message:
                "a.yaml:5:1: ConfigMap x/a is in this kustomization twice (the other is at a.yaml:1:1); remove one, or give one another name"
        ),
    ]

    @Test("files that hold no objects, or the same one twice", arguments: objects)
    func objectsAreRefused(_ mistake: Mistake) { expect(mistake) }

    static let patches: [Mistake] = [
        Mistake(
            files: [
                "kustomization.yaml":
                    "resources: [web.yaml]\npatches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: wib}\n",
                "web.yaml": web,
            ],
            message:
                "kustomization.yaml:3:3: no object Deployment wib (apps/v1) in this kustomization to patch; did you mean Deployment web?"
        ),
        Mistake(
            files: [
                "kustomization.yaml":
                    "resources: [web.yaml]\npatches:\n- target: {kind: Deployment}\n  patch: |-\n    - op: replace\n      path: /spec/replica\n      value: 1\n",
                "web.yaml": web,
            ],
            message:
                "kustomization.yaml:3:3: Deployment web: operation 0 of the JSON patch (replace \"/spec/replica\"): no member \"replica\" there; use add"
        ),
        Mistake(
            files: [
                "kustomization.yaml": "resources: [web.yaml]\npatches:\n- patch: |-\n    - op: remove\n      path: /spec\n",
                "web.yaml": web,
            ],
            message: "kustomization.yaml:3:3: a JSON patch needs a target: which objects it is for"),
        Mistake(
            files: ["kustomization.yaml": "resources: [web.yaml]\npatches:\n- path: p.yaml\n  patch: x\n", "web.yaml": web],
            message: "kustomization.yaml:3:3: patch and path cannot both be set; remove one"),
        Mistake(
            files: [
                "kustomization.yaml": "resources: [web.yaml]\npatches:\n- target: {name: \"[\"}\n  path: p.yaml\n", "web.yaml": web,
                "p.yaml": web,
            ],
            message: "kustomization.yaml:3:12: the regular expression \"[\" cannot be used: error parsing regexp: missing closing ]"
        ),
        Mistake(
            files: [
                "kustomization.yaml":
                    "resources: [web.yaml]\npatches:\n- target: {labelSelector: \"a==\"}\n  path: p.yaml\n- target: {labelSelector: \"a in b\"}\n  path: p.yaml\n",
                "web.yaml": web, "p.yaml": web,
            ],
            message:
                "kustomization.yaml:5:12: labelSelector \"a in b\" cannot be read: unable to parse requirement: expected '(' at offset 5 of selector 'a in b'"
        ),
        Mistake(
            files: [
                "kustomization.yaml": "resources: [web.yaml]\npatches:\n- target: {kind: Deployment, nam: x}\n  path: p.yaml\n",
                "web.yaml": web, "p.yaml": web,
            ],
            message: "kustomization.yaml:3:30: unknown field \"patches[0].target.nam\"; did you mean \"name\"?"),
        Mistake(
            files: [
                "kustomization.yaml":
                    "resources: [web.yaml]\npatches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n    spec: [1]\n",
                "web.yaml": web,
            ],
            message: "kustomization.yaml:3:3: Deployment web: spec: expected a mapping, found a list"),
        Mistake(
            files: [
                "kustomization.yaml":
                    "resources: [web.yaml]\npatches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n    spec: {$patch: remove}\n",
                "web.yaml": web,
            ],
            message: "kustomization.yaml:3:3: Deployment web: spec: $patch must be merge, replace or delete, found \"remove\""),
    ]

    @Test("patches and targets that do not fit", arguments: patches)
    func patchesAreRefused(_ mistake: Mistake) { expect(mistake) }

    static let others: [Mistake] = [
        Mistake(
            files: ["kustomization.yaml": "resources: [web.yaml]\nreplicas: [{name: wep, count: 2}]\n", "web.yaml": web],
            message:
                "kustomization.yaml:2:12: replicas names \"wep\", but there is no Deployment, StatefulSet, ReplicaSet, ReplicationController of that name; did you mean web?"
        ),
        Mistake(
            files: ["kustomization.yaml": "resources: [web.yaml]\nreplicas: [{name: web, count: two}]\n", "web.yaml": web],
            message: "kustomization.yaml:2:24: replicas[0].count must be an integer, found \"two\""),
        Mistake(
            files: ["kustomization.yaml": "configMapGenerator: [{literals: [a=b]}]\n"],
            message: "kustomization.yaml:1:22: the generator of a ConfigMap must have a name"),
        Mistake(
            files: ["kustomization.yaml": "configMapGenerator: [{name: g, literals: [ab]}]\n"],
            message: "kustomization.yaml:1:43: a literal must be key=value"),
        Mistake(
            files: ["kustomization.yaml": "configMapGenerator: [{name: g, literals: [a=b, a=c]}]\n"],
            message: "kustomization.yaml:1:48: ConfigMap g is given the key \"a\" twice; rename or remove one"),
        Mistake(
            files: ["kustomization.yaml": "configMapGenerator: [{name: g, behavior: merge}]\n"],
            message:
                "kustomization.yaml:1:22: there is no ConfigMap g to merge; set behavior to create, or name its base in resources"),
        Mistake(
            files: ["kustomization.yaml": "configMapGenerator: [{name: g, behavior: mix}]\n"],
            message: "kustomization.yaml:1:32: behavior must be create, replace or merge, found \"mix\""),
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml]\nconfigMapGenerator: [{name: a}]\n", "a.yaml": map],
            message: "kustomization.yaml:2:22: ConfigMap a exists already; set behavior to merge or replace, or choose another name"
        ),
        Mistake(
            files: [
                "kustomization.yaml":
                    "resources: [web.yaml]\nreplacements:\n- source: {kind: Service}\n  targets: [{select: {kind: Deployment}, fieldPaths: [spec.x]}]\n",
                "web.yaml": web,
            ],
            message: "kustomization.yaml:3:3: the source Service selects no object; correct its kind or name"),
        Mistake(
            files: [
                "kustomization.yaml":
                    "resources: [web.yaml]\nreplacements:\n- source: {kind: Deployment, fieldPath: spec.y}\n  targets: [{select: {kind: Deployment}, fieldPaths: [spec.x]}]\n",
                "web.yaml": web,
            ],
            message: "kustomization.yaml:3:3: Deployment web has no field spec.y to be the source"),
        Mistake(
            files: [
                "kustomization.yaml":
                    "resources: [web.yaml]\nreplacements:\n- source: {kind: Deployment}\n  targets: [{select: {kind: Deployment}, fieldPaths: [spec.x]}]\n",
                "web.yaml": web,
            ],
            message:
                "kustomization.yaml:4:55: Deployment web: there is no field spec.x to write to; correct the path, or set options.create"
        ),
        Mistake(
            files: [
                "kustomization.yaml":
                    "resources: [a.yaml]\nreplacements:\n- sourceValue: x\n  targets: [{select: {kind: ConfigMap}, fieldPaths: [\"data.f.a\"]}]\n",
                "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  f: |\n    # comment\n    a: b\n",
            ],
            message:
                "kustomization.yaml:4:54: ConfigMap a: the YAML inside the text would lose its comments, quotes or indentation; write it plainly (two spaces, no comments), or replace the whole text"
        ),
        Mistake(
            files: [
                "kustomization.yaml": "resources: [a.yaml]\nvars:\n- name: V\n  objref: {apiVersion: v1, kind: Service, name: x}\n",
                "a.yaml": map,
            ],
            message: "kustomization.yaml:3:3: the var V reads Service x, which is not in this kustomization; correct objref"),
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml]\nsortOptions: {order: random}\n", "a.yaml": map],
            message: "kustomization.yaml:2:15: sortOptions.order must be legacy or fifo, found \"random\""),
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml]\nbuildMetadata: [all]\n", "a.yaml": map],
            message:
                "kustomization.yaml:2:17: buildMetadata must be of originAnnotations, transformerAnnotations, managedByLabel, found \"all\""
        ),
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml]\n---\nresources: []\n", "a.yaml": map],
            message: "kustomization.yaml:3:1: a second document begins here; put everything into one"),
        Mistake(
            files: ["kustomization.yaml": "resources: []\n", "Kustomization": "resources: []\n"],
            message: ".: the directory . has kustomization.yaml and Kustomization; keep one of them"),
        Mistake(
            files: ["kustomization.yaml": "resources: [a.yaml]\nlabels: [{pairs: {a: 1}}]\n", "a.yaml": map],
            message: "kustomization.yaml:2:19: labels[0].pairs.a must be a string, found 1"),
    ]

    @Test("generators, replacements, vars and options", arguments: others)
    func othersAreRefused(_ mistake: Mistake) { expect(mistake) }
}
