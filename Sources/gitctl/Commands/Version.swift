import ArgumentParser

package struct Version: ParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Print gitctl's version.",
        discussion: """
            Example:
              gitctl version
            """)

    package init() {}

    package func run() { printLine("gitctl \(Gitctl.version)") }
}
