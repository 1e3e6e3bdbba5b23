/// An API group and version, spelled `apps/v1`, or `v1` for the core group ("").
package struct GroupVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var group: String
    package var version: String

    package init(group: String, version: String) {
        self.group = group
        self.version = version
    }

    /// Parses an `apiVersion`; nil when it is empty or has more than one slash.
    package init?(_ apiVersion: String) {
        let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false)
        switch parts.count {
        case 1 where !parts[0].isEmpty: self.init(group: "", version: String(parts[0]))
        case 2 where !parts[0].isEmpty && !parts[1].isEmpty: self.init(group: String(parts[0]), version: String(parts[1]))
        default: return nil
        }
    }

    package var description: String { group.isEmpty ? version : "\(group)/\(version)" }

    package static func < (a: Self, b: Self) -> Bool { (a.group, a.version) < (b.group, b.version) }
}

/// What an object says it is: group, version and kind.
package struct GroupVersionKind: Sendable, Hashable, CustomStringConvertible {
    package var group: String
    package var version: String
    package var kind: String

    package init(group: String, version: String, kind: String) {
        self.group = group
        self.version = version
        self.kind = kind
    }

    package init(_ groupVersion: GroupVersion, kind: String) {
        self.init(group: groupVersion.group, version: groupVersion.version, kind: kind)
    }

    package var groupVersion: GroupVersion { GroupVersion(group: group, version: version) }
    package var apiVersion: String { groupVersion.description }
    package var description: String { "\(apiVersion), Kind=\(kind)" }
}
