import APIMachinery
import Agent
import Testing

struct DNSTests {
    private let zone: DNSZone = {
        var zone = DNSZone(ranges: ["10.42.0.0/16", "10.43.0.0/16"])
        zone.setService(NetworkObjects.service("web", ip: "10.43.0.9", port: 8080), isDeleted: false)
        zone.setService(NetworkObjects.service("db", ip: "None"), isDeleted: false)
        zone.setService(NetworkObjects.service("empty", ip: "None"), isDeleted: false)
        zone.setService(
            NetworkObjects.service("far", ip: "", extra: ["type": "ExternalName", "externalName": "db.example.com"]), isDeleted: false)
        var slice = NetworkObjects.slice(
            "db", [.init(address: "10.42.0.2"), .init(address: "10.42.0.3"), .init(address: "10.42.0.4", ready: false)], port: 5432)
        var endpoints = NetworkObjects.slice(
            "db", [.init(address: "10.42.0.2"), .init(address: "10.42.0.3"), .init(address: "10.42.0.4", ready: false)], port: 5432)
            .fields["endpoints"]?.array ?? []
        endpoints[0].set("db-0", at: ["hostname"])
        slice.set(.array(endpoints), at: ["endpoints"])
        zone.setSlice(slice, isDeleted: false)
        return zone
    }()

    /// What a zone says, in the words of a zone file.
    private func text(_ answer: DNSAnswer?) -> String {
        guard let answer else { return "elsewhere" }
        let records = answer.records.map { record in
            switch record {
            case .address(let address): "A \(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
            case .canonicalName(let name): "CNAME \(name.joined(separator: "."))"
            case .pointer(let name): "PTR \(name.joined(separator: "."))"
            case .service(let port, let target): "SRV \(port) \(target.joined(separator: "."))"
            }
        }
        return answer.code == .success ? records.joined(separator: ", ") : "\(answer.code)"
    }

    @Test("Names of services and pods", .timeLimit(.minutes(1)), arguments: [
        ("web.default.svc.cluster.local", 1, "A 10.43.0.9"),
        ("web.default.svc.cluster.local", 28, ""),
        ("_main._tcp.web.default.svc.cluster.local", 33, "SRV 8080 web.default.svc.cluster.local"),
        ("_other._tcp.web.default.svc.cluster.local", 33, "noSuchName"),
        ("web.other.svc.cluster.local", 1, "noSuchName"),
        ("host.web.default.svc.cluster.local", 1, "noSuchName"),
        ("default.svc.cluster.local", 1, ""),
        ("svc.cluster.local", 1, ""),
        ("none.svc.cluster.local", 1, "noSuchName"),
        ("db.default.svc.cluster.local", 1, "A 10.42.0.2, A 10.42.0.3"),
        ("db-0.db.default.svc.cluster.local", 1, "A 10.42.0.2"),
        ("10-42-0-3.db.default.svc.cluster.local", 1, "A 10.42.0.3"),
        ("10-42-0-4.db.default.svc.cluster.local", 1, "noSuchName"),
        ("_main._tcp.db.default.svc.cluster.local", 33,
            "SRV 5432 db-0.db.default.svc.cluster.local, SRV 5432 10-42-0-3.db.default.svc.cluster.local"),
        ("empty.default.svc.cluster.local", 1, "noSuchName"),
        ("far.default.svc.cluster.local", 1, "CNAME db.example.com"),
        ("10-42-0-7.default.pod.cluster.local", 1, "A 10.42.0.7"),
        ("not-an-address.default.pod.cluster.local", 1, "noSuchName"),
        ("9.0.43.10.in-addr.arpa", 12, "PTR web.default.svc.cluster.local"),
        ("2.0.42.10.in-addr.arpa", 12, "PTR db-0.db.default.svc.cluster.local"),
        ("99.0.43.10.in-addr.arpa", 12, "noSuchName"),
        ("1.2.0.192.in-addr.arpa", 12, "elsewhere"),
        ("www.example.com", 1, "elsewhere"),
        ("cluster.local", 1, ""),
    ] as [(String, UInt16, String)])
    func names(_ name: String, _ type: UInt16, _ expected: String) {
        #expect(text(zone.answer(name.split(separator: ".").map(String.init), type: type)) == expected)
    }

    @Test("A deleted service has no name", .timeLimit(.minutes(1)))
    func deletion() {
        var zone = zone
        zone.setService(NetworkObjects.service("web", ip: "10.43.0.9"), isDeleted: true)
        #expect(zone.answer(["web", "default", "svc", "cluster", "local"], type: 1)?.code == .noSuchName)
        #expect(zone.answer(["9", "0", "43", "10", "in-addr", "arpa"], type: 12)?.code == .noSuchName)
    }

    /// A question for `WEB.x` of type A, with an EDNS option record that offers 4096 bytes.
    private let question: [UInt8] =
        [0x12, 0x34, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 1] + [3, 0x57, 0x45, 0x42, 1, 0x78, 0, 0, 1, 0, 1] + [0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0]

    @Test("A query is read without regard to case, and its question is repeated as it came", .timeLimit(.minutes(1)))
    func message() throws {
        let query = try #require(DNSQuery(question))
        #expect(query.labels == ["web", "x"])
        #expect(query.type == 1)
        #expect(query.sizeBytesMax == 1232)
        let message = DNSAnswer(.success, [.address(0x0a2b_0009)]).message(to: query, authority: ["x"], sizeBytesMax: 512)
        #expect(Array(message[0..<12]) == [0x12, 0x34, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 1])
        #expect(Array(message[12..<23]) == Array(question[12..<23]))
        #expect(Array(message[23..<39]) == [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 43, 0, 9])
    }

    @Test("An answer that is too long is cut and says so", .timeLimit(.minutes(1)))
    func truncation() throws {
        let query = try #require(DNSQuery(question))
        let message = DNSAnswer(.success, (0..<100).map { .address($0) }).message(to: query, authority: ["x"], sizeBytesMax: 512)
        #expect(message.count <= 512)
        #expect(message[2] & 0x02 != 0)
    }

    @Test("What is not a query is left unanswered", .timeLimit(.minutes(1)))
    func garbage() {
        for length in 0..<question.count where length < 23 { #expect(DNSQuery(Array(question.prefix(length))) == nil) }
        var response = question
        response[2] |= 0x80
        #expect(DNSQuery(response) == nil)
        var pointer = question
        pointer[12] = 0xc0
        #expect(DNSQuery(pointer) == nil)
    }

    @Test("A port that is none is not told", .timeLimit(.minutes(1)), arguments: [Int.min, -1, 65_536, .max])
    func absurdPort(port: Int) throws {
        var zone = DNSZone(ranges: ["10.43.0.0/16"])
        zone.setService(NetworkObjects.service("web", ip: "10.43.0.9", port: port), isDeleted: false)
        zone.setService(NetworkObjects.service("db", ip: "None"), isDeleted: false)
        zone.setSlice(NetworkObjects.slice("db", [.init(address: "10.42.0.2")], port: port), isDeleted: false)
        for name in ["web", "db"] {
            #expect(text(zone.answer(["_main", "_tcp", name, "default", "svc", "cluster", "local"], type: 33)) == "noSuchName")
        }
    }
}
