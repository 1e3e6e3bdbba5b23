import APIMachinery
import ArgumentParser
import Reconciler

package struct Logs: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Print the logs of all pods of an Application, or of one of its objects.",
        discussion: """
            Each line begins with POD/CONTAINER. With --follow, pods that come later are followed too, until interrupted.

            Examples:
              gitctl logs                              # the only Application
              gitctl logs site -f --tail 20
              gitctl logs site deployment/web --since 10m --timestamps
              gitctl logs site pod/web-7d4b9 --previous
            """)

    @Argument(help: ArgumentHelp("The Application: NAME or NAMESPACE/NAME; default: the only one.", valueName: "app"))
    package var application: ApplicationName?
    @Argument(help: ArgumentHelp("One of its objects or pods, KIND/NAME; default: all.", valueName: "kind/name")) package var object: ObjectName?
    @Flag(name: .shortAndLong, help: "Go on with what is written from now on.") package var follow = false
    @Option(help: ArgumentHelp("Only lines of the last 90s, 5m, 1h30m.", valueName: "time")) package var since: DurationArgument?
    @Option(help: ArgumentHelp("Only the last lines of each container.", valueName: "count")) package var tail: Int?
    @Flag(help: "The runs before the present ones, of containers that restarted.") package var previous = false
    @Flag(help: "Begin each line with its time, too.") package var timestamps = false
    @OptionGroup package var cluster: ClusterOptions

    package init() {}

    package func validate() throws {
        if follow && previous { throw ValidationError("--follow and --previous exclude each other: a run that is over does not go on") }
        if let tail, tail < 0 { throw ValidationError("--tail takes a number of lines, not \(tail)") }
    }

    package func run() async throws {
        let client = try cluster.client()
        let name = try await ApplicationChoice(client: client).named(application)
        let asked = object
        let type = asked == nil ? nil : try asked?.type(among: try await client.resourceTypes())
        var options = LogOptions()
        options.follow = follow
        options.previous = previous
        options.tailLines = tail
        // A part of a second counts as a whole one, as kubectl has it.
        options.sinceSeconds = since.map { Int(max(1, ($0.duration.nanoseconds + 999_999_999) / 1_000_000_000)) }
        let follower = LogFollower(
            client: client, output: LogOutput(Terminal.standardOutput), options: options, showsTimes: timestamps, note: { printNote($0) })
        let (follow, previous) = (follow, previous)
        try await LiveView(client: client, types: LiveView.workloadTypes).during { view in
            let selection = LogSelection(application: name, object: asked.flatMap { asked in type.map { ($0, asked.name) } })
            try selection.check(view)
            guard follow else {
                let sources = selection.pods(view).flatMap { LogSource.all(in: $0, isPrevious: previous) }
                if sources.isEmpty { printNote(previous ? "no container of \(selection) has restarted" : "no container of \(selection) has started yet") }
                return try await follower.read(sources)
            }
            try await follower.follow(view) { selection.pods($0) }
        }
    }
}

/// Whose logs are asked for.
struct LogSelection: Sendable, CustomStringConvertible {
    let application: ApplicationName
    /// One of the Application's objects, or what it made; nil: all.
    let object: (type: ResourceType, name: String)?

    var description: String { object.map { "\($0.type.kind) \($0.name) of \(application)" } ?? application.description }

    /// In the order of their names.
    func pods(_ view: LiveView) -> [Object] {
        guard let live = view.get(.applications, namespace: application.namespace, name: application.name) else { return [] }
        let roots = all(ApplicationStatus(live.status), view)
        var seen: Set<String> = []
        return roots.filter { found in object.map { found.type == $0.type && found.object.name == $0.name } ?? true }
            .flatMap { view.pods(of: $0.object) }
            .filter { seen.insert($0.uid).inserted }.sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
    }

    /// Refuses what the Application has not.
    func check(_ view: LiveView) throws {
        guard let object, let live = view.get(.applications, namespace: application.namespace, name: application.name) else { return }
        let found = all(ApplicationStatus(live.status), view)
        if found.contains(where: { $0.type == object.type && $0.object.name == object.name }) { return }
        let known = found.filter { $0.type != .replicaSets }.map { "\($0.type.singular)/\($0.object.name)" }
        throw Failure(
            "Application \(application) has no \(object.type.kind) \(object.name) with pods",
            hints: known.isEmpty ? [] : ["it has: \(known.prefix(12).joined(separator: ", "))\(known.count > 12 ? ", …" : "")"])
    }

    /// What may have pods: of the inventory, and what that made.
    private func all(_ status: ApplicationStatus, _ view: LiveView) -> [(type: ResourceType, object: Object)] {
        status.inventory.flatMap { entry -> [(type: ResourceType, object: Object)] in
            guard let type = view.type(group: entry.group, kind: entry.kind), type != .persistentVolumeClaims, type != .applications,
                let object = view.get(type, namespace: entry.namespace, name: entry.name)
            else { return [] }
            return [(type, object)] + view.made(by: object)
        }
    }
}
