import APIMachinery
import Crypto
import Glibc
import X509

/// The cluster's keys and certificates, kept in `<data-dir>/pki`, mode 0600.
///
/// `open` makes what is missing and renews what nears its end, so a cluster that is restarted once
/// a year, or whose `run`ning server asks again at `renewalTime`, never stops over a certificate.
/// What is unreadable is reported, never replaced: clients trust the authority that is there.
package struct PKI: Sendable {
    /// What the certificates are for.
    package struct Names: Sendable, Hashable {
        package var names: [String]
        package var addresses: [IPAddress]

        /// What the API server answers to: this machine, the listener, and the `kubernetes` Service.
        package init(host: String, serviceCIDR: String) {
            var names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"]
            var addresses = [IPAddress("127.0.0.1"), IPAddress("::1"), IPAddress.first(inCIDR: serviceCIDR)].compactMap(\.self)
            if let listener = IPAddress(host) {
                if listener.isWildcard {
                    addresses += IPAddress.ofThisMachine()
                } else if !addresses.contains(listener) {
                    addresses.append(listener)
                }
            } else if !names.contains(host) {
                names.append(host)
            }
            if let machine = Self.machineName, !names.contains(machine) { names.append(machine) }
            self.names = names
            self.addresses = addresses
        }

        private static var machineName: String? {
            var buffer = [CChar](repeating: 0, count: 256)
            guard gethostname(&buffer, buffer.count - 1) == 0 else { return nil }
            let name = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            return name.isEmpty ? nil : name.lowercased()
        }
    }

    /// A pki file that cannot be used; `description` is a whole message for the user.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    package let authority: CertificateAuthority
    package let authorityPEM: String
    package let server: Credential
    package let admin: Credential
    package let serviceAccountKey: P256.Signing.PrivateKey
    /// The earliest time at which one of the certificates should be renewed.
    package let renewalTime: Timestamp

    /// Reads, makes and renews the files in `directory`.
    package static func open(directory: String, names: Names, now: Timestamp) throws -> PKI {
        try PrivateFile.makeDirectory(directory)
        let (authority, isNewAuthority) = try openAuthority(directory: directory, now: now)
        let (server, serverRenewal) = try openLeaf(
            "server", in: directory, authority: isNewAuthority ? nil : authority, now: now, isFit: { $0.answers(to: names) },
            make: { try authority.serverCredential(commonName: "kube-apiserver", names: names.names, addresses: names.addresses, now: now) })
        let (admin, adminRenewal) = try openLeaf(
            "admin", in: directory, authority: isNewAuthority ? nil : authority, now: now, isFit: { _ in true },
            make: { try authority.clientCredential(commonName: "kubernetes-admin", organization: "system:masters", now: now) })
        return PKI(
            authority: authority, authorityPEM: try authority.certificatePEM, server: server, admin: admin,
            serviceAccountKey: try openServiceAccountKey(directory: directory),
            renewalTime: min(authority.certificate.renewalTime, serverRenewal, adminRenewal))
    }

    private static func openAuthority(directory: String, now: Timestamp) throws -> (CertificateAuthority, isNew: Bool) {
        guard let saved = try readCredential("ca", in: directory) else {
            let authority = try CertificateAuthority(now: now)
            try save(try authority.credential, as: "ca", in: directory)
            return (authority, true)
        }
        let authority = try reading("\(directory)/ca.crt") { try CertificateAuthority(saved) }
        guard authority.certificate.renewalTime <= now else { return (authority, false) }
        let renewed = try CertificateAuthority(now: now, keyOf: authority)
        // The key stays: only the certificate is written, at no moment is there none.
        try PrivateFile.write(Array(try renewed.certificatePEM.utf8), to: "\(directory)/ca.crt")
        return (renewed, true)
    }

    /// - Parameter authority: who must have signed the saved certificate; nil when it is to be made anew.
    private static func openLeaf(
        _ name: String, in directory: String, authority: CertificateAuthority?, now: Timestamp, isFit: (Certificate) -> Bool,
        make: () throws -> Credential
    ) throws -> (Credential, renewal: Timestamp) {
        if let authority, let saved = try readCredential(name, in: directory) {
            let certificate = try reading("\(directory)/\(name).crt") { try Certificate(pemEncoded: saved.certificatePEM) }
            if certificate.renewalTime > now, authority.hasSigned(certificate), isFit(certificate) { return (saved, certificate.renewalTime) }
        }
        let made = try make()
        try save(made, as: name, in: directory)
        return (made, try Certificate(pemEncoded: made.certificatePEM).renewalTime)
    }

    private static func openServiceAccountKey(directory: String) throws -> P256.Signing.PrivateKey {
        let path = "\(directory)/service-account.key"
        if let saved = try PrivateFile.read(path) {
            return try reading(path) { try P256.Signing.PrivateKey(pemRepresentation: String(decoding: saved, as: UTF8.self)) }
        }
        let key = P256.Signing.PrivateKey()
        try PrivateFile.write(Array((key.pemRepresentation + "\n").utf8), to: path)
        return key
    }

    /// nil when neither file is there. Half a pair is a failure.
    private static func readCredential(_ name: String, in directory: String) throws -> Credential? {
        let certificate = try PrivateFile.read("\(directory)/\(name).crt")
        let key = try PrivateFile.read("\(directory)/\(name).key")
        switch (certificate, key) {
        case (let certificate?, let key?):
            return Credential(certificatePEM: String(decoding: certificate, as: UTF8.self), keyPEM: String(decoding: key, as: UTF8.self))
        // The key is written first: a crash between the two leaves a key that nothing was signed with.
        case (nil, _): return nil
        case (_?, nil): throw Failure(description: "\(directory)/\(name).key is missing, but \(name).crt is there; restore it from a backup, or remove \(name).crt to have both made anew")
        }
    }

    private static func save(_ credential: Credential, as name: String, in directory: String) throws {
        // A renewed key with an old certificate would not fit: the old certificate goes first.
        if unlink("\(directory)/\(name).crt") != 0, errno != ENOENT {
            throw PrivateFile.Failure(path: "\(directory)/\(name).crt", action: "replace", code: errno)
        }
        try PrivateFile.write(Array(credential.keyPEM.utf8), to: "\(directory)/\(name).key")
        try PrivateFile.write(Array(credential.certificatePEM.utf8), to: "\(directory)/\(name).crt")
    }

    private static func reading<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch {
            throw Failure(description: "\(path) is not a valid PEM file: \(error); restore it from a backup, or remove it (and its .key) to have it made anew, after which clients need the new kubeconfig")
        }
    }
}

extension Certificate {
    /// Whether a server certificate carries all of `names`.
    fileprivate func answers(to names: PKI.Names) -> Bool {
        // A certificate without readable alternative names answers to nothing.
        guard let alternatives = try? extensions.subjectAlternativeNames else { return false }
        var present: Set<String> = []
        for alternative in alternatives {
            switch alternative {
            case .dnsName(let name): present.insert(name)
            case .ipAddress(let address): present.insert(Base64.encode(address.bytes))
            default: break
            }
        }
        return names.names.allSatisfy(present.contains) && names.addresses.allSatisfy { present.contains(Base64.encode($0.bytes)) }
    }
}
