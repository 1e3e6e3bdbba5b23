import APIMachinery
import Testing

@testable import Cluster

/// Requests that are HTTP, and that nobody sane sends: Kubernetes' answer, and the server goes on.
@Suite(.timeLimit(.minutes(2))) struct HostileRequestTests {
    private static let maps = "/api/v1/namespaces/default/configmaps"

    private static let paths: [(String, Int, String)] = [
        ("/api/v1/namespaces/default/pods/..", 400, #"Name parameter invalid: "..": may not be '..'"#),
        ("/api/v1/namespaces/default/pods/%2e", 400, #"Name parameter invalid: ".": may not be '.'"#),
        ("/api/v1/namespaces/default/pods/a%25b", 400, #"Name parameter invalid: "a%b": may not contain '%'"#),
        ("/api/v1/namespaces/default/pods/%c3%a9", 404, #"pods "é" not found"#), ("/api/v1/namespaces/default/pods/\(String(repeating: "a", count: 30_000))", 404, ""),
        ("/api/v1/namespaces/default/pods/%00", 400, "the request target is not a valid path and query"),
        ("/api/v1/namespaces//pods", 404, "the server could not find the requested resource"),
        ("/api//v1/pods", 404, "the server could not find the requested resource"), ("/api/v1/namespaces/default%2f%2fpods/x", 404, "the server could not find the requested resource"),
        ("/api/v1/\(String(repeating: "a/", count: 10_000))", 404, ""), ("/version/x", 404, ""), ("/metrics/x", 404, ""), ("/apis//", 200, ""), ("/api/v1/pods/", 200, ""),
        ("\(maps)?limit=-1", 200, ""), ("\(maps)?limit=9223372036854775807", 200, ""), ("\(maps)?limit=99999999999999999999", 400, ""),
        ("\(maps)?continue=x", 400, "continue key is not valid: x"), ("\(maps)?continue=99999:default:a", 410, ""), ("\(maps)?continue=18446744073709551615::a", 410, ""),
        ("\(maps)?continue=\(String(repeating: "a", count: 20_000))", 400, ""), ("\(maps)?resourceVersion=-1", 400, ""), ("\(maps)?resourceVersion=18446744073709551616", 400, ""),
        ("\(maps)?resourceVersion=18446744073709551615", 504, "Too large resource version: 18446744073709551615, current: "),
        ("\(maps)?resourceVersion=0&resourceVersionMatch=Exact", 422, ""), ("\(maps)?watch=1&timeoutSeconds=-1", 400, ""),
        ("\(maps)?watch=1&timeoutSeconds=9223372036854775807&resourceVersion=x", 400, ""),
        ("\(maps)?labelSelector=-a", 400, #"unable to parse requirement: key: Invalid value: "-a": name part must consist of alphanumeric"#),
        ("\(maps)?labelSelector=a%2Fb%2Fc", 400, #"unable to parse requirement: key: Invalid value: "a/b/c": a qualified name must consist"#),
        ("\(maps)?labelSelector=\(String(repeating: "x", count: 300))", 400, ""), ("\(maps)?labelSelector=%00", 400, ""),
        ("\(maps)?labelSelector=app%3D-", 400, #"unable to parse requirement: values[0][app]: Invalid value: "-": a valid label must be an empty string"#),
        ("\(maps)?labelSelector=a%20in%20(\(String(repeating: "b,", count: 8_000)))", 200, ""), ("\(maps)?labelSelector=\(String(repeating: "a,", count: 33_000))", 431, "the request's head has"),
        ("\(maps)?labelSelector=%F0%9F%98%80", 400, ""), ("\(maps)?fieldSelector=metadata.name%3D%3D%3Dx", 400, "invalid field selector: unescaped character in value: ="),
        ("\(maps)?fieldSelector=metadata.name%3D%5Cx", 400, #"invalid field selector: invalid escape sequence: \x"#), ("\(maps)?fieldSelector=metadata.name%3Da%5C%2Cb", 200, ""),
        ("\(maps)?fieldSelector=metadata.uid%3Dx", 400, ""), ("\(maps)?fieldSelector=a", 400, "invalid selector: 'a'; can't understand 'a'"),
    ]

    @Test("paths, names, selectors, tokens and numbers without sense", arguments: paths) func path(path: String, code: Int, message: String) async throws {
        try await ServerUnderTest.with { server in
            let answer = try await server.get(path, http2: false)
            #expect(answer.status == code, "\(path.prefix(200)): \(answer.status) \(answer.body.prefix(400))")
            if code >= 400 { #expect(answer.json["kind"] == "Status" && answer.message.hasPrefix(message), "\(answer.message.prefix(400))") }
            #expect(try await server.get("/healthz").status == 200)
        }
    }

    @Test("an answer with more to warn of than a head may hold arrives, over both versions of HTTP", arguments: [false, true])
    func warnings(http2: Bool) async throws {
        try await ServerUnderTest.with { server in
            let fields = (0..<60).map { "\"\($0)\(String(repeating: "\u{1F600}", count: 240))\":1" }.joined(separator: ",")
            let answer = try await server.send(
                .POST, Self.maps, headers: ["content-type": "application/json"], body: "{\"metadata\":{\"name\":\"x\"},\(fields)}", http2: http2)
            #expect(answer.status == 201 && answer.headers["warning"].count > 2)
            #expect(answer.headers["warning"].reduce(0) { $0 + $1.utf8.count } < 5 << 10)
        }
    }

    @Test("a request may name the server in its target, as to a proxy") func absoluteForm() async throws {
        try await ServerUnderTest.with { server in
            let answer = try await RawConnection.exchange("GET https://x:1/healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", with: server)
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("ok"), "\(answer)")
        }
    }

    private static let deletions: [(String, String, Int, String)] = [
        ("", #"{"dryRun":"All"}"#, 400, "DeleteOptions in version \"v1\" cannot be handled as a DeleteOptions: dryRun must be a list, found \"All\""),
        ("", #"{"preconditions":{"uid":5}}"#, 400, "preconditions.uid must be a string, found 5"), ("", #"{"preconditions":[]}"#, 400, "preconditions must be a mapping"),
        ("", #"{"gracePeriodSeconds":"x"}"#, 400, "gracePeriodSeconds must be an integer"), ("", #"{"dryRun":["Some"]}"#, 422, "dryRun: Unsupported value"),
        ("", #"{"kind":"Pod"}"#, 400, "the kind in the data (Pod) does not match the expected kind (DeleteOptions)"), ("", "[]", 400, "is not an object"),
        (
            "?propagationPolicy=Orphan&orphanDependents=true", "", 422,
            #"DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set"#
        ), ("?gracePeriodSeconds=x", "", 400, "gracePeriodSeconds=x"),
    ]

    @Test("options of a deletion that cannot be read delete nothing", arguments: deletions) func deletion(query: String, body: String, code: Int, message: String) async throws {
        try await ServerUnderTest.with { server in
            try await server.makeConfigMap("kept")
            let answer = try await server.send(.DELETE, "\(Self.maps)/kept\(query)", headers: ["content-type": "application/json"], body: body.isEmpty ? nil : body)
            #expect(answer.status == code && answer.message.contains(message), "\(answer.body)")
            #expect(try await server.get("\(Self.maps)/kept").status == 200)
        }
    }

    @Test("grace periods without sense are lived with, as in Kubernetes", arguments: ["-1", "9223372036854775807", "-9223372036854775808"])
    func grace(seconds: String) async throws {
        try await ServerUnderTest.with { server in
            let pod = #"{"metadata":{"name":"p"},"spec":{"nodeName":"n","serviceAccountName":"s","automountServiceAccountToken":false,"containers":[{"name":"c","image":"i"}]}}"#
            _ = try await server.post("/api/v1/namespaces/default/serviceaccounts", #"{"metadata":{"name":"s"}}"#)
            let made = try await server.post("/api/v1/namespaces/default/pods", pod)
            #expect(made.status == 201, "\(made.body)")
            let answer = try await server.send(.DELETE, "/api/v1/namespaces/default/pods/p?gracePeriodSeconds=\(seconds)")
            #expect(answer.status == 200, "\(answer.body)")
            let expected: Int64 = seconds.hasPrefix("-") ? 1 : .max
            #expect(answer.json["metadata"]?["deletionGracePeriodSeconds"]?.int == expected, "\(answer.body)")
            #expect(try await server.send(.DELETE, "/api/v1/namespaces/default/pods/p?gracePeriodSeconds=0").status == 200)
            #expect(try await server.get("/api/v1/namespaces/default/pods/p").status == 404)
        }
    }

    @Test("a change from one spelling of a letter to another is a change") func equivalence() async throws {
        try await ServerUnderTest.with { server in
            try await server.makeConfigMap("c", ["name": "caf\u{E9}"])
            let answer = try await server.send(
                .PATCH, Self.maps + "/c", headers: ["content-type": "application/merge-patch+json"], body: #"{"data":{"name":"cafe\u0301"}}"#)
            #expect(answer.status == 200 && answer.json["data"]?["name"]?.string?.unicodeScalars.count == 5)
            #expect(try await server.get(Self.maps + "/c").json["data"]?["name"]?.string?.unicodeScalars.count == 5)
        }
    }

    private static let bodies: [(String, String, Int)] = [
        ("application/json", String(repeating: "[", count: 1_000_000), 400), ("application/json", String(repeating: #"{"a":"#, count: 500_000), 400),
        ("application/json", "{\"metadata\":{\"name\":\"x\"},\"x\":\(String(repeating: "9", count: 2_000_000))}", 400), ("application/json", "{\"a\":1e\(String(repeating: "9", count: 100_000))}", 400),
        ("application/yaml", String(repeating: "- ", count: 1_000_000), 400), ("application/yaml", String(repeating: "{", count: 1_000_000), 400), ("application/yaml", "a: &a [*a]", 400),
        ("application/yaml", "a: 1\na: 2", 422), ("application/yaml", "a: \u{1}", 400), ("application/yaml", "--- a\n--- b", 400), ("application/json", "\u{FEFF}{}", 400),
        ("application/json", #"{"metadata":{"name":"../../x"}}"#, 422), ("application/json", #"{"metadata":{"name":"a/b"}}"#, 422), ("application/json", #"{"metadata":{"name":"é"}}"#, 422),
        ("application/json", #"{"metadata":{"name":"x","namespace":".."}}"#, 400), ("application/json", "{\"metadata\":{\"generateName\":\"\(String(repeating: "x", count: 100_000))\"}}", 201),
        ("application/json", #"{"metadata":{"name":"x","annotations":{"a":"\#(String(repeating: "x", count: 300_000))"}}}"#, 422), ("application/json", #"{"metadata":{"name":"n"},"data":{"a":"\u0000"}}"#, 201),
        ("application/vnd.kubernetes.protobuf", "k8s", 400), ("application/vnd.kubernetes.protobuf", "k8s\0\u{1}\u{1}\u{1}", 400), ("application/vnd.kubernetes.protobuf", "{}", 400),
    ]

    @Test("bodies without sense", arguments: bodies.indices) func body(index: Int) async throws {
        let (type, body, code) = Self.bodies[index]
        try await ServerUnderTest.with { server in
            let answer = try await server.send(.POST, Self.maps, headers: ["content-type": type], body: body)
            #expect(answer.status == code, "\(body.prefix(100)): \(answer.body.prefix(400))")
            if code >= 400 { #expect(answer.json["kind"] == "Status" && !answer.message.isEmpty) }
        }
    }

    @Test("a name that no log or shell should print is no field manager") func manager() async throws {
        try await ServerUnderTest.with { server in
            let answer = try await server.post(Self.maps + "?fieldManager=a%0Ab", #"{"metadata":{"name":"x"}}"#)
            #expect(answer.status == 422 && answer.message.hasSuffix(#"fieldManager: Invalid value: "a\nb": should only contain printable characters"#), "\(answer.body)")
        }
    }
}
