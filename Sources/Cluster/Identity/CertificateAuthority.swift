import APIMachinery
import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// A key and a certificate, in PEM.
package struct Credential: Sendable, Hashable {
    package var certificatePEM: String
    package var keyPEM: String
}

/// The cluster's own certificate authority: a P-256 key that signs the server's and the clients' certificates.
package struct CertificateAuthority: Sendable {
    /// How long a new authority lasts.
    package static let lifetime = Duration.seconds(10 * 365 * 86_400)
    /// How long the certificates it signs last.
    package static let leafLifetime = Duration.seconds(365 * 86_400)
    /// A certificate is renewed when less than this share of its lifetime is left.
    package static let renewalShare = 3
    /// Certificates begin this much in the past, for clients whose clocks are behind.
    package static let clockSkew = Duration.seconds(3600)

    package let certificate: Certificate
    private let key: P256.Signing.PrivateKey

    /// Reads an authority that was saved by `credential`.
    package init(_ credential: Credential) throws {
        certificate = try Certificate(pemEncoded: credential.certificatePEM)
        key = try P256.Signing.PrivateKey(pemRepresentation: credential.keyPEM)
    }

    /// Makes a self-signed authority, with a new key or, to renew one, the old: whatever the old one signed stays valid.
    package init(now: Timestamp, keyOf old: CertificateAuthority? = nil) throws {
        let key = old?.key ?? P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(key.publicKey)
        let name = try DistinguishedName { CommonName("gitctl-ca") }
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: publicKey, notValidBefore: Date(now + (.zero - Self.clockSkew)),
            notValidAfter: Date(now + Self.lifetime), issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(digitalSignature: true, keyCertSign: true))
                SubjectKeyIdentifier(hash: publicKey)
            }, issuerPrivateKey: Certificate.PrivateKey(key))
        self.key = key
    }

    package var credential: Credential {
        get throws { Credential(certificatePEM: try certificatePEM, keyPEM: key.pemRepresentation) }
    }

    package var certificatePEM: String { get throws { try certificate.serializeAsPEM().pemString + "\n" } }

    /// A certificate for a TLS server that answers to these names and addresses.
    package func serverCredential(commonName: String, names: [String], addresses: [IPAddress], now: Timestamp) throws -> Credential {
        let alternatives = names.map(GeneralName.dnsName) + addresses.map { GeneralName.ipAddress(ASN1OctetString(contentBytes: $0.bytes[...])) }
        return try issue(
            try DistinguishedName { CommonName(commonName) }, usage: .serverAuth,
            alternatives: SubjectAlternativeNames(alternatives), now: now)
    }

    /// A certificate for a client: `organization` is a group, `commonName` the user's name.
    package func clientCredential(commonName: String, organization: String, now: Timestamp) throws -> Credential {
        try issue(
            try DistinguishedName {
                OrganizationName(organization)
                CommonName(commonName)
            }, usage: .clientAuth, alternatives: nil, now: now)
    }

    private func issue(
        _ subject: DistinguishedName, usage: ExtendedKeyUsage.Usage, alternatives: SubjectAlternativeNames?, now: Timestamp
    ) throws -> Credential {
        let leafKey = P256.Signing.PrivateKey()
        var extensions = try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true))
            try ExtendedKeyUsage([usage])
            AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
        }
        if let alternatives { try extensions.append(Certificate.Extension(alternatives, critical: false)) }
        // No leaf outlives its authority.
        let end = min(Date(now + Self.leafLifetime), certificate.notValidAfter)
        let leaf = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(leafKey.publicKey), notValidBefore: Date(now + (.zero - Self.clockSkew)),
            notValidAfter: end, issuer: certificate.subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions, issuerPrivateKey: Certificate.PrivateKey(key))
        return Credential(certificatePEM: try leaf.serializeAsPEM().pemString + "\n", keyPEM: leafKey.pemRepresentation + "\n")
    }

    /// Whether this authority's key signed `other`, and `other` names it as issuer.
    package func hasSigned(_ other: Certificate) -> Bool {
        other.issuer == certificate.subject && certificate.publicKey.isValidSignature(other.signature, for: other)
    }
}

extension Certificate {
    /// When the certificate should be replaced.
    package var renewalTime: Timestamp {
        let end = notValidAfter.timeIntervalSince1970
        let begin = notValidBefore.timeIntervalSince1970
        return Timestamp(seconds: Int64(end - (end - begin) / Double(CertificateAuthority.renewalShare)))
    }

    /// The user's name (CN) and groups (O) of a client certificate. Source: API reference, "X.509 client certificates".
    package var clientIdentity: UserInfo? {
        var name = ""
        var groups: [String] = []
        for attribute in subject.flatMap({ $0 }) {
            if attribute.type == .RDNAttributeType.commonName { name = "\(attribute.value)" }
            if attribute.type == .RDNAttributeType.organizationName { groups.append("\(attribute.value)") }
        }
        return name.isEmpty ? nil : UserInfo(name: name, groups: groups + ["system:authenticated"])
    }
}

extension Date {
    fileprivate init(_ time: Timestamp) { self.init(timeIntervalSince1970: Double(time.nanoseconds / 1_000_000_000)) }
}
