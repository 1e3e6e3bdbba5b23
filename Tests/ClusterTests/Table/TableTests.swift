import APIMachinery
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(1))) struct TableTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    @Test(
        "durations read as kubectl prints them",
        arguments: [
            (-5, "<invalid>"), (-1, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (185, "3m5s"), (600, "10m"), (10_799, "179m"), (10_800, "3h"),
            (11_460, "3h11m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"), (180_000, "2d2h"), (691_200, "8d"), (63_072_000, "2y"),
            (63_158_400, "2y1d"), (252_288_000, "8y"),
        ])
    func durations(seconds: Int, text: String) { #expect(HumanDuration.text(.seconds(seconds)) == text) }

    struct PodCase: Sendable, CustomTestStringConvertible {
        var name: String
        var json: String
        /// Ready, status, restarts.
        var cells: [String]
        var testDescription: String { name }

        init(_ name: String, _ json: String, _ cells: String...) {
            self.name = name
            self.json = json
            self.cells = cells
        }
    }

    static let pods = [
        PodCase("pending", #"{"spec":{"containers":[{"name":"a"}]},"status":{"phase":"Pending"}}"#, "0/1", "Pending", "0"),
        PodCase(
            "running", #"{"spec":{"containers":[{"name":"a"}]},"status":{"phase":"Running","containerStatuses":[{"name":"a","ready":true,"state":{"running":{}}}]}}"#,
            "1/1", "Running", "0"),
        PodCase(
            "crash loop",
            #"{"spec":{"containers":[{"name":"a"}]},"status":{"phase":"Running","containerStatuses":[{"name":"a","restartCount":3,"state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":1,"finishedAt":"2027-01-15T07:59:00Z"}}}]}}"#,
            "0/1", "CrashLoopBackOff", "3 (60s ago)"),
        PodCase(
            "init containers at work",
            #"{"spec":{"containers":[{"name":"a"}],"initContainers":[{"name":"i"},{"name":"j"}]},"status":{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":0}}},{"name":"j","state":{"running":{}}}]}}"#,
            "0/1", "Init:1/2", "0"),
        PodCase(
            "init container failed",
            #"{"spec":{"containers":[{"name":"a"}],"initContainers":[{"name":"i"}]},"status":{"phase":"Pending","initContainerStatuses":[{"name":"i","restartCount":2,"state":{"terminated":{"exitCode":7}}}]}}"#,
            "0/1", "Init:ExitCode:7", "2"),
        PodCase(
            "init container in back-off",
            #"{"spec":{"containers":[{"name":"a"}],"initContainers":[{"name":"i"}]},"status":{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}}"#,
            "0/1", "Init:CrashLoopBackOff", "0"),
        PodCase(
            "sidecar ready",
            #"{"spec":{"containers":[{"name":"a"}],"initContainers":[{"name":"s","restartPolicy":"Always"}]},"status":{"phase":"Running","conditions":[{"type":"Initialized","status":"True"}],"initContainerStatuses":[{"name":"s","started":true,"ready":true,"restartCount":1,"state":{"running":{}}}],"containerStatuses":[{"name":"a","ready":true,"restartCount":2,"state":{"running":{}}}]}}"#,
            "2/2", "Running", "3"),
        PodCase(
            "completed", #"{"spec":{"containers":[{"name":"a"}]},"status":{"phase":"Succeeded","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":0,"reason":"Completed"}}}]}}"#,
            "0/1", "Completed", "0"),
        PodCase(
            "one of two completed",
            #"{"spec":{"containers":[{"name":"a"},{"name":"b"}]},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":0,"reason":"Completed"}}},{"name":"b","ready":true,"state":{"running":{}}}]}}"#,
            "1/2", "NotReady", "0"),
        PodCase(
            "killed by a signal",
            #"{"spec":{"containers":[{"name":"a"}]},"status":{"phase":"Failed","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":137,"signal":9}}}]}}"#,
            "0/1", "Signal:9", "0"),
        PodCase("evicted", #"{"spec":{"containers":[{"name":"a"}]},"status":{"phase":"Failed","reason":"Evicted"}}"#, "0/1", "Evicted", "0"),
        PodCase(
            "terminating",
            #"{"metadata":{"deletionTimestamp":"2027-01-15T08:00:30Z"},"spec":{"containers":[{"name":"a"}]},"status":{"phase":"Running","containerStatuses":[{"name":"a","ready":true,"state":{"running":{}}}]}}"#,
            "1/1", "Terminating", "0"),
        PodCase("lost with its node", #"{"metadata":{"deletionTimestamp":"2027-01-15T08:00:30Z"},"spec":{},"status":{"phase":"Running","reason":"NodeLost"}}"#, "0/0", "Unknown", "0"),
        PodCase(
            "gated", #"{"spec":{"containers":[{"name":"a"}]},"status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"SchedulingGated"}]}}"#,
            "0/1", "SchedulingGated", "0"),
    ]

    @Test("a pod's columns sum up its containers", arguments: pods) func pod(_ pod: PodCase) throws {
        let object = Object(try #require(try JSON(parsing: pod.json).object))
        #expect(PodColumns.all[1...3].map { $0.cell(object, Self.now).string ?? "" } == pod.cells)
    }

    @Test("every served kind has a name and an age, and no cell fails on an empty object", arguments: ResourceType.builtin)
    func empty(type: ResourceType) {
        let columns = TableColumns.of(type)
        #expect(columns.first { $0.format == "name" }?.name == "Name")
        let object = Object(type, name: "x")
        for column in columns { _ = column.cell(object, Self.now) }
        let isAgeless = [ResourceType.podTemplates, .ipAddresses, .csiStorageCapacities].contains(type)
        #expect(columns.contains { ["Age", "Last Seen", "Created At"].contains($0.name) } != isAgeless)
    }

    @Test("rows carry metadata, the object, or nothing, as asked") func inclusion() throws {
        let object = Object(.configMaps, namespace: "n", name: "x", ["data": ["a": "b"]])
        func row(_ text: String?) -> JSON? {
            Table(columns: TableColumns.of(.configMaps), version: "v1", includes: .init(text), now: Self.now, hasColumns: true).json([object], metadata: [:])["rows"]?.array?.first
        }
        #expect(row(nil)?["object"]?["kind"] == "PartialObjectMetadata" && row(nil)?["object"]?["data"] == nil)
        #expect(row("Object")?["object"]?["data"]?["a"] == "b")
        #expect(row("None")?["object"] == nil)
        #expect(row("None")?["cells"] == ["x", 1, "<unknown>"])
    }

    @Test("services show ports, node ports and addresses") func service() throws {
        let json = #"{"spec":{"type":"NodePort","clusterIP":"10.43.0.9","ports":[{"port":80,"nodePort":30080},{"port":53,"protocol":"UDP"}]}}"#
        let service = Object(try #require(try JSON(parsing: json).object))
        #expect(ServiceColumns.services[1...4].map { $0.cell(service, Self.now) } == ["NodePort", "10.43.0.9", "<none>", "80:30080/TCP,53/UDP"])
    }
}
