import APIMachinery
import Testing

@testable import Cluster

/// Writes the wire format, for these tests alone.
private struct Message {
    var bytes: [UInt8] = []

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    func number(_ field: UInt64, _ value: Int64) -> Message {
        var copy = self
        copy.varint(field << 3)
        copy.varint(UInt64(bitPattern: value))
        return copy
    }

    func bytes(_ field: UInt64, _ value: [UInt8]) -> Message {
        var copy = self
        copy.varint(field << 3 | 2)
        copy.varint(UInt64(value.count))
        copy.bytes += value
        return copy
    }

    func text(_ field: UInt64, _ value: String) -> Message { bytes(field, Array(value.utf8)) }
    func message(_ field: UInt64, _ value: Message) -> Message { bytes(field, value.bytes) }

    func envelope(_ apiVersion: String, _ kind: String) -> [UInt8] {
        [0x6B, 0x38, 0x73, 0] + Message().message(1, Message().text(1, apiVersion).text(2, kind)).bytes(2, bytes).bytes
    }
}

@Suite(.timeLimit(.minutes(1))) struct ProtobufTests {
    @Test("maps, bytes, times and empty fields become what JSON has for them") func secret() throws {
        let metadata = Message().text(1, "s").text(2, "").text(3, "n").message(8, Message()).message(11, Message().text(1, "app").text(2, "web"))
        let secret = Message().message(1, metadata).message(2, Message().text(1, "k").bytes(2, [0, 255])).text(3, "Opaque")
        let json = try ProtobufDecoder.decode(secret.envelope("v1", "Secret"))
        #expect(
            json == [
                "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s", "namespace": "n", "labels": ["app": "web"]],
                "data": ["k": "AP8="], "type": "Opaque",
            ])
    }

    @Test("embedded types, int-or-string, quantities and pointers to zero keep their meaning") func pod() throws {
        let resources = Message().message(1, Message().text(1, "cpu").message(2, Message().text(1, "500m")))
        let probe = Message().message(1, Message().message(2, Message().text(1, "/").message(2, Message().number(1, 0).number(2, 8080)))).number(2, 0)
        let container = Message().text(1, "c").text(2, "").message(8, resources).message(10, probe)
        let volume = Message().text(1, "v").message(2, Message().message(19, Message().message(1, Message().text(1, "cm"))))
        let pod = Message().message(1, Message().text(1, "p"))
            .message(2, Message().message(1, volume).message(2, container).number(4, 0).text(3, ""))
        let json = try ProtobufDecoder.decode(pod.envelope("v1", "Pod"))
        #expect(
            json["spec"] == [
                "containers": [
                    [
                        "name": "c", "resources": ["limits": ["cpu": "500m"]],
                        "livenessProbe": ["httpGet": ["path": "/", "port": 8080]],
                    ]
                ],
                "volumes": [["name": "v", "configMap": ["name": "cm"]]], "terminationGracePeriodSeconds": 0,
            ], "\(json["spec"]?.text ?? "")")
    }

    @Test("every served kind of Kubernetes can be written as protobuf", arguments: ResourceType.builtin.filter { !["gitctl.dev", "apiextensions.k8s.io"].contains($0.group) })
    func kinds(type: ResourceType) throws {
        let body = Message().message(1, Message().text(1, "x")).envelope(type.gvk.apiVersion, type.kind)
        #expect(try ProtobufDecoder.decode(body)["metadata"] == ["name": "x"])
    }

    @Test("custom kinds have no protobuf: 415") func custom() throws {
        let error = #expect(throws: APIStatus.self) { _ = try ProtobufDecoder.decode(Message().envelope("gitctl.dev/v1alpha1", "Application")) }
        #expect(error?.reason == .unsupportedMediaType)
    }

    @Test("bytes that end early, run over or nest without end are refused, never read past", arguments: 0..<300) func garbage(seed: Int) {
        var generator = SplitMix(state: UInt64(seed))
        var bytes = Message().message(1, Message().text(1, "p")).message(2, Message().message(2, Message().text(1, "c").text(2, "i"))).envelope("v1", "Pod")
        for _ in 0..<(seed % 5 + 1) { bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator) }
        bytes.removeLast(seed % 7)
        do throws(APIStatus) { _ = try ProtobufDecoder.decode(bytes) } catch {
            #expect(error.reason == .badRequest || error.reason == .unsupportedMediaType)
        }
    }

    @Test("a map of any size is read in the time of its length, whatever the order of its keys") func largeMap() throws {
        func body(_ count: Int) -> [UInt8] {
            // Backwards: put in one by one, each would move all before it.
            let entries = (0..<count).reversed().flatMap { Message().message(11, Message().text(1, "k\(1_000_000 + $0)").text(2, "v")).bytes }
            return Message().bytes(1, entries).envelope("v1", "ConfigMap")
        }
        let clock = ContinuousClock()
        func time(_ count: Int) throws -> Duration {
            let bytes = body(count)
            var labels: JSONObject?
            let duration = try clock.measure { labels = try ProtobufDecoder.decode(bytes)["metadata"]?["labels"]?.object }
            #expect(labels?.count == count)
            return duration
        }
        let (short, long) = try (min(time(8_000), time(8_000)), time(64_000))
        // A square would be 64.
        #expect(long < short * 24, "\(short), then \(long)")
    }

    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }
}
