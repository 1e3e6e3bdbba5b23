import APIMachinery

/// What an `Application` object asks for, read once from its JSON.
package struct Application: Sendable, Hashable {
    package enum Origin: Sendable, Hashable {
        /// A repository that the daemon owns, by name.
        case repository(String)
        /// One that is read in place (an absolute path) or fetched (https, ssh, git).
        case url(String)
    }

    package var namespace: String
    package var name: String
    /// Empty where the object was never read.
    package var uid = ""
    package var generation: Int64
    package var origin: Origin
    /// A branch, tag or commit; nil is the branch that HEAD names, or the tag that `source.versions` finds.
    package var revision: String?
    /// Which versions, with which credentials, with submodules or without.
    package var source = SourceOptions()
    /// The variables of the manifests; nil leaves `${…}` in them alone.
    package var substitute: Substitute?
    /// The directory of the manifests in the repository, `.` or like `deploy/production`.
    package var path: String
    /// The namespace of objects that name none.
    package var destination: String
    package var prunes: Bool
    package var selfHeals: Bool
    /// Most objects that one commit may delete; nil: see `deletionsMax`.
    package var maxDeletions: Int?
    /// How often a remote is fetched.
    package var interval: Duration
    package var isSuspended: Bool
    /// A commit that empties the path is let through (annotation `gitctl.dev/allow-empty: "true"`).
    package var allowsEmpty: Bool
    /// Asks for a fetch and a sync now: a token in the annotation `gitctl.dev/sync`, of any form.
    package var syncRequest: String?
    /// Fields of its objects that are left to others.
    package var ignoreRules: [IgnoreRule] = []
    /// What health is of kinds that gitctl does not know.
    package var healthChecks: [HealthCheck] = []
    /// The ServiceAccount of its namespace whose rights bound what is done for it; nil: gitctl's own.
    package var serviceAccountName: String?
    /// Objects whose immutable fields change are deleted and made anew.
    package var replaces = false
    package var policy = SyncPolicy()
    /// Its deletion has begun: nothing is synced any more.
    package var isDeleting = false
    /// Its deletion waits until its objects are deleted.
    package var hasFinalizer = false
    /// `spec.source` as it is written.
    var sourceJSON = JSON.null
    /// What is in the status. Read when somebody asks: it may name thousands of objects.
    package var status: ApplicationStatus {
        get { statusRead ?? ApplicationStatus(statusJSON) }
        set { statusRead = newValue }
    }
    private var statusRead: ApplicationStatus?
    private var statusJSON = JSON.null

    /// The shortest interval at which a remote is asked.
    package static let intervalMin: Duration = .seconds(10)
    package static let intervalDefault: Duration = .seconds(60)

    package init(namespace: String, name: String, origin: Origin, revision: String? = nil, path: String = ".", destination: String = "default") {
        self.namespace = namespace
        self.name = name
        self.origin = origin
        self.revision = revision
        self.path = path
        self.destination = destination
        generation = 0
        prunes = true
        selfHeals = true
        interval = Self.intervalDefault
        isSuspended = false
        allowsEmpty = false
    }

    /// Most objects that one commit may delete: as the spec says, else ten or a quarter of all, whichever is more.
    package var deletionsMax: Int { maxDeletions ?? max(10, status.inventory.count / 4) }

    var isFromOwnRepository: Bool { if case .repository = origin { true } else { false } }

    /// `<namespace>/<name>`: what the annotation on its objects says.
    package var reference: String { "\(namespace)/\(name)" }
    package var key: ObjectKey { ObjectKey(.applications, namespace: namespace, name: name) }

    /// Marks an object as this Application's: written on each, and required of what is pruned.
    package static let annotation = "gitctl.dev/application"
    /// `disabled` on an object keeps it when it leaves the repository.
    package static let pruneAnnotation = "gitctl.dev/prune"
    /// `enabled` on an object lets a sync delete and create it anew when an immutable field changes.
    package static let replaceAnnotation = "gitctl.dev/replace"
    package static let allowEmptyAnnotation = "gitctl.dev/allow-empty"
    package static let syncAnnotation = "gitctl.dev/sync"
    /// Holds an Application that is deleted until its objects are, where `spec.deletionPolicy` is Delete.
    package static let finalizer = "gitctl.dev/objects"
    /// The field manager of everything that the reconciler applies.
    package static let fieldManager = "gitctl"
}

