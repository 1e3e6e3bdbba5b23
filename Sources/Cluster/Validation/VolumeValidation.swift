import APIMachinery

extension Validation {
    /// A pod's volumes: unique names, one known source each.
    static func checkVolumes(_ volumes: Field, _ errors: inout Errors) {
        var names: Set<String> = []
        for volume in volumes.elements {
            let name = volume["name"]
            errors.named(name, .dnsLabel)
            if !name.isEmpty, !names.insert(name.text).inserted { errors.duplicate(name) }
            checkVolumeSource(volume, &errors)
        }
    }

    private static func checkVolumeSource(_ volume: Field, _ errors: inout Errors) {
        let sources = volume.members.filter { $0.key != "name" && $0.field.isPresent }
        guard let (kind, source) = sources.first else { return errors.required(volume, "must specify a volume type") }
        for extra in sources.dropFirst() { errors.forbidden(extra.field, "may not specify more than 1 volume type") }
        switch kind {
        case "configMap", "secret":
            errors.requiredText(source[kind == "secret" ? "secretName" : "name"])
            checkMode(source["defaultMode"], &errors)
            checkItems(source["items"], &errors)
        case "hostPath": checkHostPath(source, &errors)
        case "persistentVolumeClaim": errors.named(source["claimName"], .dnsSubdomain)
        case "emptyDir": checkQuantity(source["sizeLimit"], &errors)
        case "downwardAPI":
            checkMode(source["defaultMode"], &errors)
            checkDownwardItems(source["items"], &errors)
        case "projected":
            checkMode(source["defaultMode"], &errors)
            for projection in source["sources"].elements { checkProjection(projection, &errors) }
        default: break
        }
    }

    static func checkHostPath(_ source: Field, _ errors: inout Errors) {
        let path = source["path"]
        if path.isEmpty {
            errors.required(path)
        } else if path.text.split(separator: "/").contains("..") {
            errors.invalid(path, "must not contain '..'")
        }
        if !source["type"].isEmpty {
            errors.oneOf(
                source["type"], ["BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"])
        }
    }

    private static func checkProjection(_ projection: Field, _ errors: inout Errors) {
        let given = projection.members.filter { $0.field.isPresent }
        for extra in given.dropFirst() { errors.forbidden(extra.field, "may not specify more than 1 volume type per source") }
        guard let (kind, source) = given.first else { return }
        switch kind {
        case "configMap", "secret":
            errors.requiredText(source["name"])
            checkItems(source["items"], &errors)
        case "downwardAPI": checkDownwardItems(source["items"], &errors)
        case "serviceAccountToken":
            if let seconds = source["expirationSeconds"].int, seconds < 600 {
                errors.invalid(source["expirationSeconds"], "may not specify a duration less than 10 minutes")
            }
            if source["path"].isEmpty { errors.required(source["path"]) } else { checkRelativePath(source["path"], &errors) }
        case "podCertificate": checkPodCertificate(source, &errors)
        default: break
        }
    }

    /// Lifetimes of certificates for pods, in seconds; the cluster's own signers give less.
    private static let certificateSeconds: ClosedRange<Int64> = 3600...91 * 86_400
    private static let clusterSignerSecondsMax: Int64 = 86_400

    private static func checkPodCertificate(_ source: Field, _ errors: inout Errors) {
        errors.requiredText(source["signerName"])
        let keys = ["ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519", "RSA3072", "RSA4096"]
        if !keys.contains(source["keyType"].text) { errors.unsupported(source["keyType"], keys) }
        if let seconds = source["maxExpirationSeconds"].int {
            let isClusters = source["signerName"].text.hasPrefix("kubernetes.io/")
            let most = isClusters ? clusterSignerSecondsMax : certificateSeconds.upperBound
            if seconds < certificateSeconds.lowerBound {
                errors.invalid(source["maxExpirationSeconds"], "if provided, maxExpirationSeconds must be >= \(certificateSeconds.lowerBound)")
            } else if seconds > most {
                errors.invalid(source["maxExpirationSeconds"], "if provided, maxExpirationSeconds must be <= \(most)")
            }
        }
        let paths = ["credentialBundlePath", "keyPath", "certificateChainPath"].filter { !source[$0].isEmpty }
        if paths.isEmpty { errors.required(source, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath") }
        for key in paths { checkRelativePath(source[key], &errors) }
    }

    private static func checkItems(_ items: Field, _ errors: inout Errors) {
        for item in items.elements {
            errors.requiredText(item["key"])
            if item["path"].isEmpty { errors.required(item["path"]) } else { checkRelativePath(item["path"], &errors) }
            checkMode(item["mode"], &errors)
        }
    }

    private static let downwardFieldPaths = [
        "metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid",
    ]

    private static func checkDownwardItems(_ items: Field, _ errors: inout Errors) {
        for item in items.elements {
            if item["path"].isEmpty { errors.required(item["path"]) } else { checkRelativePath(item["path"], &errors) }
            if item["fieldRef"].isPresent {
                if item["resourceFieldRef"].isPresent {
                    errors.invalid(item, "fieldRef and resourceFieldRef can not be specified simultaneously")
                }
                checkFieldReference(item["fieldRef"], paths: downwardFieldPaths, &errors)
            } else if !item["resourceFieldRef"].isPresent {
                errors.required(item["fieldRef"], "one of fieldRef and resourceFieldRef is required")
            }
            checkMode(item["mode"], &errors)
        }
    }

    private static func checkMode(_ mode: Field, _ errors: inout Errors) {
        if let bits = mode.int, !(0...0o777).contains(bits) {
            errors.invalid(mode, "must be a number between 0 and 0777 (octal), both inclusive")
        }
    }
}
