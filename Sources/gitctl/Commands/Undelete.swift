import APIMachinery
import ArgumentParser
import Reconciler

package struct Undelete: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Bring back an object that a sync deleted within the last day.",
        discussion: """
            What a sync prunes or replaces is kept for a day, in Secrets of the Application's namespace. It comes back as it \
            was, without its Application's mark: git does not hold it, and no sync changes or deletes it. What Secrets outside of \
            gitctl-system say of other namespaces and of the cluster needs --app.

            Examples:
              gitctl undelete                        # what there is
              gitctl undelete configmap/settings -n shop
            """)

    @Argument(help: ArgumentHelp("KIND/NAME, the kind as kubectl takes it; default: list what there is.", valueName: "kind/name"))
    package var object: ObjectName?
    @Option(name: .shortAndLong, help: ArgumentHelp("Its namespace.", valueName: "namespace")) package var namespace = "default"
    @Option(help: ArgumentHelp("Only what this Application deleted: NAME or NAMESPACE/NAME.", valueName: "app")) package var app: ApplicationName?
    @Flag(help: "List what there is.") package var list = false
    @OptionGroup package var cluster: ClusterOptions

    package init() {}

    package func validate() throws {
        if list && object != nil { throw ValidationError("--list shows all there is; it takes no KIND/NAME") }
    }

    package func run() async throws {
        let client = try cluster.client()
        let undeletion = Undeletion(client: client)
        let now = SystemClock().now
        let tombstones = try await undeletion.tombstones(namespace: app?.namespace, now: now).filter { app == nil || $0.application.name == app?.name }
        guard let object else {
            let terminal = Terminal.standardOutput
            return printLine(TombstoneList(tombstones, now: now).text(terminal))
        }
        let type = try object.type(among: try await client.resourceTypes())
        let key = ObjectKey(type, namespace: type.isNamespaced ? namespace : nil, name: object.name)
        let (tombstone, deleted) = try TombstoneList.find(key, in: tombstones, isChosen: app != nil)
        do { try await undeletion.restore(deleted, type) } catch {
            switch error.reason {
            case .alreadyExists: throw Failure("\(key) exists; what was deleted under its name stays deleted", hints: ["delete it first if it is to give way: kubectl delete"])
            case .notFound where error.kind == "namespaces":
                throw Failure("\(key) cannot come back: its namespace is gone", hints: ["make it first: gitctl undelete namespace/\(namespace), or kubectl create namespace \(namespace)"])
            default: throw error
            }
        }
        printLine(TombstoneList.restored(key, from: tombstone, now: now))
        printNote("warning: it is not in git, and no sync keeps or deletes it; commit its manifest if it is to stay")
    }
}

/// What can be brought back.
package struct TombstoneList: Sendable {
    private let tombstones: [Tombstone]
    private let now: Timestamp

    package init(_ tombstones: [Tombstone], now: Timestamp) {
        self.tombstones = tombstones
        self.now = now
    }

    /// As it was deleted last. - Parameter isChosen: the Application was named, and with it whose word is taken.
    static func find(_ key: ObjectKey, in tombstones: [Tombstone], isChosen: Bool) throws(Failure) -> (Tombstone, Object) {
        var outOfReach: Tombstone?
        for tombstone in tombstones {
            let found = tombstone.objects.first {
                $0.kind == key.type.kind && $0.gvk?.group == key.type.group && $0.namespace == key.namespace ?? "" && $0.name == key.name
            }
            guard let found else { continue }
            if isChosen || tombstone.isInReach(found) { return (tombstone, found) }
            outOfReach = outOfReach ?? tombstone
        }
        guard let outOfReach else {
            throw Failure("\(key) is not among what syncs deleted within the last day", hints: ["gitctl undelete lists what is"])
        }
        let (namespace, name) = (outOfReach.application.namespace, outOfReach.application.name)
        throw Failure(
            "\(key) is kept in Secret \(namespace)/\(outOfReach.secretName) alone, which whoever may write Secrets in namespace \(namespace) can have made",
            hints: ["look at it, and name its Application to bring it back: --app \(namespace)/\(name)"])
    }

    static func restored(_ key: ObjectKey, from tombstone: Tombstone, now: Timestamp) -> String {
        let application = tombstone.application
        return
            "\(key) is back, as it was when Application \(application.name) deleted it \(age(now - tombstone.deleted)) ago, from Secret \(application.namespace)/\(tombstone.secretName)"
    }

    package func text(_ terminal: Terminal) -> String {
        let rows = tombstones.flatMap { tombstone in
            tombstone.objects.map { object in
                [
                    Table.Cell("\(object.kind)"), Table.Cell(object.namespace.isEmpty ? object.name : "\(object.namespace)/\(object.name)"),
                    Table.Cell(age(now - tombstone.deleted)), Table.Cell(age(tombstone.expires - now)),
                    Table.Cell(String(tombstone.revision.prefix(12))), Table.Cell(tombstone.application.name),
                ]
            }
        }
        guard !rows.isEmpty else { return "nothing was deleted by a sync within the last day" }
        return Table(["KIND", "NAME", "DELETED", "KEPT FOR", "COMMIT", "APPLICATION"], rows: rows).rendered(width: terminal.width, style: terminal.style)
    }
}
