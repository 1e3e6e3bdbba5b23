import APIMachinery
import Glibc
import Logging
import ServiceLifecycle
import Synchronization

/// Programs the kernel so that service addresses lead to ready endpoints.
///
/// Changes are applied as they come, those that come while nft runs together afterwards. The table
/// outlives the daemon: services go on while no one runs, and the next run replaces the table without
/// a gap.
package final class ServiceProxy: Service {
    /// Waits between attempts when nft refuses.
    static let backoff: ClosedRange<Duration> = .milliseconds(100) ... .seconds(10)

    private struct Drain {
        var address: String
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var table: ServiceTable
        /// Addresses that programmed rules lead to; nil until the first transaction.
        var programmed: Set<String>?
        /// Whether someone may have deleted the table.
        var isInDoubt = false
        var drains: [UInt64: Drain] = [:]
        var nextID: UInt64 = 0
    }

    private let instance: Instance
    private let informers: [Informer]
    private let podCIDR: String
    private let serviceCIDR: String
    private let logger: Logger
    private let state: Mutex<State>
    private let changed = Signal()
    private let nameServer: NameServer

    /// `pods` are those of this node (for host ports). Make it before the informers run; they are run
    /// by their owner.
    package init(
        instance: Instance, services: Informer, endpointSlices: Informer, pods: Informer, nodeName: String, podCIDR: String,
        serviceCIDR: String, logger: Logger
    ) {
        self.instance = instance
        informers = [services, endpointSlices, pods]
        self.podCIDR = podCIDR
        self.serviceCIDR = serviceCIDR
        self.logger = logger
        state = Mutex(State(table: ServiceTable(nodeName: nodeName)))
        nameServer = NameServer(
            zone: DNSZone(ranges: [podCIDR, serviceCIDR]),
            ownAddresses: [NameServer.address(serviceCIDR: serviceCIDR), PodNetwork.gateway(of: podCIDR)].compactMap { $0 }, logger: logger)
        services.onChange { [self] change in
            see(change) { $0.setService($1, isDeleted: $2) }
            nameServer.setService(change.object, isDeleted: change.isDeletion)
        }
        endpointSlices.onChange { [self] change in
            see(change) { $0.setSlice($1, isDeleted: $2) }
            nameServer.setSlice(change.object, isDeleted: change.isDeletion)
        }
        pods.onChange { [self] change in see(change) { $0.setPod($1, isDeleted: $2) } }
    }

    private func see(_ change: Informer.Change, _ store: (inout ServiceTable, Object, Bool) -> Void) {
        state.withLock { store(&$0.table, change.object, change.isDeletion) }
        changed.fire()
    }

    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.serveNames() }
            group.addTask { try await self.program() }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Runs the name server, again after a failure: without it services still work.
    private func serveNames() async throws {
        guard let address = NameServer.address(serviceCIDR: serviceCIDR), let host = PodNetwork.gateway(of: podCIDR) else {
            return await Signal().wait()
        }
        while !Task.isCancelled {
            do {
                try await nameServer.run(host: host) { ports in
                    self.state.withLock { $0.table.setNameServer(address, host: host, ports: ports) }
                    self.changed.fire()
                }
            } catch {
                if Task.isCancelled { return }
                logger.error("the name server ended; starting it again", metadata: ["error": "\(error)"])
                try await Task.sleep(for: Self.backoff.upperBound)
            }
        }
    }

    /// Keeps the kernel's table equal to what the cluster says.
    private func program() async throws {
        for informer in informers { await informer.waitUntilSynced() }
        let network = ServiceNetwork(instance)
        var applied: Ruleset?
        var datagramEndpoints: Set<String> = []
        var wait = Self.backoff.lowerBound
        let watch = TableWatch(table: instance.tableName) { [self] in
            state.withLock { $0.isInDoubt = true }
            changed.fire()
        }
        defer { withExtendedLifetime(watch) {} }
        while !Task.isCancelled {
            let (next, isInDoubt) = state.withLock { state in
                defer { state.isInDoubt = false }
                return (state.table.outcome(), state.isInDoubt)
            }
            do {
                if isInDoubt, try await !network.hasTable() { applied = nil }
                if let applied {
                    let transaction = next.ruleset.transaction(from: applied, table: instance.tableName)
                    if !transaction.isEmpty { try await Command("nft", "-f", "-").output(input: transaction) }
                } else {
                    try await network.replace(podCIDR: podCIDR, serviceCIDR: serviceCIDR, content: next.ruleset)
                }
                applied = next.ruleset
                wait = Self.backoff.lowerBound
            } catch {
                if Task.isCancelled { return }
                logger.error("nft refuses the services' rules; trying all of them again", metadata: ["error": "\(error)"])
                applied = nil
                try await Task.sleep(for: wait)
                wait = min(wait * 2, Self.backoff.upperBound)
                continue
            }
            finishDrains(programmed: next.addresses)
            await forgetConnections(to: datagramEndpoints.subtracting(next.datagramEndpoints))
            datagramEndpoints = next.datagramEndpoints
            await changed.wait()
        }
    }

    private func finishDrains(programmed: Set<String>) {
        let finished = state.withLock { state in
            state.programmed = programmed
            let finished = state.drains.filter { !programmed.contains($0.value.address) }
            for id in finished.keys { state.drains[id] = nil }
            return finished.values.map(\.continuation)
        }
        for continuation in finished { continuation.resume() }
    }

    /// Connection tracking would go on sending datagrams to endpoints that are gone. Best effort: it
    /// forgets by itself after 30 seconds of silence, and the tool is optional.
    private func forgetConnections(to endpoints: Set<String>) async {
        guard !endpoints.isEmpty, ExecutablePath.find("conntrack") != nil else { return }
        for endpoint in endpoints {
            // It fails when there was nothing to forget.
            _ = try? await Command("conntrack", "-D", "-p", "udp", "--reply-src", endpoint).run()
        }
    }

    /// Returns when no programmed rule leads to `podIP`, or after `limit`.
    package func drained(podIP: String, within limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.drained(podIP: podIP) }
            // Cancellation ends the sleep early, which is what is wanted.
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    private func drained(podIP: String) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if Task.isCancelled || state.programmed?.contains(podIP) == false { return true }
                    state.drains[id] = Drain(address: podIP, continuation: continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.drains.removeValue(forKey: id) }?.continuation.resume()
        }
    }

    /// Removes the table of `instance`, and with it every rule, and the route of its service range.
    package static func removeTable(_ instance: Instance) async throws { try await ServiceNetwork(instance).remove() }
}

extension Informer.Change {
    fileprivate var isDeletion: Bool {
        if case .deleted = self { true } else { false }
    }
}
