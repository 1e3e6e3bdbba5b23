/// The members of a JSON object, sorted by key (UTF-8 order), each key once.
///
/// A sorted array instead of a hash table: a quarter of the memory for the small objects that
/// manifests are made of, one canonical encoding, and equality without hashing. Lookup is
/// O(log n), insertion O(n).
package struct JSONObject: Sendable, Hashable {
    package struct Member: Sendable, Hashable {
        package var key: String
        package var value: JSON

        package init(key: String, value: JSON) {
            self.key = key
            self.value = value
        }

        package static func == (a: Member, b: Member) -> Bool { a.key.hasSameBytes(as: b.key) && a.value == b.value }
    }

    private var members: [Member]

    package init() { members = [] }

    /// Members in any order; of a key given twice the last one counts.
    package init(_ unsorted: [Member]) {
        var sorted = unsorted
        if !Self.isSortedAndUnique(sorted) {
            // Stable, so that the last of equal keys is the last of its run.
            sorted = sorted.enumerated().sorted { ($0.element.key, $0.offset) < ($1.element.key, $1.offset) }.map(\.element)
            var unique: [Member] = []
            unique.reserveCapacity(sorted.count)
            for member in sorted {
                if unique.last?.key == member.key { unique.removeLast() }
                unique.append(member)
            }
            sorted = unique
        }
        members = sorted
    }

    private static func isSortedAndUnique(_ members: [Member]) -> Bool {
        var index = 1
        while index < members.count {
            if !(members[index - 1].key < members[index].key) { return false }
            index += 1
        }
        return true
    }

    /// The index of `key`, or where it would be inserted.
    private func search(_ key: String) -> (index: Int, found: Bool) {
        if members.count <= 8 {
            var index = 0
            while index < members.count {
                if members[index].key == key { return (index, true) }
                if key < members[index].key { return (index, false) }
                index += 1
            }
            return (index, false)
        }
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if members[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return (low, low < members.count && members[low].key == key)
    }

    /// The value of `key`; setting nil removes it.
    package subscript(key: String) -> JSON? {
        get {
            let (index, found) = search(key)
            return found ? members[index].value : nil
        }
        set {
            let (index, found) = search(key)
            switch (found, newValue) {
            case (true, let value?): members[index].value = value
            case (true, nil): remove(at: index)
            case (false, let value?): insert(Member(key: key, value: value), at: index)
            case (false, nil): break
            }
        }
    }

    /// Small objects get storage of just their size: most are kept, and Array's own growth would double each of them.
    private static let exactCountMax = 16

    private mutating func insert(_ member: Member, at index: Int) {
        let count = members.count
        guard count < Self.exactCountMax, members.capacity == count else { return members.insert(member, at: index) }
        var grown: [Member] = []
        grown.reserveCapacity(count + 1)
        grown += members[..<index]
        grown.append(member)
        grown += members[index...]
        members = grown
    }

    private mutating func remove(at index: Int) {
        guard members.count <= Self.exactCountMax else {
            members.remove(at: index)
            return
        }
        var shrunk: [Member] = []
        shrunk.reserveCapacity(members.count - 1)
        shrunk += members[..<index]
        shrunk += members[(index + 1)...]
        members = shrunk
    }

    fileprivate mutating func take(_ key: String) -> JSON? {
        let (index, found) = search(key)
        guard found else { return nil }
        let value = members[index].value
        members[index].value = .null
        return value
    }

    mutating func set(_ value: JSON?, at key: String, rest: some Collection<String>) {
        guard !rest.isEmpty else {
            self[key] = value
            return
        }
        if value == nil && self[key] == nil { return }
        var child = take(key) ?? .object(JSONObject())
        child.set(value, at: rest)
        self[key] = child
    }

    package var keys: [String] { members.map(\.key) }
    package var values: [JSON] { members.map(\.value) }

    @discardableResult
    package mutating func removeValue(forKey key: String) -> JSON? {
        let (index, found) = search(key)
        guard found else { return nil }
        defer { remove(at: index) }
        return members[index].value
    }

    /// With `changes`, sorted by key: each replaces or adds its member, or with nil removes it.
    ///
    /// In the time of both lengths. Set one by one, each new member would move all that follow it, and
    /// a patch of some megabytes would take minutes.
    func merging(_ changes: [(key: String, value: JSON?)]) -> JSONObject {
        if changes.isEmpty { return self }
        var copy = JSONObject()
        copy.members.reserveCapacity(members.count + changes.count)
        var index = 0
        for (key, value) in changes {
            while index < members.count, members[index].key < key {
                copy.members.append(members[index])
                index += 1
            }
            if index < members.count, members[index].key == key { index += 1 }
            if let value { copy.members.append(Member(key: key, value: value)) }
        }
        copy.members.append(contentsOf: members[index...])
        return copy
    }

    /// Without the other members: removed one by one, each would move all that follow it.
    package func keeping(where isKept: (Member) throws -> Bool) rethrows -> JSONObject {
        var copy = JSONObject()
        copy.members = try members.filter(isKept)
        return copy
    }

    package func mapValues(_ transform: (JSON) throws -> JSON) rethrows -> JSONObject {
        var copy = self
        for index in copy.members.indices { copy.members[index].value = try transform(copy.members[index].value) }
        return copy
    }
}

extension JSONObject: RandomAccessCollection {
    package typealias Element = Member
    package var startIndex: Int { 0 }
    package var endIndex: Int { members.count }
    package subscript(position: Int) -> Member { members[position] }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self.init(elements.map { Member(key: $0.0, value: $0.1) })
    }
}
