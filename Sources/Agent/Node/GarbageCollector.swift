import APIMachinery
import Glibc

/// Keeps the disk from filling: logs rotate, and images that nobody uses go when space runs short.
///
/// Dead containers need no collector: a pod keeps one dead life of each container, and takes that along.
struct GarbageCollector {
    static let interval = Duration.seconds(300)
    /// Images go from this much of the disk in use down to that much. Source: kubelet's defaults.
    static let highThreshold = 0.85
    static let lowThreshold = 0.80

    let controller: PodController

    private var services: PodServices { controller.services }

    func run() async throws {
        while true {
            try await services.clock.sleep(for: Self.interval)
            do {
                try await collectImages()
            } catch let error as RuntimeError {
                services.logger.warning("images not collected", metadata: ["error": "\(error)"])
            }
        }
    }

    func rotateLogs() async {
        let rotation = LogRotation(runtime: services.runtime, clock: services.clock)
        for entry in controller.entries {
            let (pod, running) = entry.state.withLock { state in
                (state.lifecycle.pod, state.lifecycle.containers.filter(\.isRunning))
            }
            for record in running {
                guard let id = record.id else { continue }
                let path = services.directories.log(pod, container: record.name, restartCount: record.restartCount)
                do {
                    try await rotation.rotate(path, of: id)
                } catch {
                    services.logger.warning("log not rotated", metadata: ["path": "\(path)", "error": "\(error)"])
                }
            }
        }
    }

    private func collectImages() async throws {
        guard let mount = try await services.runtime.imageFilesystems().first, Self.usage(mount) > Self.highThreshold else { return }
        let used = Set(
            controller.entries.flatMap { entry in
                entry.state.withLock { state in state.lifecycle.containers.flatMap { [$0.imageID, $0.container.image] } }
            })
        for image in try await services.runtime.images().sorted(by: { $0.sizeBytes > $1.sizeBytes }) {
            if Self.usage(mount) < Self.lowThreshold { return }
            let names = [image.id] + image.tags + image.digests
            guard !image.isPinned, !names.contains(where: { used.contains($0) || $0.contains("/pause:") }) else { continue }
            services.logger.info("removing an unused image", metadata: ["image": "\(image.tags.first ?? image.id)"])
            try await services.runtime.removeImage(image.id)
        }
    }

    private static func usage(_ path: String) -> Double {
        var status = statvfs()
        guard statvfs(path, &status) == 0, status.f_blocks > 0 else { return 0 }
        return 1 - Double(status.f_bavail) / Double(status.f_blocks)
    }
}
