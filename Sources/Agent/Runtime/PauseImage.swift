import Crypto

/// The image of pod sandboxes, made here rather than pulled: one program of about 200 bytes that
/// sleeps forever, so that no registry is needed to start a pod and an idle sandbox costs next to
/// no memory.
enum PauseImage {
    /// A docker-archive (`ctr images import` reads it) that holds the image under `name`.
    static func archive(name: String) -> [UInt8] {
        let layer = Tar.archive([Tar.File(name: "pause", mode: 0o755, bytes: program)])
        let digest = SHA256.hash(data: layer).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        let configuration = """
            {"architecture":"\(architecture)","os":"linux","config":{"Entrypoint":["/pause"]},\
            "rootfs":{"type":"layers","diff_ids":["sha256:\(digest)"]}}
            """
        let manifest = #"[{"Config":"config.json","RepoTags":["\#(name)"],"Layers":["layer.tar"]}]"#
        return Tar.archive([
            Tar.File(name: "config.json", mode: 0o644, bytes: Array(configuration.utf8)),
            Tar.File(name: "layer.tar", mode: 0o644, bytes: layer),
            Tar.File(name: "manifest.json", mode: 0o644, bytes: Array(manifest.utf8)),
        ])
    }

    #if arch(x86_64)
        private static let architecture = "amd64"
        private static let elfMachine: UInt8 = 62
        // SIGCHLD is set to be ignored, so that the kernel reaps the orphans of a pod whose containers
        // share the sandbox's process namespace; then pause() in a loop.
        private static let code: [UInt8] = [
            0xb8, 13, 0, 0, 0,  // mov eax, SYS_rt_sigaction
            0xbf, 17, 0, 0, 0,  // mov edi, SIGCHLD
            0x48, 0x8d, 0x35, 19, 0, 0, 0,  // lea rsi, [rip + 19] (action)
            0x31, 0xd2,  // xor edx, edx
            0x41, 0xba, 8, 0, 0, 0,  // mov r10d, 8
            0x0f, 0x05,  // syscall
            0xb8, 34, 0, 0, 0,  // mov eax, SYS_pause
            0x0f, 0x05,  // syscall
            0xeb, 0xf7,  // jmp -9
        ]
    #elseif arch(arm64)
        private static let architecture = "arm64"
        private static let elfMachine: UInt8 = 183
        private static let code: [UInt8] = [
            0xc8, 0x10, 0x80, 0xd2,  // mov x8, SYS_rt_sigaction
            0x20, 0x02, 0x80, 0xd2,  // mov x0, SIGCHLD
            0x61, 0x01, 0x00, 0x10,  // adr x1, action
            0x02, 0x00, 0x80, 0xd2,  // mov x2, 0
            0x03, 0x01, 0x80, 0xd2,  // mov x3, 8
            0x01, 0x00, 0x00, 0xd4,  // svc 0
            0x00, 0x00, 0x80, 0xd2,  // mov x0, 0
            0x01, 0x00, 0x80, 0xd2,  // mov x1, 0
            0x02, 0x00, 0x80, 0xd2,  // mov x2, 0
            0x03, 0x00, 0x80, 0xd2,  // mov x3, 0
            0x28, 0x09, 0x80, 0xd2,  // mov x8, SYS_ppoll
            0x01, 0x00, 0x00, 0xd4,  // svc 0
            0xfa, 0xff, 0xff, 0x17,  // b -6
        ]
    #endif

    /// `struct sigaction` as the kernel reads it: the handler SIG_IGN, no flags, no restorer, an empty mask.
    private static let action: [UInt8] = [1] + [UInt8](repeating: 0, count: 31)

    /// A static ELF executable: header, one loadable segment, code. Source: elf(5).
    private static var program: [UInt8] {
        let base: UInt64 = 0x40_0000
        let headersSize: UInt64 = 64 + 56
        let size = headersSize + UInt64(code.count + action.count)
        var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
        func put(_ value: UInt64, size: Int) { for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) } }
        put(2, size: 2)  // executable
        put(UInt64(elfMachine), size: 2)
        put(1, size: 4)  // version
        put(base + headersSize, size: 8)  // entry
        put(64, size: 8)  // program headers
        put(0, size: 8)  // section headers
        put(0, size: 4)  // flags
        for (value, size) in [(64, 2), (56, 2), (1, 2), (64, 2), (0, 2), (0, 2)] { put(UInt64(value), size: size) }
        put(1, size: 4)  // load
        put(5, size: 4)  // read and execute
        put(0, size: 8)  // file offset
        put(base, size: 8)
        put(base, size: 8)
        put(size, size: 8)
        put(size, size: 8)
        put(0x1000, size: 8)  // alignment
        return bytes + code + action
    }
}

/// Writes tar archives of a few files with fixed times and owners. Source: POSIX pax(1), ustar.
enum Tar {
    struct File {
        /// At most 100 bytes.
        var name: String
        var mode: Int
        var bytes: [UInt8]
    }

    static func archive(_ files: [File]) -> [UInt8] {
        var archive: [UInt8] = []
        for file in files {
            archive += header(file)
            archive += file.bytes
            archive += [UInt8](repeating: 0, count: (512 - file.bytes.count % 512) % 512)
        }
        return archive + [UInt8](repeating: 0, count: 1024)
    }

    private static func header(_ file: File) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) { for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte } }
        func octal(_ value: Int, digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        put(file.name, at: 0)
        put(octal(file.mode, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        put(octal(file.bytes.count, digits: 11), at: 124)
        put(octal(0, digits: 11), at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, digits: 6) + "\0 ", at: 148)
        return header
    }
}
