import APIMachinery
import Synchronization

/// Brings images to the machine: each at most once at a time, however many pods want it.
package final class ImageFetcher: Sendable {
    /// Pulls under way at once; each is parallel inside.
    static let pullsAtOnce = 4

    private struct State {
        var pulls: [PullKey: [CheckedContinuation<Result<PulledImage, ImageFailure>?, Never>]] = [:]
    }
    private struct PullKey: Hashable {
        var reference: String
        var credentials: [RegistryCredentials]
    }
    private struct PulledImage: Sendable {
        var reference: String
        var sizeBytes: Int64
        var duration: Duration
    }

    private let runtime: any ContainerRuntime
    private let client: any ResourceClient
    private let clock: any WallClock
    private let limit = Limiter(pullsAtOnce)
    private let state = Mutex(State())

    package init(runtime: any ContainerRuntime, client: any ResourceClient, clock: any WallClock) {
        self.runtime = runtime
        self.client = client
        self.clock = clock
    }

    /// Does what the container's pull policy says. `pulling` is told when a pull begins.
    func fetch(
        _ container: PodContainer, of pod: Pod, sandbox: PodSandboxConfig, pulling: @Sendable (String) -> Void
    ) async -> Result<FetchedImage, ImageFailure> {
        let image = container.image
        guard ImageReference.isValid(image) else {
            return .failure(
                ImageFailure(
                    reason: .invalidName,
                    message: "Failed to apply default image tag \"\(image)\": couldn't parse image name \"\(image)\": invalid reference format"))
        }
        if container.pullPolicy != .always {
            do {
                if let present = try await runtime.image(image) {
                    return .success(
                        FetchedImage(reference: present.name, message: "Container image \"\(image)\" already present on machine"))
                }
            } catch {
                return .failure(ImageFailure(reason: .inspect, message: "Failed to inspect image \"\(image)\": \(error)"))
            }
            if container.pullPolicy == .never {
                return .failure(
                    ImageFailure(reason: .neverPull, message: "Container image \"\(image)\" is not present with pull policy of Never"))
            }
        }
        pulling("Pulling image \"\(image)\"")
        let started = clock.now
        let credentials = await PullSecrets(client: client).credentials(for: pod, registry: ImageReference.registry(of: image))
        return await pull(PullKey(reference: image, credentials: credentials), sandbox).map { pulled in
            let size = pulled.sizeBytes > 0 ? " Image size: \(pulled.sizeBytes) bytes." : ""
            return FetchedImage(
                reference: pulled.reference,
                message: "Successfully pulled image \"\(image)\" in \(Self.text(pulled.duration)) (\(Self.text(clock.now - started)) including waiting).\(size)")
        }
    }

    /// As Go prints durations, to the millisecond.
    private static func text(_ duration: Duration) -> String {
        let milliseconds = duration.nanoseconds / 1_000_000
        guard milliseconds >= 1000 else { return "\(milliseconds)ms" }
        let fraction = String(milliseconds % 1000 + 1000).dropFirst()
        return "\(milliseconds / 1000).\(fraction)s"
    }

    private func pull(_ key: PullKey, _ sandbox: PodSandboxConfig) async -> Result<PulledImage, ImageFailure> {
        let isFirst = state.withLock { state in
            if state.pulls[key] != nil { return false }
            state.pulls[key] = []
            return true
        }
        guard isFirst else { return await join(key, sandbox) }
        let result = await limit.run { await self.pullNow(key, sandbox) }
        let waiting = state.withLock { $0.pulls.removeValue(forKey: key) ?? [] }
        for continuation in waiting { continuation.resume(returning: result) }
        return result
    }

    /// Waits for the pull under way; when it has just ended, begins anew.
    private func join(_ key: PullKey, _ sandbox: PodSandboxConfig) async -> Result<PulledImage, ImageFailure> {
        let result: Result<PulledImage, ImageFailure>? = await withCheckedContinuation { continuation in
            let isWaiting = state.withLock { state in
                guard state.pulls[key] != nil else { return false }
                state.pulls[key]?.append(continuation)
                return true
            }
            if !isWaiting { continuation.resume(returning: nil) }
        }
        if let result { return result }
        return await pull(key, sandbox)
    }

    private func pullNow(_ key: PullKey, _ sandbox: PodSandboxConfig) async -> Result<PulledImage, ImageFailure> {
        let started = clock.now
        var message = ""
        for credentials in key.credentials.isEmpty ? [nil] : key.credentials.map(Optional.some) {
            do {
                let reference = try await runtime.pull(key.reference, credentials: credentials, for: sandbox)
                // Name and size are for the reader; the pull itself has succeeded.
                let image = try? await runtime.image(reference)
                return .success(
                    PulledImage(reference: image?.name ?? reference, sizeBytes: image?.sizeBytes ?? 0, duration: clock.now - started))
            } catch {
                message = error.message
            }
        }
        return .failure(ImageFailure(reason: .pull, message: message))
    }
}

extension RuntimeImage {
    /// By digest where the registry gave one, else by id: what a status reports.
    var name: String { digests.first ?? id }
}

/// The grammar of image references. Source: distribution/reference.
enum ImageReference {
    /// Lower-case path components with single separators, an optional tag and digest.
    static func isValid(_ text: String) -> Bool {
        var name = text[...]
        if let at = name.firstIndex(of: "@") {
            let digest = name[name.index(after: at)...].split(separator: ":", omittingEmptySubsequences: false)
            guard digest.count == 2, !digest[0].isEmpty, digest[1].count >= 32, digest[1].allSatisfy(\.isHexDigit) else { return false }
            name = name[..<at]
        }
        let slash = name.lastIndex(of: "/") ?? name.startIndex
        if let colon = name[slash...].lastIndex(of: ":") {
            let tag = name[name.index(after: colon)...]
            guard !tag.isEmpty, tag.count <= 128, tag.first != ".", tag.first != "-",
                tag.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) })
            else { return false }
            name = name[..<colon]
        }
        var parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.isEmpty, name.utf8.count <= 255 else { return false }
        if parts.count > 1, isHost(parts[0]) { parts.removeFirst() }
        return parts.allSatisfy(isComponent)
    }

    /// The registry's host (and port); docker.io where none is named.
    static func registry(of text: String) -> String {
        let parts = text.split(separator: "/", maxSplits: 1)
        return parts.count > 1 && isHost(parts[0]) ? String(parts[0]) : "docker.io"
    }

    private static func isHost(_ text: Substring) -> Bool {
        text == "localhost" || text.contains(".") || text.contains(":") || text.contains(where: \.isUppercase)
    }

    private static func isComponent(_ text: Substring) -> Bool {
        guard let first = text.first, let last = text.last else { return false }
        func isWord(_ character: Character) -> Bool { character.isASCII && (character.isNumber || character.isLowercase) }
        guard isWord(first), isWord(last) else { return false }
        return text.allSatisfy { isWord($0) || "._-".contains($0) } && !text.contains("..") && !text.contains("___")
    }
}
