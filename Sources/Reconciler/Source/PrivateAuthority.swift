import Dispatch
import SwiftASN1
import Synchronization
import X509

/// The authorities of a Secret, against which a server's certificate is checked.
///
/// libgit2's own trust is one for the whole process (`GIT_OPT_SET_SSL_CERT_LOCATIONS`), and to change it while another
/// thread connects is not safe. So the connection asks here about what libgit2 alone does not trust. It shows the
/// server's own certificate and none between: those must be in the Secret too. TLS has proven by then that the server
/// holds the certificate's key.
struct PrivateAuthority: Sendable {
    private let roots: [Certificate]

    /// - Throws: `GitError` when the text holds no certificate.
    init(pem: String, from name: String) throws(GitError) {
        do {
            roots = try PEMDocument.parseMultiple(pemString: pem).map { try Certificate(pemDocument: $0) }
        } catch {
            throw GitError(
                .unauthorized, "\(name): its ca.crt cannot be read: \(error)",
                remedy: "it must hold certificates in PEM, -----BEGIN CERTIFICATE-----")
        }
        guard !roots.isEmpty else {
            throw GitError(.unauthorized, "\(name): its ca.crt holds no certificate", remedy: "write one in PEM into it")
        }
    }

    /// Whether a certificate is one for `host`, valid now, from one of the authorities. Blocks: not for the cooperative pool.
    func vouches(for encoded: [UInt8], host: String) -> Bool {
        guard let certificate = try? Certificate(derEncoded: encoded) else { return false }  // What is no certificate is not trusted.
        let roots = roots
        let answer = Mutex(false)
        let done = DispatchSemaphore(value: 0)
        // The verifier is asynchronous for policies that ask others, which these do not; libgit2's callback is not.
        Task {
            var verifier = Verifier(rootCertificates: CertificateStore(roots)) {
                RFC5280Policy()
                ServerIdentityPolicy(serverHostname: host, serverIP: host)
            }
            if case .validCertificate = await verifier.validate(leaf: certificate, intermediates: CertificateStore([])) {
                answer.withLock { $0 = true }
            }
            done.signal()
        }
        done.wait()
        return answer.withLock { $0 }
    }

    /// Who a certificate is for and from, for a message; nil when it cannot be read.
    static func summary(of encoded: [UInt8]) -> String? {
        guard let certificate = try? Certificate(derEncoded: encoded) else { return nil }  // Only words for a message.
        return "\(certificate.subject), issued by \(certificate.issuer)"
    }
}
