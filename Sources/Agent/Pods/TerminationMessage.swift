import APIMachinery

/// A container's last words: its termination message file or, where asked for, the end of its log.
struct TerminationMessage {
    /// Source: API reference, core/v1 Container.terminationMessagePath and -Policy.
    static let fileSizeBytesMax = 4096
    static let logSizeBytesMax = 2048
    static let logLinesMax = 80

    let services: PodServices
    let pod: Pod
    let container: PodContainer

    func read(_ exit: ContainerExit, restartCount: Int) async -> ContainerExit {
        var exit = exit
        let path = services.directories.terminationLog(pod.uid, container: container.name, restartCount: restartCount)
        let log = services.directories.log(pod, container: container.name, restartCount: restartCount)
        let usesLog = container.usesLogsAsMessage && exit.code != 0
        let message = await Files.offPool {
            let text = Files.text(path, sizeBytesMax: Self.fileSizeBytesMax)
            guard text.isEmpty, usesLog else { return text }
            let tail = LogFile.tail(log, lines: Self.logLinesMax, sizeBytesMax: 4 * Self.logSizeBytesMax)
            return String(decoding: tail.suffix(Self.logSizeBytesMax), as: UTF8.self)
        }
        if !message.isEmpty { exit.message = message }
        return exit
    }
}
