/// What one build may use: a few lines can ask for more than any machine has, by naming one base twice on each of many levels,
/// or by writing a text into itself again and again.
final class BuildBudget {
    /// Kustomizations, each as often as it is named.
    static let levelsMax = 10_000
    /// Bytes read, each file as often as it is named, and bytes that replacements, vars, patches and names add.
    static let bytesMax = 256 * 1024 * 1024

    private var levels = 0
    private var bytes = 0

    func enter(at place: Place?) throws {
        levels += 1
        guard levels <= Self.levelsMax else {
            throw KustomizeFailure(
                "the kustomizations name one another more than \(Self.levelsMax) times; build smaller directories as several Applications",
                at: place)
        }
    }

    func spend(_ count: Int) throws {
        bytes += max(0, count)
        guard bytes <= Self.bytesMax else {
            throw KustomizeFailure(
                "the build reads or makes more than \(Self.bytesMax.byteCount); build smaller directories as several Applications")
        }
    }
}

extension YAMLValue {
    /// Bytes that a copy of it takes, roughly.
    var weight: Int {
        switch content {
        case .scalar(let scalar): 32 + scalar.text.utf8.count
        case .sequence(let elements): elements.reduce(32) { $0 + $1.weight }
        case .mapping(let members): members.reduce(32) { $0 + $1.key.text.utf8.count + $1.value.weight }
        }
    }
}
