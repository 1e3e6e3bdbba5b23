import APIMachinery
import Logging
import Synchronization

/// The API's verbs over the store: what is served, whatever the transport. One file per verb.
///
/// Reads are synchronous and come from memory. A write runs: decode and check against the schema,
/// prepare as the kind demands, admission, validation, commit; a write that lost a race and named
/// no version is done again on the newer one.
package final class Registry: Sendable {
    /// Attempts of a write that names no version, before it gives up with a conflict.
    static let attemptsMax = 64

    package let store: Store
    package let clock: any WallClock
    let schema: Schema
    let random: NameGenerator
    let addresses: ServiceAddresses
    private let issuer: Mutex<(any TokenIssuer)?>
    private let endpoint = Mutex<(any NodeEndpoint)?>(nil)
    private let forecaster = Mutex<Forecaster?>(nil)
    let kinds: KindCatalog
    /// Who may hand out rights, and the webhooks: set at start.
    package let guards: RegistryGuards
    let quotas: QuotaLedger

    /// - Parameters:
    ///   - serviceCIDR: where cluster IPs come from, `10.43.0.0/16`.
    ///   - seed: makes generated names and uids repeatable; nil takes them from the system.
    /// - Throws: `badRequest` when the CIDR is none.
    package convenience init(
        store: Store, types: [ResourceType] = ResourceType.builtin + ResourceType.derived, serviceCIDR: String, clock: any WallClock, seed: UInt64? = nil
    ) throws(APIStatus) {
        self.init(
            store: store, kinds: KindCatalog(builtin: types), schema: .builtin, random: NameGenerator(seed: seed),
            addresses: try ServiceAddresses(cidr: serviceCIDR), issuer: nil, guards: RegistryGuards(), clock: clock)
        refreshKinds()
        addresses.reserve(store.latest(ResourceType.services.groupResource).objects(in: nil).map(\.object))
    }

    private init(
        store: Store, kinds: KindCatalog, schema: Schema, random: NameGenerator, addresses: ServiceAddresses,
        issuer: (any TokenIssuer)?, guards: RegistryGuards, clock: any WallClock
    ) {
        self.store = store
        self.kinds = kinds
        self.schema = schema
        self.random = random
        self.addresses = addresses
        self.issuer = Mutex(issuer)
        self.guards = guards
        quotas = QuotaLedger(store: store, clock: clock)
        self.clock = clock
    }

    /// A registry over a fork of the store: what is written to it stays in memory.
    ///
    /// Admission and rights are the same, but no webhook is called: whoever is asked about a prediction
    /// must not act. Names and uids are the fork's own, the same ones for the same state.
    ///
    /// - Parameter clock: the fork's own time; nil goes on with this registry's.
    package func fork(clock: (any WallClock)? = nil) -> Registry {
        let store = store.fork(clock: clock)
        let judges = RegistryGuards()
        judges.authorizer = guards.authorizer
        judges.escalation = guards.escalation
        return Registry(
            store: store, kinds: kinds.copy(), schema: schema, random: NameGenerator(seed: store.revision), addresses: addresses.copy(),
            issuer: nil, guards: judges, clock: clock ?? self.clock)
    }

    /// Who signs the tokens of `serviceaccounts/token`; set once at start.
    package var tokenIssuer: (any TokenIssuer)? {
        get { issuer.withLock { $0 } }
        set { issuer.withLock { $0 = newValue } }
    }

    /// Who measures what nodes and pods use; set once at start, nil where there is no node to measure.
    package var nodeEndpoint: (any NodeEndpoint)? {
        get { endpoint.withLock { $0 } }
        set { endpoint.withLock { $0 = newValue } }
    }

    /// Who tries writes on forks; set once at start, nil where nothing but the registry runs.
    package var forecasts: Forecaster? {
        get { forecaster.withLock { $0 } }
        set { forecaster.withLock { $0 = newValue } }
    }

    /// The kinds served now.
    package var resourceTypes: [ResourceType] {
        // Whoever saw the event of a definition finds its kind, or does not any longer.
        refreshKinds()
        return kinds.types
    }

    package func resourceType(group: String, version: String, plural: String) -> ResourceType? {
        if let type = kinds.type(group: group, version: version, plural: plural) { return type }
        // The event of a definition may be seen before its writer has taken it over.
        refreshKinds()
        return kinds.type(group: group, version: version, plural: plural)
    }
}

/// Makes the random parts of names and the uids.
final class NameGenerator: Sendable {
    /// Letters and digits that spell no words. Source: apimachinery, util/rand.
    private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
    /// Longest base of a generated name: 63 less the suffix.
    private static let baseCountMax = 58

    private struct Generator: RandomNumberGenerator {
        var state: UInt64?

        /// SplitMix64 of the seed, or the system's.
        mutating func next() -> UInt64 {
            guard var seed = state else {
                var system = SystemRandomNumberGenerator()
                return system.next()
            }
            seed &+= 0x9e37_79b9_7f4a_7c15
            state = seed
            var value = seed
            value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
            return value ^ (value >> 31)
        }
    }

    private let generator: Mutex<Generator>

    init(seed: UInt64?) { generator = Mutex(Generator(state: seed)) }

    /// Five characters, as `generateName` appends.
    func suffix() -> String {
        var number = generator.withLock { $0.next() }
        return String(unsafeUninitializedCapacity: 5) { text in
            for index in 0..<5 {
                text[index] = Self.alphabet[Int(number % UInt64(Self.alphabet.count))]
                number /= UInt64(Self.alphabet.count)
            }
            return 5
        }
    }

    func name(base: String) -> String { base.prefix(Self.baseCountMax) + suffix() }

    /// A random UUID, version 4 (RFC 9562).
    func uid() -> String {
        var (high, low) = generator.withLock { ($0.next(), $0.next()) }
        high = high & ~0xf000 | 0x4000
        low = low & ~(3 << 62) | 2 << 62
        return String(unsafeUninitializedCapacity: 36) { text in
            var digit = 0
            for index in 0..<36 {
                if index == 8 || index == 13 || index == 18 || index == 23 {
                    text[index] = UInt8(ascii: "-")
                    continue
                }
                let value = UInt8(truncatingIfNeeded: (digit < 16 ? high : low) >> UInt64(60 - 4 * (digit % 16))) & 15
                text[index] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
                digit += 1
            }
            return 36
        }
    }
}
