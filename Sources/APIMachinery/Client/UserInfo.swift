/// Who makes a request: authentication's answer, authorization's question.
package struct UserInfo: Sendable, Hashable {
    package var name: String
    package var uid: String
    package var groups: [String]
    package var extra: [String: [String]]

    package init(name: String, uid: String = "", groups: [String] = [], extra: [String: [String]] = [:]) {
        self.name = name
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    /// A part of gitctl itself, with every right; `name` becomes the default field manager.
    package static func component(_ name: String) -> UserInfo {
        UserInfo(name: "system:\(name)", groups: ["system:masters", "system:authenticated"])
    }
}
