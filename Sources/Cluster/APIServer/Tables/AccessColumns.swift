import APIMachinery

/// Role bindings and certificate signing requests.
enum AccessColumns {
    static let bindings: [TableColumn] = [
        .name, .text("Role", "What is granted.") { "\($0["roleRef", "kind"]?.string ?? "")/\($0["roleRef", "name"]?.string ?? "")" }, .age,
        .text("Users", wide: true, "The users of the binding.") { subjects($0, "User") },
        .text("Groups", wide: true, "The groups of the binding.") { subjects($0, "Group") },
        .text("ServiceAccounts", wide: true, "The service accounts of the binding.") { subjects($0, "ServiceAccount") },
    ]

    private static func subjects(_ binding: Object, _ kind: String) -> String {
        (binding["subjects"]?.array ?? []).filter { $0["kind"]?.string == kind }.map { subject in
            let name = subject["name"]?.string ?? ""
            return kind == "ServiceAccount" ? "\(subject["namespace"]?.string ?? "")/\(name)" : name
        }.joined(separator: ", ")
    }

    static let signingRequests: [TableColumn] = [
        .name, .age, .text("SignerName", "Who is asked to sign.") { $0.spec["signerName"]?.string ?? "<none>" },
        .text("Requestor", "Who asks.") { $0.spec["username"]?.string ?? "" },
        .text("RequestedDuration", "How long the certificate shall hold.") { request in
            request.spec["expirationSeconds"]?.int.map { HumanDuration.text(.seconds($0)) } ?? "<none>"
        }, .text("Condition", "What was decided.", condition),
    ]

    private static func condition(_ request: Object) -> String {
        let types = (request.status["conditions"]?.array ?? []).compactMap { $0["type"]?.string }
        var text = types.contains("Denied") ? "Denied" : types.contains("Approved") ? "Approved" : "Pending"
        if types.contains("Failed") { text += ",Failed" }
        if request.status["certificate"]?.string?.orNone != nil { text += ",Issued" }
        return text
    }
}
