import APIMachinery
import NIOHTTP1

/// The paths that name no resource: a table of what is served where.
extension APIServer {
    private typealias Handler = @Sendable (APIServer, Request, UserInfo) throws(APIStatus) -> Reply

    private static let handlers: [String: Handler] = [
        "": { server, _, _ throws(APIStatus) in .json(["paths": JSON(server.knownPaths)]) },
        "api": { server, request, _ throws(APIStatus) in server.discovery.core(request) },
        "apis": { server, request, _ throws(APIStatus) in try server.discovery.groups(request) },
        "healthz": { server, request, _ throws(APIStatus) in try server.health(request) },
        "livez": { server, request, _ throws(APIStatus) in try server.health(request) },
        "readyz": { server, request, _ throws(APIStatus) in try server.health(request) },
        "version": { _, _, _ throws(APIStatus) in .json(APIServer.version) },
        "metrics": { server, _, _ throws(APIStatus) in Reply(.now(server.metricsText())) },
        "openapi": { server, request, _ throws(APIStatus) in try server.openAPI.answer(request, types: server.servedTypes) },
        "openid": { server, request, _ throws(APIStatus) in
            guard request.path == "/openid/v1/jwks" else { throw unknownPath }
            return Reply(.now(Response(contentType: "application/jwk-set+json", body: .bytes(server.authenticator.tokens.key.keySet.encoded()))))
        },
        ".well-known": { server, request, _ throws(APIStatus) in
            guard request.path == "/.well-known/openid-configuration" else { throw unknownPath }
            return .json(ServiceAccountTokens.discoveryDocument(url: "https://\(request.headers.first(name: "host") ?? "localhost")"))
        },
    ]

    /// The first segments of paths that have no second one.
    private static let leaves: Set = ["version", "metrics"]

    func answerPath(_ request: Request, user: UserInfo) throws(APIStatus) -> Reply {
        let parts = request.path.split(separator: "/")
        let first = parts.first.map(String.init) ?? ""
        guard let handler = Self.handlers[first], parts.count < 2 || !Self.leaves.contains(first), !Route.hasEmptySegment(request.path) else {
            throw Self.unknownPath
        }
        guard request.method == .GET else { throw Self.methodNotAllowed }
        return try handler(self, request, user)
    }

    /// What clients may ask for: the stored kinds and the reviews.
    var servedTypes: [ResourceType] { registry.resourceTypes + Review.allCases.map(\.type) }

    var discovery: Discovery { Discovery(types: registry.resourceTypes, reviews: Review.allCases.map(\.type)) }

    private var knownPaths: [String] {
        let groupVersions = Set(servedTypes.filter { !$0.group.isEmpty }.map { "/apis/\($0.gvk.apiVersion)" })
        let groups = Set(servedTypes.filter { !$0.group.isEmpty }.map { "/apis/\($0.group)" })
        let fixed = [
            "/.well-known/openid-configuration", "/api", "/api/v1", "/apis", "/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3",
            "/openid/v1/jwks", "/readyz", "/version", "/livez/ping", "/livez/store", "/readyz/bootstrap", "/readyz/ping", "/readyz/store",
        ]
        return (fixed + groupVersions + groups).sorted()
    }

    /// The Kubernetes version whose API this is; kubectl compares it with its own.
    static let version: JSON = [
        "major": "1", "minor": "36", "gitVersion": "v1.36.0+gitctl", "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z", "goVersion": "none", "compiler": "swift", "platform": .string(platform),
    ]

    private static var platform: String {
        #if arch(arm64)
            "linux/arm64"
        #else
            "linux/amd64"
        #endif
    }

    /// `ok`, or with `verbose` what was checked. `/livez/ping` and its like check one thing.
    private func health(_ request: Request) throws(APIStatus) -> Reply {
        let parts = request.path.split(separator: "/").map(String.init)
        var checks = [("ping", true), ("store", registry.store.isOpen)]
        if parts[0] == "readyz" { checks.append(("bootstrap", isReady)) }
        guard parts.count < 3 else { throw Self.unknownPath }
        if parts.count == 2 {
            checks = checks.filter { $0.0 == parts[1] }
            guard !checks.isEmpty else { throw Self.unknownPath }
        }
        let excluded = Set(request.query.all("exclude"))
        let isHealthy = checks.allSatisfy { $0.1 || excluded.contains($0.0) }
        if isHealthy, try request.query.bool("verbose") != true { return Reply(.now(.text("ok"))) }
        let lines = checks.map { name, isPassed in
            excluded.contains(name) ? "[+]\(name) excluded: ok\n" : "[\(isPassed ? "+" : "-")]\(name) \(isPassed ? "ok" : "failed")\n"
        }
        let text = lines.joined() + "\(parts[0]) check \(isHealthy ? "passed" : "failed")\n"
        return Reply(.now(.text(text, status: isHealthy ? .ok : .internalServerError)))
    }

    private func metricsText() -> Response {
        var objects = MetricFamily("apiserver_storage_objects", "Objects in the store, by kind.")
        for resource in Set(registry.resourceTypes.filter(\.isStored).map(\.groupResource)).sorted() {
            objects.add(Double(registry.store.snapshot(resource).versions.count), ["resource": resource.description])
        }
        var inFlight = MetricFamily("apiserver_current_inflight_requests", "Requests being answered at this moment.")
        inFlight.add(Double(writes.current), ["request_kind": "mutating"])
        inFlight.add(Double(reads.current), ["request_kind": "readOnly"])
        let gauges =
            [
                MetricFamily("gitctl_store_revision", "The store's newest revision.", .gauge, Double(registry.store.revision)),
                MetricFamily("apiserver_longrunning_requests", "Watches and followed logs at this moment.", .gauge, Double(streams.count)),
                inFlight, objects,
            ] + ProcessMetrics.gauges()
        return Response(contentType: "text/plain; version=0.0.4; charset=utf-8", body: .bytes(Array(metrics.text(gauges: gauges).utf8)))
    }
}

extension Reply {
    fileprivate static func json(_ json: JSON) -> Reply { Reply(.now(.json(json))) }
}
