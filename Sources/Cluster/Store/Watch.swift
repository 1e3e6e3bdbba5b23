import APIMachinery

/// The events of one watch, in order. Ends without an error at its timeout; throws `expired` when
/// its consumer is too slow for the hub's history.
package struct Watch: AsyncSequence, Sendable {
    package typealias Element = StoreEvent
    package typealias Failure = APIStatus

    package struct AsyncIterator: AsyncIteratorProtocol {
        package mutating func next() async throws(APIStatus) -> StoreEvent? { nil }
        package mutating func next(isolation actor: isolated (any Actor)?) async throws(APIStatus) -> StoreEvent? { nil }

        /// Everything that can be delivered now (at least one event), or nil at the end: for
        /// writers that send many frames at once.
        package mutating func nextBatch() async throws(APIStatus) -> [StoreEvent]? { nil }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator() }
}
