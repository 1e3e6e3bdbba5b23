import Glibc
import Logging

/// Imports image archives into containerd, each once.
struct ImageImports {
    let layout: ContainerdLayout
    /// Name → size and time of modification of what was imported.
    private var imported: [String: String] = [:]

    init(layout: ContainerdLayout) {
        self.layout = layout
        for line in Files.text(layout.importedFile).split(separator: "\n") {
            let fields = line.split(separator: "\t", maxSplits: 1)
            if fields.count == 2 { imported[String(fields[1])] = String(fields[0]) }
        }
    }

    mutating func importNew(logger: Logger) async throws {
        let sandbox = ContainerdConfiguration.sandboxImage
        if imported[sandbox] == nil {
            let path = layout.directory + "/pause.tar"
            try Files.write(PauseImage.archive(name: sandbox), to: path, mode: 0o600)
            defer { unlink(path) }
            try await load(path)
            try record(sandbox, "1")
        }
        for name in Files.names(in: layout.images).sorted() where name.hasSuffix(".tar") {
            let path = "\(layout.images)/\(name)"
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            let version = "\(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
            guard imported[name] != version else { continue }
            do {
                try await load(path)
            } catch {
                // One broken archive must not keep the node from starting; its pods say what they lack.
                logger.error("cannot import the image archive", metadata: ["path": "\(path)", "error": "\(error)"])
                continue
            }
            try record(name, version)
            logger.info("imported an image archive", metadata: ["path": "\(path)"])
        }
    }

    private func load(_ path: String) async throws(Command.Failure) {
        try await Command("ctr", "--address", layout.socketPath, "--namespace", "k8s.io", "images", "import", path).output()
    }

    private mutating func record(_ name: String, _ version: String) throws(Files.Failure) {
        imported[name] = version
        let lines = imported.sorted { $0.key < $1.key }.map { "\($0.value)\t\($0.key)\n" }
        try Files.replace(lines.joined(), at: layout.importedFile)
    }
}
