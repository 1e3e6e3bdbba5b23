import APIMachinery

/// What a pod's lifecycle hears of.
package enum PodEvent: Sendable {
    /// A new version of the API object.
    case changed(Pod)
    /// The API object no longer exists.
    case gone
    /// What the runtime has of this pod: at the agent's start, and after missed events. A listing can
    /// tell the end only of what it could have shown: of ids known when it was begun (nil: of all).
    case observed([ObservedSandbox], [ObservedContainer], asOf: Set<String>? = nil)
    /// With the time at which their content is due for renewal, if it ever is.
    case volumesMounted(refreshAt: Timestamp?)
    case volumesRefreshed(refreshAt: Timestamp?)
    case volumesFailed(String)
    case volumesUnmounted
    /// An object that the pod refers to (ConfigMap, Secret, claim) appeared or changed.
    case referencesChanged
    case image(container: String, Result<FetchedImage, ImageFailure>)
    case sandboxStarted(id: String, ips: [String])
    case sandboxFailed(String)
    case sandboxExited(id: String)
    case sandboxStopped(id: String)
    case containerStarted(String, id: String, at: Timestamp)
    case containerNotStarted(String, StartFailure)
    case postStart(String, id: String, failure: String?)
    case containerExited(String, id: String, ContainerExit)
    /// The runtime failed to stop it.
    case containerUnstoppable(String, id: String)
    case probe(String, id: String, ProbeSpec.Kind, ProbeCounter.Verdict)
    case podRemoved
    case objectDeleted
    case wake
}

/// What a pod's lifecycle wants done. Each but `event` and the probes' answers with a `PodEvent`.
package enum PodAction: Sendable, Hashable {
    case mountVolumes
    /// Writes anew what has changed in objects, or is about to expire.
    case refreshVolumes
    case unmountVolumes
    case fetchImage(container: String)
    case runSandbox(attempt: Int)
    case stopSandbox(id: String)
    /// Create, start, and run the postStart hook.
    case startContainer(String, restartCount: Int, sandbox: String, image: String)
    /// Drain, preStop, TERM, KILL: all by `deadline`.
    case stopContainer(String, id: String, deadline: Timestamp)
    /// One that is being stopped gets less time than was said.
    case hastenStop(id: String, deadline: Timestamp)
    /// A dead container that no status speaks of any more.
    case removeContainer(id: String)
    case startProbes(String, id: String, [ProbeSpec.Kind], isReady: Bool)
    case stopProbes(String, [ProbeSpec.Kind])
    /// Sandboxes with their containers, log files and the pod's directory.
    case removePod(sandboxes: [String])
    /// After the last status.
    case deleteObject
    case event(EventRecorder.Kind, reason: String, message: String, container: String?)
}

/// An image that is on the machine.
package struct FetchedImage: Sendable, Hashable {
    /// By which the runtime knows it, and the status reports it.
    package var reference: String
    /// What an event says of it.
    package var message: String
}

package struct ImageFailure: Error, Sendable, Hashable {
    package enum Reason: String, Sendable {
        case pull = "ErrImagePull"
        case neverPull = "ErrImageNeverPull"
        case invalidName = "InvalidImageName"
        case inspect = "ImageInspectError"
    }
    package var reason: Reason
    package var message: String
}

/// Why a container did not come to run.
package struct StartFailure: Sendable, Hashable {
    package enum Reason: String, Sendable {
        case config = "CreateContainerConfigError"
        case create = "CreateContainerError"
        case run = "RunContainerError"
    }
    package var reason: Reason
    package var message: String
    /// Set when the container exists and failed at its start.
    package var exited: Exited?

    package struct Exited: Sendable, Hashable {
        package var id: String
        package var exit: ContainerExit
    }
}
