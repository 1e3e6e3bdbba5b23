import APIMachinery
import Reconciler
import Testing
import gitctl

@Suite("Deploying", .timeLimit(.minutes(1)))
struct DeployTests {
    @Test(
        "REPO is a URL or a directory, as git reads it",
        arguments: [
            (".", .directory("/w/.")), ("site", .directory("/w/site")), ("/a/site", .directory("/a/site")), ("./a:b", .directory("/w/./a:b")),
            ("https://h/r.git", .url("https://h/r.git")), ("git@h:r.git", .url("git@h:r.git")), ("file:///a", .url("file:///a")),
        ] as [(String, DeploySource)])
    func source(text: String, source: DeploySource) {
        #expect(DeploySource(text, workingDirectory: "/w") == source)
    }

    @Test(
        "the Application is named after the directory",
        arguments: [("/w/example-repo", "example-repo"), ("https://h/u/My_Site.git", "my-site"), ("/w/-x-", "x"), ("/", "app"), ("/w/Ünï", "n")])
    func names(path: String, name: String) throws {
        #expect(WorkTree.defaultName(of: path) == name)
        try WorkTree.check(name: name)
    }

    @Test("a name that Kubernetes would refuse is refused at once", arguments: ["", "Web", "-a", "a-", "a_b", "a.b", String(repeating: "a", count: 64)])
    func badNames(name: String) {
        #expect(throws: Failure.self) { try WorkTree.check(name: name) }
    }

    private func application(_ status: JSON, generation: Int64 = 2) -> Object {
        var object = Object(.applications, namespace: "gitctl-system", name: "web", ["status": status])
        object.generation = generation
        return object
    }

    private func status(
        observed: String = "bbb", attempted: String = "bbb", synced: String = "True", health: String = "Healthy", generation: Int = 2
    ) -> JSON {
        [
            "observedGeneration": JSON(generation), "observedRevision": .string(observed), "lastAttemptedRevision": .string(attempted),
            "health": .string(health), "lastHandledSync": "t1",
            "conditions": [
                ["type": "Synced", "status": .string(synced), "observedGeneration": JSON(generation), "message": "web.yaml:3:1: refused"],
                ["type": "Healthy", "status": "False", "message": "Deployment web: 1 of 2 ready"],
            ],
        ]
    }

    @Test("a rollout is healthy when its own commit is, and not before")
    func rollout() {
        let rollout = Rollout(commit: "bbb")
        #expect(rollout.judge(application([:])) == .waiting("waiting for the reconciler"))
        #expect(rollout.judge(application(status(generation: 1))) == .waiting("waiting for the reconciler"))
        #expect(rollout.judge(application(status(observed: "aaa", attempted: "aaa"))) == .waiting("applying bbb"))
        #expect(rollout.judge(application(status(health: "Progressing"))) == .waiting("Deployment web: 1 of 2 ready"))
        #expect(rollout.judge(application(status(health: "Degraded"))) == .degraded("Deployment web: 1 of 2 ready"))
        #expect(rollout.judge(application(status())) == .healthy("bbb"))
    }

    @Test("a refused commit fails its own rollout, and an older refusal does not")
    func refused() {
        let refused = status(observed: "aaa", attempted: "bbb", synced: "False")
        #expect(Rollout(commit: "bbb").judge(application(refused)) == .failed("web.yaml:3:1: refused"))
        #expect(Rollout(commit: "ccc").judge(application(refused)) == .waiting("applying ccc"))
    }

    @Test("a requested sync counts when the reconciler has acted upon it")
    func requested() {
        #expect(Rollout(syncRequest: "t2").judge(application(status())) == .waiting("waiting for the reconciler"))
        #expect(Rollout(syncRequest: "t1").judge(application(status())) == .healthy("bbb"))
    }

    @Test("a Deployment is ready when all its new replicas are available and the old ones gone")
    func deployment() throws {
        var object = Object(.deployments, namespace: "default", name: "web", [
            "spec": ["replicas": 2, "template": ["spec": ["containers": [["name": "c", "image": "nginx:1.27"]]]]],
            "status": ["observedGeneration": 1, "replicas": 3, "updatedReplicas": 2, "readyReplicas": 3, "availableReplicas": 3],
        ])
        object.generation = 1
        let rolling = try #require(Workload(object, health: Health(.progressing, "1 old replicas to go")))
        #expect(!rolling.isReady && rolling.reason == "1 old replicas to go")
        object["status", "replicas"] = 2
        object["status", "readyReplicas"] = 2
        let workload = try #require(Workload(object, health: Health(.healthy)))
        #expect(workload.isReady && workload.ready == "2/2" && workload.image == "nginx:1.27" && workload.reason.isEmpty)
    }

    @Test("what neither runs nor holds data is no workload")
    func otherKinds() {
        #expect(Workload(Object(.configMaps, namespace: "default", name: "c"), health: Health(.healthy)) == nil)
    }

    @Test("a Service answers on its cluster address and on its node ports")
    func addresses() {
        let service = Object(.services, namespace: "default", name: "web", [
            "spec": [
                "clusterIP": "10.43.0.9",
                "ports": [["name": "http", "port": 80, "nodePort": 30080], ["name": "dns", "port": 53, "protocol": "UDP"], ["name": "db", "port": 5432]],
            ]
        ])
        let node = Object(.nodes, name: "n", ["status": ["addresses": [["type": "Hostname", "address": "n"], ["type": "InternalIP", "address": "192.0.2.1"]]]])
        #expect(Address.all(of: service, nodes: [node]).map(\.text) == ["http://10.43.0.9", "http://192.0.2.1:30080", "10.43.0.9:5432"])
        #expect(Address.all(of: Object(.services, name: "h", ["spec": ["clusterIP": "None", "ports": [["port": 80]]]]), nodes: []).isEmpty)
    }

    @Test("revisions for diff", arguments: [("HEAD", nil, "HEAD"), ("main..next", "main", "next"), ("main..", "main", "HEAD"), ("..next", "HEAD", "next")] as [(String, String?, String)])
    func ranges(text: String, from: String?, to: String) throws {
        let range = try RevisionRange(text)
        #expect(range.from == from && range.to == to)
    }

    @Test("a three-dot range is refused with the way out")
    func threeDots() {
        #expect(throws: Failure("a...b: three dots name a merge base, which diff does not take", hints: ["write FROM..TO with two dots"])) {
            try RevisionRange("a...b")
        }
    }

    @Test("what a push of a branch has no part in is not compared, unless nothing else is there")
    func following() {
        let all = ["main", "production", "HEAD", nil].map { revision in
            Object(.applications, namespace: "n", name: revision ?? "own", ["spec": ["source": ["revision": revision.map { .string($0) } ?? .null]]])
        }
        #expect(DiffRun.following("main", among: all).map(\.name) == ["main", "HEAD", "own"])
        #expect(DiffRun.following("topic", among: Array(all.prefix(2))).map(\.name) == ["main", "production"])
    }

    @Test("a repository's Application is found by its remotes")
    func applicationByRemote() {
        let owned = Object(.applications, name: "web", ["spec": ["source": ["repository": "web"]]])
        let fetched = Object(.applications, name: "site", ["spec": ["source": ["url": "https://h/site.git"]]])
        let urls: Set<String> = ["/var/lib/gitctl/git/web.git", "https://h/other.git"]
        #expect(DiffRun.deploys(owned, urls: urls))
        #expect(!DiffRun.deploys(fetched, urls: urls))
        #expect(DiffRun.deploys(fetched, urls: ["https://h/site.git"]))
    }
}
