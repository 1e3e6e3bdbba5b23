import Clibgit2
import FoundationEssentials

/// Which ways to authenticate one fetch has tried: libgit2 asks again after each refusal, for ever.
///
/// Where no Secret is named: the SSH agent, then the user's keys without a passphrase. A user and password inside an
/// https URL never get here: libgit2 uses them itself.
struct CredentialAttempts {
    var hasTriedSecret = false
    private var hasTriedAgent = false
    private var triedKeys = 0

    /// Key files in the order in which OpenSSH tries them.
    private static let keyNames = ["id_ed25519", "id_ecdsa", "id_rsa"]

    static var home: String { ProcessInfo.processInfo.environment["HOME"] ?? "/root" }

    mutating func next(
        _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>, user: String, allowed: UInt32
    ) -> Int32 {
        if allowed & GIT_CREDENTIAL_USERNAME.rawValue != 0 { return git_credential_username_new(out, user) }
        guard allowed & GIT_CREDENTIAL_SSH_KEY.rawValue != 0 else { return GIT_EAUTH.rawValue }
        if !hasTriedAgent, ProcessInfo.processInfo.environment["SSH_AUTH_SOCK"] != nil {
            hasTriedAgent = true
            return git_credential_ssh_key_from_agent(out, user)
        }
        while triedKeys < Self.keyNames.count {
            let key = "\(Self.home)/.ssh/\(Self.keyNames[triedKeys])"
            triedKeys += 1
            guard FileManager.default.fileExists(atPath: key) else { continue }
            return git_credential_ssh_key_new(out, user, "\(key).pub", key, nil)
        }
        return GIT_EAUTH.rawValue
    }
}
