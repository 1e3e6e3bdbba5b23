import Clibgit2
import FoundationEssentials

/// Which ways to authenticate one fetch has tried: libgit2 asks again after each refusal, for ever.
struct CredentialAttempts {
    var hasTriedAgent = false
    var triedKeys = 0

    /// Key files in the order in which OpenSSH tries them.
    static let keyNames = ["id_ed25519", "id_ecdsa", "id_rsa"]
}

/// libgit2's credential callback: the SSH agent, then the user's keys without a passphrase. A user
/// and password inside an https URL never get here: libgit2 uses them itself.
func acquireCredentials(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?, _ url: UnsafePointer<CChar>?,
    _ usernameFromURL: UnsafePointer<CChar>?, _ allowedTypes: UInt32, _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    guard let out, let attempts = payload?.assumingMemoryBound(to: CredentialAttempts.self) else { return GIT_EAUTH.rawValue }
    let user = usernameFromURL.map { String(cString: $0) } ?? "git"
    if allowedTypes & GIT_CREDENTIAL_USERNAME.rawValue != 0 {
        return git_credential_username_new(out, user)
    }
    guard allowedTypes & GIT_CREDENTIAL_SSH_KEY.rawValue != 0 else { return GIT_EAUTH.rawValue }
    let environment = ProcessInfo.processInfo.environment
    if !attempts.pointee.hasTriedAgent, environment["SSH_AUTH_SOCK"] != nil {
        attempts.pointee.hasTriedAgent = true
        return git_credential_ssh_key_from_agent(out, user)
    }
    let home = environment["HOME"] ?? "/root"
    while attempts.pointee.triedKeys < CredentialAttempts.keyNames.count {
        let key = "\(home)/.ssh/\(CredentialAttempts.keyNames[attempts.pointee.triedKeys])"
        attempts.pointee.triedKeys += 1
        guard FileManager.default.fileExists(atPath: key) else { continue }
        return git_credential_ssh_key_new(out, user, "\(key).pub", key, nil)
    }
    return GIT_EAUTH.rawValue
}
