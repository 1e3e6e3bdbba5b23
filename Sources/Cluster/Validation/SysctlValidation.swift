import APIMachinery

extension Validation {
    private static let sysctlBytesMax = 253
    private static let sysctlPattern = #"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"#

    /// The kernel parameters that a pod sets: their names, and that no namespace of the host would change.
    static func checkSysctls(_ spec: Field, _ errors: inout Errors) {
        var names: Set<String> = []
        for sysctl in spec["securityContext"]["sysctls"].elements {
            let name = sysctl["name"]
            if name.isEmpty {
                errors.required(name)
            } else if !isSysctl(name.text) {
                errors.invalid(name, "must have at most \(sysctlBytesMax) characters and match regex \(sysctlPattern)")
            } else if !names.insert(name.text).inserted {
                errors.duplicate(name)
            }
            let dotted = name.text.replacing("/", with: ".")
            if spec["hostNetwork"].bool == true, dotted.hasPrefix("net.") { errors.invalid(name, "may not be specified when 'hostNetwork' is true") }
            let isIPC = ["kernel.shm", "kernel.msg", "fs.mqueue."].contains { dotted.hasPrefix($0) } || dotted == "kernel.sem"
            if spec["hostIPC"].bool == true, isIPC { errors.invalid(name, "may not be specified when 'hostIPC' is true") }
        }
    }

    /// Segments of lower-case letters, digits, `-` and `_`, between dots or slashes.
    private static func isSysctl(_ name: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) }
        let segments = name.utf8.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }
        return name.utf8.count <= sysctlBytesMax
            && segments.allSatisfy { segment in
                guard let first = segment.first, let last = segment.last, isAlphanumeric(first), isAlphanumeric(last) else { return false }
                return segment.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
            }
    }
}
