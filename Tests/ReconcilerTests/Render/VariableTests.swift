import APIMachinery
import TestSupport
import Testing

@testable import Reconciler

@Suite("Render: variables in texts", .timeLimit(.minutes(1)))
struct VariableTemplateTests {
    private static let values = Substitution(values: ["var": "abc", "empty": "", "default_var": "foo", "_A1": "x$y${var}"], secretNames: ["_A1"])

    /// Source: what fluxcd/pkg/envsubst makes of the forms that both know.
    @Test(
        "what comes out",
        arguments: [
            ("text alone", nil), ("${var}", "abc"), ("a${var}b${var}", "aabcbabc"), ("${var:-xyz}", "abc"), ("${nope:-xyz}", "xyz"),
            ("${nope:=xyz}", "xyz"), ("${nope=xyz}", "xyz"), ("${empty}", ""), ("${empty:-xyz}", "xyz"), ("${nope:-}", ""),
            ("something ${nope:=${default_var}}", "something foo"), ("${nope:=prefix${default_var}-suffix}", "prefixfoo-suffix"),
            ("${nope:-${also:-${default_var}}}", "foo"), ("$${var}", "${var}"), ("$$", "$"), ("$var $ $(x)", "$var $ $(x)"),
            ("some ${var}$${var$${var}$var${var}", "some abc${var${var}$varabc"), ("something $${var=${default_var}}", "something ${var=foo}"),
            ("${_A1}", "x$y${var}"), ("${nope:-a:b/c d}", "a:b/c d"), ("${var:-${unset}}", "abc"), ("\\\\ ${var}", "\\\\ abc"),
        ] as [(String, String?)])
    func expansion(text: String, expected: String?) throws { #expect(try VariableTemplate.expand(text, with: Self.values)?.text == expected) }

    private static let help = "is not supported: variables are ${NAME}, ${NAME:-default} and ${NAME:=default}; write $"
    private static let optOut = "to keep the text as it is, or annotate the object gitctl.dev/substitute: disabled"

    @Test(
        "what is refused, and how",
        arguments: [
            ("${nope}", "the variable nope is not set; set it in the Application's spec.substitute, give it a default with ${nope:-value}, or write $${nope} to keep the text as it is"),
            ("${var/x/y}", "${var/x/y} \(help)${var/x/y} \(optOut)"), ("${var^^}", "${var^^} \(help)${var^^} \(optOut)"), ("${#var}", "${#var} \(help)${#var} \(optOut)"),
            ("${var:1:2}", "${var:1:2} \(help)${var:1:2} \(optOut)"), ("${foo.bar}", "${foo.bar} \(help)${foo.bar} \(optOut)"), ("${}", "${} \(help)${} \(optOut)"),
            ("${1a}", "${1a} \(help)${1a} \(optOut)"), ("${var-x}", "${var-x} \(help)${var-x} \(optOut)"), ("${var", "${var has no closing }; add it, or write $$ for a $ of its own"),
            ("${nope:-x", "${nope:-x has no closing }; add it, or write $$ for a $ of its own"),
        ])
    func refusals(text: String, message: String) {
        let error = #expect(throws: VariableTemplate.Failure.self) { try VariableTemplate.expand(text, with: Self.values) }
        #expect(error?.message == message)
    }

    @Test("nesting and size are bounded")
    func limits() {
        let deep = String(repeating: "${n:-", count: 100) + String(repeating: "}", count: 100)
        #expect(throws: VariableTemplate.Failure.self) { try VariableTemplate.expand(deep, with: Self.values) }
        let large = Substitution(values: ["v": String(repeating: "x", count: 1 << 20)])
        let error = #expect(throws: VariableTemplate.Failure.self) { try VariableTemplate.expand(String(repeating: "${v}", count: 3), with: large) }
        #expect(error?.message == "the variables make a text of more than 2.0 MiB; shorten their values")
    }

    @Test("the variables that a text came to use are known, defaults that were not needed left out")
    func used() throws {
        #expect(try VariableTemplate.expand("${var:-${default_var}} ${nope:-${_A1}}", with: Self.values)?.used == ["var", "_A1"])
    }
}

@Suite("Render: variables in manifests", .timeLimit(.minutes(1)))
struct SubstitutionTests {
    static let values = Substitution(
        values: ["NAME": "web", "N": "3", "REGION": "north", "TEXT": "a: b # c", "YES": "yes", "PASSWORD": "hunter2", "EMPTY": "", "QUOTED": "\"7\""],
        secretNames: ["PASSWORD"])

