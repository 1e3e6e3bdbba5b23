import APIMachinery
import Reconciler

/// What `gitctl diff` compares, and how it is shown.
package struct DiffRequest: Sendable, Hashable {
    /// The top of the work tree, absolute.
    package var root: String
    /// Where Applications may say that they read this repository.
    package var urls: [String]
    /// Full ids of commits; nil: what is live.
    package var from: String?
    package var to: String
    /// nil: all that the repository deploys.
    package var app: ApplicationName?
    /// The branch whose Applications alone count, inner nil for none; nil: whichever they follow.
    package var branch: String??
    package var format: DiffFormat

    package var json: JSON {
        var fields: JSONObject = ["root": .string(root), "urls": JSON(urls), "to": .string(to), "format": format.json]
        if let from { fields["from"] = .string(from) }
        if let app { fields["app"] = .string("\(app.namespace)/\(app.name)") }
        if let branch { fields["branch"] = branch.map(JSON.string) ?? .null }
        return .object(fields)
    }

    package init(root: String, urls: [String], from: String?, to: String, app: ApplicationName?, branch: String??, format: DiffFormat) {
        self.root = root
        self.urls = urls
        self.from = from
        self.to = to
        self.app = app
        self.branch = branch
        self.format = format
    }

    package init?(json: JSON) {
        guard let root = json["root"]?.string, let to = json["to"]?.string, let format = DiffFormat(json: json["format"] ?? .null) else { return nil }
        self.init(
            root: root, urls: (json["urls"]?.array ?? []).compactMap(\.string), from: json["from"]?.string, to: to,
            app: json["app"]?.string.flatMap(ApplicationName.init(argument:)), branch: json["branch"].map(\.string), format: format)
    }
}

/// How a comparison is shown.
package struct DiffFormat: Sendable, Hashable {
    package var output: Diff.Output
    package var isUnified: Bool
    package var hasColor: Bool

    package init(output: Diff.Output, isUnified: Bool, hasColor: Bool) {
        self.output = output
        self.isUnified = isUnified
        self.hasColor = hasColor
    }

    var json: JSON { ["output": .string(output.rawValue), "unified": .bool(isUnified), "color": .bool(hasColor)] }

    init?(json: JSON) {
        guard let output = json["output"]?.string.flatMap(Diff.Output.init(rawValue:)) else { return nil }
        self.init(output: output, isUnified: json["unified"]?.bool ?? false, hasColor: json["color"]?.bool ?? false)
    }

    func text(_ report: PlanReport) -> String {
        switch output {
        case .text: report.text(PlanText(hasColor: hasColor, isUnified: isUnified))
        case .json: report.json.text
        case .markdown: report.markdown
        }
    }
}
