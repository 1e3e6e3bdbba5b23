import APIMachinery
import Logging
import NIOHTTP1
import Synchronization

/// The Kubernetes API over HTTP: who asks, whether they may, what they ask, and the answer.
///
/// The verbs themselves are `Registry`'s; one file per verb here maps them to HTTP. Called on event
/// loops: whatever waits or takes long goes into a reply's task.
package final class APIServer: Sendable {
    let registry: Registry
    let authenticator: Authenticator
    let authorizer: Authorizer
    let nodeEndpoint: (any NodeEndpoint)?
    let limits: HTTPLimits
    let clock: any WallClock
    let logger: Logger
    let metrics: Metrics
    let openAPI: OpenAPI
    let streams = OpenStreams()
    private let readiness = Atomic(false)
    let reads: InFlight
    let writes: InFlight

    package init(
        registry: Registry, authenticator: Authenticator, authorizer: Authorizer, nodeEndpoint: (any NodeEndpoint)?,
        limits: HTTPLimits = HTTPLimits(), clock: any WallClock, logger: Logger
    ) {
        self.registry = registry
        self.authenticator = authenticator
        self.authorizer = authorizer
        self.nodeEndpoint = nodeEndpoint
        self.limits = limits
        self.clock = clock
        self.logger = logger
        metrics = Metrics()
        openAPI = OpenAPI(kinds: registry.kinds)
        reads = InFlight(max: limits.readsInFlightMax)
        writes = InFlight(max: limits.writesInFlightMax)
    }

    /// What `/readyz` answers: set when the objects that every cluster has are there.
    var isReady: Bool {
        get { readiness.load(ordering: .acquiring) }
        set { readiness.store(newValue, ordering: .releasing) }
    }

    package var responder: Responder { Responder(respond: respond, refuse: { self.refusal(&$0) }) }

    /// Whether a request whose body has not come will be refused whatever the body is.
    private func refusal(_ request: inout Request) -> APIStatus? {
        do throws(APIStatus) {
            request.admitted = try admit(request)
            return nil
        } catch { return error }
    }

    func respond(to request: Request) -> Reply {
        let start = ContinuousClock.now
        var label = Metrics.Label(verb: request.method.rawValue.lowercased(), resource: "")
        var reply: Reply
        do throws(APIStatus) {
            let admitted = if let known = request.admitted { known } else { try admit(request) }
            switch admitted.route {
            case .path: reply = try answerPath(request, user: admitted.user)
            case .resource(let route):
                label = metricsLabel(route)
                reply = try answer(request, route, user: admitted.user)
            }
        } catch {
            reply = Reply(.now(Response(error)))
        }
        let release = reply.completion
        reply.completion = { [metrics, label] code in
            release?(code)
            metrics.count(label, code: code, duration: start.duration(to: .now))
        }
        return reply
    }

    /// Only names of what is served: a client's own would come out again in the text of the metrics.
    private func metricsLabel(_ route: ResourceRoute) -> Metrics.Label {
        let type = registry.resourceType(group: route.group, version: route.version, plural: route.resource) ?? Review.named(route)?.type
        guard let type else { return Metrics.Label(verb: route.verb.rawValue, resource: "") }
        guard let name = route.subresource else { return Metrics.Label(verb: route.verb.rawValue, resource: type.plural) }
        let subresource = Subresource.named(name, of: type) == nil ? "unknown" : name
        return Metrics.Label(verb: route.verb.rawValue, resource: "\(type.plural)/\(subresource)")
    }

    /// Authenticates and authorizes.
    private func admit(_ request: Request) throws(APIStatus) -> Request.Admitted {
        let authenticated = try authenticator.authenticate(
            authorization: request.headers.first(name: "authorization"), certificateIdentity: request.certificateIdentity)
        let user = try Impersonation.user(for: authenticated, headers: request.headers, authorizer: authorizer)
        let route = try Route(method: request.method, path: request.path, query: request.query)
        let question: AuthorizationQuestion
        switch route {
        case .resource(let resource):
            // A list that can only name one object is authorized for that object.
            let selected = resource.name == nil ? request.query["fieldSelector"].flatMap(Self.selectedName) : nil
            question = resource.question(user: user, named: selected)
        case .path: question = AuthorizationQuestion(user: user, verb: request.method.rawValue.lowercased(), target: .path(request.path))
        }
        try authorizer.authorize(question)
        return Request.Admitted(user: user, route: route)
    }

    private static func selectedName(_ selector: String) -> String? {
        // A selector that does not parse is refused by the verb.
        (try? FieldSelector(parsing: selector))?.required("metadata.name")
    }

    private func answer(_ request: Request, _ route: ResourceRoute, user: UserInfo) throws(APIStatus) -> Reply {
        if let review = Review.named(route) { return try answer(review, request: request, route, user: user) }
        guard let type = registry.resourceType(group: route.group, version: route.version, plural: route.resource) else { throw Self.unknownPath }
        guard type.isNamespaced || route.namespace == nil else { throw Self.unknownPath }
        let warnings = try customWarnings(type)
        guard route.subresource != nil || type.verbs.contains(route.verb.rawValue) else { throw Self.methodNotAllowed }
        if let name = route.subresource {
            guard let subresource = Subresource.named(name, of: type) else {
                throw APIStatus(.notFound, "the server could not find the requested resource: it has no \(type.plural)/\(name)")
            }
            guard subresource.verbs.contains(route.verb) else { throw Self.methodNotAllowed }
        }
        let call = Call(
            request: request, route: route, type: type,
            context: RequestContext(user: user, userAgent: request.userAgent, warnings: warnings),
            format: try ResponseFormat(
                accept: request.headers.first(name: "accept"), pretty: try request.query.bool("pretty") ?? false,
                hasMetadata: route.verb != .create || route.subresource == nil && type != .bindings))
        if let warning = Self.deprecations[type] { call.context.warnings.add(warning) }
        guard type.isNamespaced == (route.namespace != nil) || route.verb.isRead && route.name == nil || route.verb == .create && route.name == nil
        else { throw route.name == nil ? Self.methodNotAllowed : Self.unknownPath }
        // Streams are bounded on their own.
        let isFollowedLog = try request.query.bool("follow") == true && route.subresource == "log"
        if route.verb == .watch || isFollowedLog { return try perform(call) }
        let inFlight = route.verb.isRead ? reads : writes
        guard inFlight.enter() else {
            throw APIStatus(.tooManyRequests, "Too many requests, please try again later.", retryAfterSeconds: limits.retryAfterSeconds)
        }
        do throws(APIStatus) {
            var reply = try perform(call)
            reply.completion = { _ in inFlight.leave() }
            return reply
        } catch {
            inFlight.leave()
            throw error
        }
    }

    /// What is said to those who use a deprecated version of a custom kind.
    ///
    /// Throws for a version that only a conversion webhook could give.
    private func customWarnings(_ type: ResourceType) throws(APIStatus) -> Warnings {
        let warnings = Warnings()
        guard let custom = registry.kinds.custom(type) else { return warnings }
        if let text = custom.deprecationWarning { warnings.add(text) }
        if !custom.isStorage, registry.kinds.resource(type.groupResource)?.conversionStrategy == "Webhook" {
            throw APIStatus(
                .internalError,
                "\(type.gvk.apiVersion) \(type.kind) needs a conversion webhook, which this server does not call; use \(custom.storageType.gvk.apiVersion)")
        }
        return warnings
    }

    private func perform(_ call: Call) throws(APIStatus) -> Reply {
        switch call.route.verb {
        case .get: call.route.subresource == "log" ? try log(call) : try get(call)
        case .list: try list(call)
        case .watch: try watch(call)
        case .create: try create(call)
        case .update: try update(call)
        case .patch: try patch(call)
        case .delete: try delete(call)
        case .deleteCollection: try deleteCollection(call)
        }
    }

    /// Kinds that Kubernetes advises against. Source: kubernetes, zz_generated.prerelease-lifecycle.go.
    private static let deprecations: [ResourceType: String] = [
        .componentStatuses: "v1 ComponentStatus is deprecated in v1.19+",
        .endpoints: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    ]

    static let unknownPath = APIStatus(.notFound, "the server could not find the requested resource")
    static let methodNotAllowed = APIStatus(.methodNotAllowed, "the server does not allow this method on the requested resource")
}