    private func render(_ files: [String: String], _ values: Substitution? = values, path: String = ".") async throws -> Rendered {
        let work = try await GitRepositoryFixture()
        for (file, text) in files { try work.write(file, text) }
        try await work.commit()
        let repository = Repository(path: work.path)
        return try await Renderer().render(
            repository, commit: repository.commit(at: nil), path: path, destination: "default", substitution: values, client: TestCluster().client)
    }

    private func errors(_ text: String, _ values: Substitution = values) async throws -> [String] {
        do {
            _ = try await render(["a.yaml": text], values)
            return []
        } catch let failure as RenderFailure {
            return failure.lines
        }
    }

    private static func map(_ data: String) -> String { "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\ndata:\n\(data)\n" }

    @Test("numbers and booleans come out of texts without quotes, texts out of those with")
    func types() async throws {
        let deployment = """
            # ${NOT_A_VARIABLE} in a comment is none
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: "${NAME}-${REGION}"}
            spec:
              replicas: ${N}
              paused: ${YES}
              revisionHistoryLimit: ${EMPTY}
              selector: {matchLabels: {a: b}}
              template:
                metadata:
                  labels: {a: b}
                  annotations:
                    m: "${N}"
                    q: ${QUOTED}
                    t: "${TEXT}"
                    d: $${N}
                    p: "${TEXT:-x}"
                    block: |
                      ${N}
                spec: {containers: [{name: c, image: "r/${NAME}:1"}]}
            """
        let object = try await render(["a.yaml": deployment]).objects[0].object
        #expect(object.name == "web-north")
        #expect(object.spec["replicas"] == 3)
        #expect(object.spec["paused"] == true)
        #expect(object.spec["revisionHistoryLimit"] == nil)
        let annotations: JSON = ["m": "3", "q": "7", "t": "a: b # c", "d": "${N}", "p": "a: b # c", "block": "3\n"]
        #expect(object.spec[path: ["template", "metadata", "annotations"]] == annotations)
    }

    @Test("no value adds a field, whatever stands in it")
    func injection() async throws {
        let hostile = Substitution(values: ["X": "a\nb: c", "Y": "{a: b}", "Z": "*x", "W": "!!int 3"])
        let object = try await render(["a.yaml": Self.map("  x: ${X}\n  v: ${Y}\n  z: ${Z}\n  w: ${W}")], hostile).objects[0].object
        #expect(object.fields["data"] == ["x": "a\nb: c", "v": "{a: b}", "z": "*x", "w": "!!int 3"])
    }

    @Test("keys have variables too; Lists and several documents; an annotated object is left alone; without variables nothing is touched")
    func places() async throws {
        let text = Self.map("  k_${NAME}: v") + "---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: \"${NAME}\"}\n---\n"
            + "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: raw, annotations: {gitctl.dev/substitute: disabled}}\ndata: {a: \"${UNKNOWN} $${X}\"}\n"
        let objects = try await render(["a.yaml": text]).objects.map(\.object)
        #expect(objects[0].fields["data"] == ["k_web": "v"])
        #expect(objects[1].name == "web")
        #expect(objects[2].fields["data"] == ["a": "${UNKNOWN} $${X}"])
        #expect(try await render(["a.yaml": Self.map("  a: ${UNKNOWN} $${X}")], nil).objects[0].object.fields["data"] == ["a": "${UNKNOWN} $${X}"])
    }

