import APIMachinery

/// Acting for an Application with no more rights than its ServiceAccount has.
extension Application {
    /// Throws for what is no ServiceAccount's name.
    static func serviceAccountName(_ spec: JSON) throws(InvalidApplication) -> String? {
        guard let name = spec["serviceAccountName"]?.string, !name.isEmpty else { return nil }
        guard name.utf8.count <= 253, name.utf8.allSatisfy(isNameByte) else {
            throw InvalidApplication(
                description: "spec.serviceAccountName \(JSON.string(name).text) is no name of a ServiceAccount; names are of lower-case letters, digits, - and .")
        }
        return name
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }

    private var user: UserInfo? { serviceAccountName.map { .serviceAccount(namespace: namespace, name: $0) } }

    /// As whom its objects are read and written. What is written on the Application itself stays `client`'s.
    func acting(_ client: any ResourceClient) -> any ResourceClient { user.map(client.impersonating) ?? client }

    /// What to do about a refusal for lack of rights; empty for any other, such as a quota's, which has the
    /// same reason.
    func remedy(for status: APIStatus) -> String {
        guard status.reason == .forbidden, let user, let name = serviceAccountName, status.message.contains("User \"\(user.name)\" cannot ")
        else { return "" }
        return
            "; ServiceAccount \(namespace)/\(name), which spec.serviceAccountName names, needs get, list, watch, create, patch and delete of what the Application holds: bind a Role with these rights to it"
    }

    /// Whether an object may be deleted and made anew because an immutable field changes. Its annotation counts first.
    func replaces(_ object: RenderedObject) -> Bool {
        switch object.object.annotations[Self.replaceAnnotation] {
        case "enabled": true
        case "disabled": false
        default: replaces
        }
    }
}
