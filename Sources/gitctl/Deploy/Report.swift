import APIMachinery
import Reconciler

/// The end of `up`: the commit that is live, what runs, and where it answers.
struct Report: Sendable {
    let view: LiveView
    let application: ApplicationName
    let commit: String

    func printAll() async throws {
        guard let object = view.get(.applications, namespace: application.namespace, name: application.name) else { return }
        let terminal = Terminal.standardOutput
        let entry = object.status["history"]?.array?.first { $0["revision"]?.string == commit }
        let subject = entry?["message"]?.string?.split(separator: "\n").first.map { " \($0)" } ?? ""
        let author = entry?["author"]?.string.map { " (\($0))" } ?? ""
        printLine("\(terminal.style(.green, "live")) \(application) at \(commit.prefix(12))\(subject)\(author)")
        printLine("")
        printLine(Self.table(view.workloads(object), now: SystemClock().now).rendered(width: terminal.width, style: terminal.style))
        let addresses = try await answering(object)
        guard !addresses.isEmpty else { return }
        printLine("")
        let rows = addresses.map { [Table.Cell($0.text), Table.Cell($0.service), Table.Cell($0.via)] }
        printLine(Table(["ANSWERS AT", "SERVICE", "BY"], rows: rows).rendered(width: terminal.width, style: terminal.style))
    }

    static func table(_ workloads: [Workload], now: Timestamp) -> Table {
        Table(
            ["KIND", "NAME", "READY", "AGE", "IMAGE"],
            rows: workloads.map { workload in
                [
                    Table.Cell(workload.kind), Table.Cell(workload.name),
                    Table.Cell(workload.ready, workload.isReady ? .green : .yellow),
                    Table.Cell(workload.created.map { age(now - $0) } ?? "-"), Table.Cell(workload.image.isEmpty ? "-" : workload.image),
                ]
            })
    }

    /// The addresses of the Application's Services that really take a connection.
    private func answering(_ application: Object) async throws -> [Address] {
        let nodes = view.list(.nodes)
        let candidates = ApplicationStatus(application.status).inventory
            .filter { $0.kind == "Service" && $0.group.isEmpty }
            .compactMap { view.get(.services, namespace: $0.namespace, name: $0.name) }
            .flatMap { Address.all(of: $0, nodes: nodes) }
        return try await withThrowingTaskGroup(of: (Int, Bool).self) { group in
            for (index, address) in candidates.enumerated() { group.addTask { (index, try await address.answers()) } }
            var answers = [Bool](repeating: false, count: candidates.count)
            for try await (index, answered) in group { answers[index] = answered }
            return zip(candidates, answers).filter(\.1).map(\.0)
        }
    }
}
