import APIMachinery
import AsyncHTTPClient
import NIOCore

extension HTTPSClient {
    /// Longer lines of a log come in pieces.
    static let logLineBytesMax = 1 << 20

    /// A container's log, line by line as it is read; with `follow` until the container ends.
    ///
    /// Errors: `notFound` when the pod is gone, `badRequest` when the container has not started or `previous` does not exist.
    func logs(namespace: String, pod: String, container: String, options: LogOptions) async throws(APIStatus) -> LineReader {
        var query = [("container", container)]
        if options.follow { query.append(("follow", "true")) }
        if options.previous { query.append(("previous", "true")) }
        if options.timestamps { query.append(("timestamps", "true")) }
        if let lines = options.tailLines { query.append(("tailLines", String(lines))) }
        if let bytes = options.limitBytes { query.append(("limitBytes", String(bytes))) }
        if let seconds = options.sinceSeconds { query.append(("sinceSeconds", String(seconds))) }
        if let time = options.sinceTime { query.append(("sinceTime", time)) }
        let key = ObjectKey(.pods, namespace: namespace, name: pod)
        // A day later the follower asks again.
        let deadline = options.follow ? NIODeadline.now() + .hours(24) : .now() + .hours(1)
        let response = try await connection.send(.GET, Self.path(key, "log"), query: query, accept: "text/plain, */*", deadline: deadline)
        return LineReader(response, connection: connection, bytesMax: Self.logLineBytesMax, kind: .text)
    }
}
