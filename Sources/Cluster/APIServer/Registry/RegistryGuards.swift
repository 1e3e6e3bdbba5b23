import APIMachinery
import Synchronization

/// What judges the registry's writes beside the kinds' own rules, set once when the server has it.
package final class RegistryGuards: Sendable {
    private struct State {
        var authorizer: Authorizer?
        var escalation: Escalation?
        var webhooks: Webhooks?
    }

    private let state = Mutex(State())

    init() {}

    /// Asked where one request needs more than one right; nil allows everything.
    var authorizer: Authorizer? {
        get { state.withLock { $0.authorizer } }
        set { state.withLock { $0.authorizer = newValue } }
    }

    var escalation: Escalation? {
        get { state.withLock { $0.escalation } }
        set { state.withLock { $0.escalation = newValue } }
    }

    var webhooks: Webhooks? {
        get { state.withLock { $0.webhooks } }
        set { state.withLock { $0.webhooks = newValue } }
    }
}
