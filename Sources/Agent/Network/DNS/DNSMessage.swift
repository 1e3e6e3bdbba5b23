/// The part of DNS messages that a cluster's name service takes: one question in, records out.
/// Source: RFC 1035 section 4, RFC 6891 (EDNS), RFC 2782 (SRV).
package struct DNSQuery: Sendable, Equatable {
    /// Longest message over UDP without EDNS.
    static let datagramSizeBytesMin = 512
    /// Longest answer given over UDP, whatever the client offers: it must not be fragmented.
    static let datagramSizeBytesMax = 1232

    package var id: UInt16
    package var isRecursionDesired: Bool
    /// Lower case, without the root.
    package var labels: [String]
    package var type: UInt16
    /// Longest answer that fits the client's buffer.
    package var sizeBytesMax: Int
    /// The question as it came, for the answer repeats it byte by byte.
    fileprivate var question: [UInt8]
    fileprivate var hasOptions: Bool

    /// nil when the message is not a plain query that can be answered (it then deserves no answer).
    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= 17, bytes[2] & 0xf8 == 0, Self.number(bytes, 4) == 1 else { return nil }
        id = Self.number(bytes, 0)
        isRecursionDesired = bytes[2] & 1 == 1
        labels = []
        var position = 12
        while position < bytes.count, bytes[position] != 0 {
            let length = Int(bytes[position])
            guard length <= 63, position + 1 + length < bytes.count, position < 12 + 255 else { return nil }
            let label = bytes[(position + 1)...(position + length)]
            labels.append(String(decoding: label.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self))
            position += 1 + length
        }
        guard position + 5 <= bytes.count, Self.number(bytes, position + 3) == 1 else { return nil }
        type = Self.number(bytes, position + 1)
        question = Array(bytes[12..<(position + 5)])
        position += 5
        sizeBytesMax = Self.datagramSizeBytesMin
        hasOptions = false
        // A query has no answers; its additional section holds at most the option record, at the root.
        if Self.number(bytes, 6) == 0, Self.number(bytes, 8) == 0, Self.number(bytes, 10) > 0, position + 11 <= bytes.count,
            bytes[position] == 0, Self.number(bytes, position + 1) == 41
        {
            hasOptions = true
            sizeBytesMax = min(max(Int(Self.number(bytes, position + 3)), Self.datagramSizeBytesMin), Self.datagramSizeBytesMax)
        }
    }

    private static func number(_ bytes: [UInt8], _ index: Int) -> UInt16 { UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]) }
}

/// What a zone says to a question.
package struct DNSAnswer: Sendable, Equatable {
    package enum Code: UInt8, Sendable {
        case success = 0
        case serverFailure = 2
        case noSuchName = 3
    }

    package enum Record: Sendable, Equatable {
        case address(UInt32)
        case canonicalName([String])
        case pointer([String])
        case service(port: Int, target: [String])
    }

    package var code: Code
    package var records: [Record]
    /// Addresses of the targets of services.
    package var targets: [(labels: [String], address: UInt32)] = []

    package init(_ code: Code = .success, _ records: [Record] = []) {
        self.code = code
        self.records = records
    }

    package static func == (a: Self, b: Self) -> Bool {
        a.code == b.code && a.records == b.records && a.targets.elementsEqual(b.targets) { $0.labels == $1.labels && $0.address == $1.address }
    }

    /// The message that answers `query`, cut (with the flag that tells so) when it is longer than `limit`.
    /// `authority` names the zone of an answer without records, so that resolvers may remember it.
    package func message(to query: DNSQuery, authority: [String]?, sizeBytesMax limit: Int) -> [UInt8] {
        var whole = DNSWriter(query: query, code: code.rawValue, isAuthoritative: authority != nil)
        for record in records { whole.addAnswer(record) }
        if records.isEmpty, let authority { whole.addAuthority(authority) }
        for target in targets { whole.addTarget(target.labels, target.address) }
        let bytes = whole.finished(options: query.hasOptions)
        if bytes.count <= limit { return bytes }
        var empty = DNSWriter(query: query, code: code.rawValue, isAuthoritative: authority != nil)
        empty.isTruncated = true
        return empty.finished(options: query.hasOptions)
    }
}

private struct DNSWriter {
    /// Seconds that answers may be remembered: endpoints change fast.
    static let timeToLive: UInt32 = 5

    private let query: DNSQuery
    private let code: UInt8
    private let isAuthoritative: Bool
    var isTruncated = false
    private var body: [UInt8] = []
    private var counts: (answers: UInt16, authorities: UInt16, additionals: UInt16) = (0, 0, 0)

    init(query: DNSQuery, code: UInt8, isAuthoritative: Bool) {
        self.query = query
        self.code = code
        self.isAuthoritative = isAuthoritative
    }

    mutating func addAnswer(_ record: DNSAnswer.Record) {
        counts.answers += 1
        // The question's name lies at byte 12.
        body += [0xc0, 12]
        switch record {
        case .address(let address): addRecord(type: 1, bytes(address, size: 4))
        case .canonicalName(let name): addRecord(type: 5, Self.name(name))
        case .pointer(let name): addRecord(type: 12, Self.name(name))
        case .service(let port, let target): addRecord(type: 33, [0, 0, 0, 100] + bytes(UInt32(port), size: 2) + Self.name(target))
        }
    }

    mutating func addAuthority(_ zone: [String]) {
        counts.authorities += 1
        body += Self.name(zone)
        let numbers = [1, 7200, 1800, 86400, Self.timeToLive].flatMap { bytes($0, size: 4) }
        addRecord(type: 6, Self.name(["ns", "dns"] + zone) + Self.name(["hostmaster"] + zone) + numbers)
    }

    mutating func addTarget(_ name: [String], _ address: UInt32) {
        counts.additionals += 1
        body += Self.name(name)
        addRecord(type: 1, bytes(address, size: 4))
    }

    private mutating func addRecord(type: UInt32, _ data: [UInt8]) {
        body += bytes(type, size: 2) + [0, 1] + bytes(Self.timeToLive, size: 4) + bytes(UInt32(data.count), size: 2) + data
    }

    func finished(options: Bool) -> [UInt8] {
        var flags: UInt32 = 0x8080 | UInt32(code)
        if isAuthoritative { flags |= 0x0400 }
        if isTruncated { flags |= 0x0200 }
        if query.isRecursionDesired { flags |= 0x0100 }
        var message = bytes(UInt32(query.id), size: 2) + bytes(flags, size: 2) + [0, 1]
        for count in [counts.answers, counts.authorities, counts.additionals + (options ? 1 : 0)] { message += bytes(UInt32(count), size: 2) }
        message += query.question + body
        if options { message += [0, 0, 41] + bytes(UInt32(DNSQuery.datagramSizeBytesMax), size: 2) + [0, 0, 0, 0, 0, 0] }
        return message
    }

    private func bytes(_ value: UInt32, size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * (size - 1 - $0))) } }

    private static func name(_ labels: [String]) -> [UInt8] {
        labels.flatMap { label in [UInt8(min(label.utf8.count, 63))] + label.utf8.prefix(63) } + [0]
    }
}
