import ArgumentParser
import Glibc

package struct KubeconfigCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "kubeconfig",
        abstract: "Print the path of the daemon's kubeconfig.",
        discussion: """
            The daemon writes the file when it starts. It holds an administrator's key: copy it with care.

            Example:
              export KUBECONFIG=$(gitctl kubeconfig)
              kubectl get pods
            """)

    @OptionGroup package var instance: InstanceOptions

    package init() {}

    package func run() throws {
        let directory = instance.directory
        guard access(directory.kubeconfig, F_OK) == 0 || errno == EACCES else {
            throw Failure("no daemon has run in \(directory.path)", hints: ["start one with `gitctl up`"])
        }
        printLine(directory.kubeconfig)
    }
}