    @Test("what a kustomization makes is substituted, with the place in the file that it comes from")
    func kustomization() async throws {
        let files = [
            "kustomization.yaml": "resources: [a.yaml]\nnamePrefix: p-\n",
            "a.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${NAME}\nspec:\n  replicas: ${N}\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec: {containers: [{name: c, image: i, env: [{name: P, value: \"${N}\"}]}]}\n",
        ]
        let object = try await render(files).objects[0].object
        #expect(object.name == "p-web" && object.spec["replicas"] == 3)
        #expect(object.json[FieldPath(parsing: "spec.template.spec.containers[0].env[0].value")] == "3")
        do {
            _ = try await render(files, Substitution(values: ["NAME": "web"]))
            Issue.record("N is not set")
        } catch let failure as RenderFailure {
            #expect(failure.lines[0].hasPrefix("a.yaml:6:3: Deployment default/p-${NAME}: spec.replicas: the variable N is not set;"))
        }
    }

    @Test("an undefined variable is an error with place, object and remedy; all are told at once")
    func undefined() async throws {
        #expect(
            try await errors(Self.map("  a: b\n  city: in ${CITY}\n  land: ${LAND:-x} ${var/x/y}")) == [
                "a.yaml:7:3: ConfigMap default/m: data.city: the variable CITY is not set; set it in the Application's spec.substitute, give it a default with ${CITY:-value}, or write $${CITY} to keep the text as it is",
                "a.yaml:8:3: ConfigMap default/m: data.land: ${var/x/y} is not supported: variables are ${NAME}, ${NAME:-default} and ${NAME:=default}; write $${var/x/y} to keep the text as it is, or annotate the object gitctl.dev/substitute: disabled",
            ])
    }

    @Test("errors of later checks keep their places in the file as it is written")
    func positions() async throws {
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec:\n  replicas: ${NAME}\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec: {containers: [{name: c, image: i}]}\n"
        #expect(try await errors(text) == ["a.yaml:5:3: Deployment default/w: spec.replicas must be an integer, found \"web\""])
    }

    @Test("a value out of a Secret is in no message, and names nothing")
    func secrets() async throws {
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec:\n  replicas: ${PASSWORD}\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec: {containers: [{name: c, image: i}]}\n"
        #expect(
            try await errors(text) == [
                "a.yaml:5:3: Deployment default/w: spec.replicas: what a variable from a Secret makes of this field is not allowed here, and is not shown; check its type and form"
            ])
        #expect(
            try await errors("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x-${PASSWORD}\ndata:\n  ${PASSWORD}: x\n") == [
                "a.yaml:4:3: ConfigMap default/x-${PASSWORD}: metadata.name: a variable from a Secret cannot name an object, which everybody sees; use one from a ConfigMap",
                "a.yaml:6:3: ConfigMap default/x-${PASSWORD}: data.${PASSWORD}: a variable from a Secret cannot be in the name of a field, which everybody sees; use one from a ConfigMap",
            ])
    }

    @Test("many uses of a long value end in an error, not in memory")
    func bounded() async throws {
        let long = Substitution(values: ["X": String(repeating: "x", count: 1 << 20)])
        let one = Self.map((0..<200).map { "  k\($0): ${X}" }.joined(separator: "\n"))
        #expect(
            try await errors(one, long) == [
                "a.yaml:107:3: ConfigMap default/m: data.k101: the variables of this object make more than 4.0 MiB; shorten their values"
            ])
    }

    @Test("files without a change in bytes or values are not read again; other values read them anew")
    func cached() async throws {
        let work = try await GitRepositoryFixture()
        try work.write("a.yaml", Self.map("  a: ${N}x"))
        try await work.commit()
        let (repository, renderer, cluster) = (Repository(path: work.path), Renderer(), try await TestCluster())
        func data(_ values: Substitution?) async throws -> JSON? {
            try await renderer.render(repository, commit: repository.commit(at: nil), path: ".", destination: "default", substitution: values, client: cluster.client)
                .objects[0].object.fields["data"]?["a"]
        }
        #expect(try await data(Substitution(values: ["N": "1"])) == "1x")
        #expect(try await data(Substitution(values: ["N": "2"])) == "2x")
        #expect(try await data(nil) == "${N}x")
        let before = renderer.cache.statistics
        #expect(try await data(Substitution(values: ["N": "1"])) == "1x")
        #expect(renderer.cache.statistics == before)
    }
}
