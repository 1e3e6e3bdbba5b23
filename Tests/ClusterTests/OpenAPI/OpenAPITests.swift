import APIMachinery
import Testing

@testable import Cluster

@Suite(.timeLimit(.minutes(2))) struct OpenAPITests {
    private static let types = ResourceType.builtin + Review.allCases.map(\.type)

    private static func document(_ dialect: OpenAPIDialect, _ types: [ResourceType] = types) throws -> JSON {
        try JSON(parsing: OpenAPIDocument(dialect: dialect, types: types, schema: .unshared()).encoded())
    }

    private static func references(_ json: JSON, into found: inout Set<String>) {
        switch json {
        case .array(let elements): for element in elements { references(element, into: &found) }
        case .object(let members):
            for member in members {
                if member.key == "$ref", let name = member.value.string { found.insert(name) } else { references(member.value, into: &found) }
            }
        default: break
        }
    }

    @Test("every reference leads to a definition", arguments: [OpenAPIDialect.v2, .v3]) func closed(dialect: OpenAPIDialect) throws {
        let document = try Self.document(dialect)
        var found: Set<String> = []
        Self.references(document, into: &found)
        let definitions = dialect == .v2 ? document["definitions"] : document["components"]?["schemas"]
        let names = Set((definitions?.object?.keys ?? []).map { dialect.definitionPrefix + $0 })
        #expect(found.subtracting(names) == [])
        #expect(names.contains(dialect.definitionPrefix + "io.k8s.api.core.v1.PodSpec"))
    }

    @Test("operations have names of their own", arguments: [OpenAPIDialect.v2, .v3]) func operationIDs(dialect: OpenAPIDialect) throws {
        var seen: Set<String> = []
        for path in try #require(try Self.document(dialect)["paths"]?.object) {
            for (method, operation) in path.value.object?.map({ ($0.key, $0.value) }) ?? [] where method != "parameters" {
                let id = operation["operationId"]?.string ?? ""
                #expect(seen.insert(id).inserted, "\(id) is given twice, again at \(path.key)")
            }
        }
    }

    @Test("patches say what kubectl looks for: field validation, media types and merge keys") func patches() throws {
        let document = try Self.document(.v3, [.deployments, .applications])
        let patch = document["paths"]?["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]?["patch"]
        #expect(patch?["parameters"]?.array?.contains { $0["name"] == "fieldValidation" } == true)
        #expect(patch?["requestBody"]?["content"]?["application/strategic-merge-patch+json"] != nil)
        #expect(patch?["x-kubernetes-group-version-kind"]?["kind"] == "Deployment")
        let custom = document["paths"]?["/apis/gitctl.dev/v1alpha1/namespaces/{namespace}/applications/{name}"]?["patch"]
        #expect(custom?["requestBody"]?["content"]?["application/strategic-merge-patch+json"] == nil)
        let containers = document["components"]?["schemas"]?["io.k8s.api.core.v1.PodSpec"]?["properties"]?["containers"]
        #expect(containers?["x-kubernetes-patch-merge-key"] == "name" && containers?["x-kubernetes-list-map-keys"] == ["name"])
        let deployment = document["components"]?["schemas"]?["io.k8s.api.apps.v1.Deployment"]
        #expect(deployment?["x-kubernetes-group-version-kind"]?.array?.first?["kind"] == "Deployment")
    }

    /// The field numbers and payloads of a message.
    private static func fields(_ bytes: ArraySlice<UInt8>) throws -> [(Int, ArraySlice<UInt8>)] {
        var rest = bytes
        var fields: [(Int, ArraySlice<UInt8>)] = []
        func varint() throws -> Int {
            var value = 0
            var shift = 0
            while true {
                let next = rest.popFirst()
                let byte = try #require(next)
                value |= Int(byte & 127) << shift
                if byte < 128 { return value }
                shift += 7
            }
        }
        while !rest.isEmpty {
            let tag = try varint()
            switch tag & 7 {
            case 0:
                _ = try varint()
                fields.append((tag >> 3, []))
            case 1:
                fields.append((tag >> 3, rest.prefix(8)))
                rest = rest.dropFirst(8)
            default:
                let count = try varint()
                try #require(rest.count >= count)
                fields.append((tag >> 3, rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
        }
        return fields
    }

    @Test("the protobuf form says the same as the JSON form") func protobuf() throws {
        let json = try Self.document(.v2)
        let document = try Self.fields(OpenAPIDocument(dialect: .v2, types: Self.types, schema: .unshared()).protobuf()[...])
        #expect(document.map(\.0) == [1, 2, 8, 9])
        let definitions = try Self.fields(document[3].1)
        let paths = try Self.fields(document[2].1)
        #expect(definitions.count == json["definitions"]?.object?.count && paths.count == json["paths"]?.object?.count)
        let names = try definitions.map { String(decoding: try Self.fields($0.1)[0].1, as: UTF8.self) }
        #expect(Set(names) == Set(json["definitions"]?.object?.keys ?? []))
        let index = try #require(names.firstIndex(of: "io.k8s.api.core.v1.PodSpec"))
        let schema = try Self.fields(try Self.fields(definitions[index].1)[1].1)
        let properties = try Self.fields(try #require(schema.first { $0.0 == 25 }).1)
        #expect(properties.count == json["definitions"]?["io.k8s.api.core.v1.PodSpec"]?["properties"]?.object?.count)
        let containers = try #require(try properties.first { try Self.fields($0.1)[0].1.elementsEqual("containers".utf8) })
        let extensions = try Self.fields(try Self.fields(containers.1)[1].1).filter { $0.0 == 31 }
        let texts = try extensions.map { String(decoding: try Self.fields($0.1)[0].1, as: UTF8.self) }
        #expect(texts.contains("x-kubernetes-patch-merge-key"))
    }

    @Test("what is said of a field is a part of the hash, so that clients do not keep what an older server said") func described() {
        let known = OpenAPI.fingerprint(descriptions: FieldDescriptions.table)
        #expect(known != OpenAPI.fingerprint(descriptions: "Pod: Something else.") && known == OpenAPI.fingerprint(descriptions: FieldDescriptions.table))
    }

    @Test("documents are found by their hash, and not sent twice") func served() async throws {
        try await ServerUnderTest.with { server in
            let index = try await server.get("/openapi/v3")
            let url = try #require(index.json["paths"]?["apis/apps/v1"]?["serverRelativeURL"]?.string)
            #expect(url.hasPrefix("/openapi/v3/apis/apps/v1?hash="))
            let document = try await server.get(url)
            #expect(document.json["openapi"] == "3.0.0")
            let tag = try #require(document.headers.first(name: "etag"))
            let again = try await server.send(.GET, url, headers: ["if-none-match": tag])
            #expect(again.status == 304 && again.body.isEmpty)
            #expect(try await server.get("/openapi/v3/apis/nothing/v1").status == 404)
            #expect(try await server.get("/openapi/v3/apis/apps/v1", accept: "application/com.github.proto-openapi.spec.v3@v1.0+protobuf").status == 406)
            let immutable = try await server.get(url)
            #expect(immutable.headers.first(name: "cache-control") == "public, immutable")
        }
    }
}
