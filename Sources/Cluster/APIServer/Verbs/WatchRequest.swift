import APIMachinery
import NIOHTTP1

extension APIServer {
    /// Most frames that are sent as one chunk.
    private static let batchMax = 256

    /// A stream of events, one JSON document a line. The frames are the hub's own bytes, shared by all watchers.
    func watch(_ call: Call) throws(APIStatus) -> Reply {
        var options = try call.listOptions()
        if options.timeout == nil { options.timeout = .seconds(Int64.random(in: limits.watchSeconds)) }
        let watch = try registry.watch(call.type, namespace: call.route.namespace, options: options, context: call.context)
        let encoder = WatchEncoder(call: call, columns: registry.columns(of: call.type), clock: clock)
        return Reply(
            .stream { writer throws(APIStatus) in
                var encoder = encoder
                // Errors of the writer mean that the client is gone: there is nobody to tell.
                guard (try? await writer.begin(contentType: encoder.contentType)) != nil else { return }
                var iterator = watch.makeAsyncIterator()
                do throws(APIStatus) {
                    while let batch = try await iterator.nextBatch() {
                        var rest = batch[...]
                        while !rest.isEmpty {
                            let frames = rest.prefix(Self.batchMax).map { encoder.frame($0) }
                            rest = rest.dropFirst(Self.batchMax)
                            guard (try? await writer.write(frames)) != nil else { return }
                        }
                    }
                } catch {
                    // As Kubernetes does: the failure is the last event.
                    let frame = JSON.object(["type": "ERROR", "object": error.json]).encoded() + [10]
                    _ = try? await writer.write([frame])
                }
            })
    }
}

/// Turns events into lines, in the shape the client asked for.
private struct WatchEncoder: Sendable {
    private let call: Call
    private let columns: [TableColumn]
    private let clock: any WallClock
    /// Only the first Table of a watch carries the column definitions.
    private var hasSentColumns = false

    init(call: Call, columns: [TableColumn], clock: any WallClock) {
        self.call = call
        self.columns = columns
        self.clock = clock
    }

    var contentType: String { "application/json" }

    mutating func frame(_ event: StoreEvent) -> [UInt8] {
        let object: JSON
        switch call.format.shape {
        case .object: return event.frame
        case .table(let version):
            let table = Table(
                columns: columns, version: version, includes: .init(call.query["includeObject"]), now: clock.now,
                hasColumns: !hasSentColumns)
            hasSentColumns = true
            object = table.json([event.version.object], metadata: ["resourceVersion": .string(event.version.resourceVersion)])
        case .partialMetadata(let version): object = Table.partialMetadata(event.version.object, version: version)
        }
        return JSON.object(["type": .string(event.kind.rawValue), "object": object]).encoded() + [10]
    }
}
