import APIMachinery
import Synchronization

/// The registry's allocator of cluster IPs and node ports: claims precede the commit, so that two
/// Services never get one address.
final class ServiceAddresses: Sendable {
    typealias Claim = ServiceAllocator.Claim

    private let allocator: Mutex<ServiceAllocator>
    private let cidr: String

    init(cidr: String) throws(APIStatus) {
        self.cidr = cidr
        allocator = Mutex(try ServiceAllocator(cidr: cidr))
    }

    private init(_ allocator: ServiceAllocator) {
        cidr = allocator.cidr
        self.allocator = Mutex(allocator)
    }

    /// A copy that shares nothing.
    func copy() -> ServiceAddresses { ServiceAddresses(allocator.withLock { $0 }) }

    /// Notes what stored Services hold.
    func reserve(_ services: some Sequence<Object>) {
        allocator.withLock { allocator in for service in services { allocator.reserve(service) } }
    }

    /// nil for anything but a Service.
    func claim(for object: inout Object, old: Object?, type: ResourceType) throws(APIStatus) -> Claim? {
        guard type == .services else { return nil }
        let service = object
        let result = allocator.withLock { allocator -> Result<(Object, Claim), APIStatus> in
            var service = service
            do throws(APIStatus) {
                let claim = try allocator.claim(for: &service, old: old)
                return .success((service, claim))
            } catch {
                return .failure(error)
            }
        }
        let (filled, claim) = try result.get()
        object = filled
        return claim
    }

    /// The write failed. `stored` is what holds now, perhaps by a write that came in between.
    func release(_ claim: Claim?, stored: Object? = nil) {
        guard let claim else { return }
        allocator.withLock { allocator in
            allocator.release(claim)
            if let stored { allocator.reserve(stored) }
        }
    }

    func commit(_ claim: Claim?) {
        if let claim { allocator.withLock { $0.commit(claim) } }
    }

    func free(_ object: Object, type: ResourceType) {
        if type == .services { allocator.withLock { $0.free(object) } }
    }
}
