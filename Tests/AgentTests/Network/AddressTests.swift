import Agent
import Testing

struct AddressTests {
    @Test("Ranges are read strictly", .timeLimit(.minutes(1)), arguments: [
        ("10.42.0.0/16", true), ("0.0.0.0/0", true), ("10.42.0.0", false), ("10.42.0.0/33", false), ("10.42.0/16", false),
        ("10.42.0.256/16", false), ("010.42.0.0/16", false), ("fd00::/64", false), ("", false),
    ])
    func ranges(_ text: String, _ isValid: Bool) { #expect((IPv4Range(text) != nil) == isValid) }

    @Test("A range contains its addresses and no other", .timeLimit(.minutes(1)))
    func contains() throws {
        let range = try #require(IPv4Range("10.42.7.9/16"))
        #expect(range.contains(try #require(IPv4Range.address("10.42.255.255"))))
        #expect(!range.contains(try #require(IPv4Range.address("10.43.0.0"))))
        #expect(PodNetwork.gateway(of: "10.42.7.9/16") == "10.42.0.1")
    }

    @Test("Two data directories have two names, and one keeps its name", .timeLimit(.minutes(1)))
    func instances() {
        #expect(Instance(dataDirectory: "/var/lib/gitctl") == Instance(dataDirectory: "/var/lib/gitctl/"))
        #expect(Instance(dataDirectory: "/var/lib/gitctl").id != Instance(dataDirectory: "/var/lib/gitctm").id)
        #expect(Instance(dataDirectory: "/a").id.count == 8)
    }

    @Test("Sockets of a long data directory move to /run", .timeLimit(.minutes(1)), arguments: [10, 60, 70, 80, 200])
    func socketLength(_ length: Int) {
        let layout = ContainerdLayout(dataDirectory: "/" + String(repeating: "d", count: length))
        #expect((layout.socketPath + ".ttrpc").utf8.count <= 107)
    }
}
