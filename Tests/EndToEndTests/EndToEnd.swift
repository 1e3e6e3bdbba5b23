import Foundation
import Testing

/// The whole of gitctl on a machine of its own, with real containers, git, kubectl and curl.
///
/// One test at a time: two cores, and each test measures what its user would feel. Runs where
/// `GITCTL_E2E=1`; `make test` sets it.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["GITCTL_E2E"] == "1"))
enum EndToEnd {}
