import APIMachinery
import Synchronization

/// Which objects each Application of one source asks for by one commit. Shared by all that ask: each manifest is
/// read for the first of them, however many there are.
final class Holdings: Sendable {
    private struct Reading {
        var variables: Substitution?
        var objects: Set<ObjectIdentity> = []
        /// Whether it gives up what it does not ask for.
        var releases = true
    }

    /// Of the source, in order.
    private let applications: [Application]
    /// Whose spec cannot be used.
    private let unusable: [String]
    private let readings = Mutex<[String: Reading]>([:])

    /// - Parameter objects: the Applications that read the repository of `application`.
    init(of application: Application, among objects: [Object]) {
        var (applications, unusable): ([Application], [String]) = ([], [])
        for object in objects {
            do throws(InvalidApplication) {
                let other = try Application(object)
                if other.isOfSameSource(as: application) { applications.append(other) }
            } catch {
                unusable.append("\(object.namespace)/\(object.name)")
            }
        }
        // With more, see `Claims.countMax`.
        (self.applications, self.unusable) = applications.count + unusable.count <= Claims.countMax ? (applications, unusable) : ([], [])
    }

    /// Reads what nobody has read yet, the own manifests first: many that ask at once share the work.
    /// Answers which of the others cannot be read.
    func read(
        for application: Application, at resolved: Sources.Resolved, renderer: Renderer, client: any ResourceClient
    ) async throws -> [String] {
        var unread = unusable
        let start = applications.firstIndex { $0.reference == application.reference } ?? applications.startIndex
        for other in applications[start...] + applications[..<start] where applications.count > 1 {
            do {
                try await read(other, at: resolved, renderer: renderer, client: client)
            } catch let status as APIStatus where status.reason != .forbidden {
                throw status
            } catch {
                try Task.checkCancellation()
                unread.append(other.reference)
            }
        }
        return unread.filter { $0 != application.reference }
    }

    private func read(_ other: Application, at resolved: Sources.Resolved, renderer: Renderer, client: any ResourceClient) async throws {
        // Variables may change without the Application.
        let areFixed = other.substitute?.from.isEmpty ?? true
        let variables = try await areFixed ? nil : Substitution(of: other, client: client)
        guard readings.withLock({ $0[other.reference].map { $0.variables != variables } ?? true }) else { return }
        // One that is suspended will take what it asks for, but gives up nothing until then.
        var reading = Reading(variables: variables, releases: !other.isSuspended)
        do {
            let rendered = try await renderer.render(resolved.completed(for: other), for: other, client: client)
            reading.objects = Set(rendered.objects.lazy.filter { $0.order?.hook == nil }.map(\.identity))
        } catch let error as GitError where error.reason == .noPath {
            // It asks for nothing, which is an error of its own: it gives up nothing.
            reading.releases = false
        }
        let read = reading
        readings.withLock { $0[other.reference] = read }
    }

    /// An Application that asks for an object.
    func holder(of identity: ObjectIdentity, besides reference: String) -> String? {
        readings.withLock { readings in
            applications.first { $0.reference != reference && readings[$0.reference]?.objects.contains(identity) == true }?.reference
        }
    }

    /// Whether an Application no longer asks for an object.
    func releases(_ reference: String, _ identity: ObjectIdentity) -> Bool {
        readings.withLock { $0[reference].map { $0.releases && !$0.objects.contains(identity) } ?? false }
    }
}