/// Why an Application's spec cannot be used; a sentence for the user.
package struct InvalidApplication: Error, Sendable, CustomStringConvertible {
    package var description: String
}

extension Application {
    package init(_ object: Object) throws(InvalidApplication) {
        let spec = object.spec
        let source = spec["source"] ?? .null
        let origin: Origin
        switch (source["repository"]?.string, source["url"]?.string) {
        case (let repository?, nil) where !repository.isEmpty: origin = .repository(repository)
        case (nil, let url?) where !url.isEmpty: origin = .url(url)
        case (_?, _?): throw InvalidApplication(description: "spec.source has both repository and url; keep one")
        default:
            throw InvalidApplication(
                description: "spec.source names nothing; set repository (one that gitctl owns) or url (one to fetch)")
        }
        self.init(
            namespace: object.namespace, name: object.name, origin: origin,
            revision: source["revision"]?.string.flatMap { $0.isEmpty || $0 == "HEAD" ? nil : $0 },
            path: try Self.normalized(path: source["path"]?.string ?? "."),
            destination: spec[path: ["destination", "namespace"]]?.string ?? "default")
        generation = object.generation
        self.source = try SourceOptions(source, revision: revision)
        substitute = try spec["substitute"].map { json throws(InvalidApplication) in try Substitute(json) }
        uid = object.uid
        let sync = spec["sync"] ?? .null
        prunes = sync["prune"]?.bool ?? true
        selfHeals = sync["selfHeal"]?.bool ?? true
        maxDeletions = sync["maxDeletions"]?.int.map { Int(clamping: max(0, $0)) }
        isSuspended = spec["suspend"]?.bool ?? false
        if let text = sync["interval"]?.string {
            guard let interval = Duration(goText: text) else {
                throw InvalidApplication(description: "spec.sync.interval \"\(text)\" is no duration; write it like 30s, 5m or 1h30m")
            }
            self.interval = max(interval, Self.intervalMin)
        }
        ignoreRules = try IgnoreRule.rules(of: spec)
        healthChecks = try HealthCheck.checks(of: spec)
        serviceAccountName = try Self.serviceAccountName(spec)
        replaces = sync["replace"]?.bool ?? false
        policy = try SyncPolicy(spec, namespace: object.namespace, reference: reference)
        isDeleting = object.isDeleting
        hasFinalizer = object.finalizers.contains(Self.finalizer)
        sourceJSON = source
        let annotations = object.annotations
        allowsEmpty = annotations[Self.allowEmptyAnnotation] == "true"
        syncRequest = annotations[Self.syncAnnotation]
        statusJSON = object.status
    }

    /// `./a//b/` as `a/b`; refuses what leaves the repository.
    package static func normalized(path: String) throws(InvalidApplication) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            guard part != ".." else {
                throw InvalidApplication(description: "spec.source.path \"\(path)\" leaves the repository; give a directory inside it")
            }
            parts.append(part)
        }
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }
}

extension Duration {
    /// From Go's notation as Kubernetes uses it: `1h30m`, `45s`, `250ms`; nil when malformed or negative.
    package init?(goText text: String) {
        var total = Duration.zero
        var rest = Substring(text)
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let number = Int64(digits), number < 1_000_000_000 else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            switch unit {
            case "ms": total += .milliseconds(number)
            case "s": total += .seconds(number)
            case "m": total += .seconds(number * 60)
            case "h": total += .seconds(number * 3600)
            default: return nil
            }
        }
        self = total
    }
}
