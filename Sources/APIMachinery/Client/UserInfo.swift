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

    /// A controller of the cluster, as Kubernetes names it: a service account of kube-system.
    package static func controller(_ name: String) -> UserInfo {
        serviceAccount(namespace: "kube-system", name: name)
    }

    /// A ServiceAccount, as its tokens say.
    package static func serviceAccount(namespace: String, name: String) -> UserInfo {
        UserInfo(
            name: "system:serviceaccount:\(namespace):\(name)",
            groups: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)", "system:authenticated"])
    }

    /// As a request names whom it impersonates: the groups that come with a name ask for no right of their own.
    package var withoutImpliedGroups: UserInfo {
        var user = self
        let parts = name.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let isAccount = parts.count == 4 && name.hasPrefix("system:serviceaccount:")
        let implied = isAccount ? UserInfo.serviceAccount(namespace: parts[2], name: parts[3]).groups : ["system:authenticated"]
        user.groups.removeAll(where: implied.contains)
        return user
    }

    /// The agent of a node.
    package static func node(_ name: String) -> UserInfo {
        UserInfo(name: "system:node:\(name)", groups: ["system:nodes", "system:authenticated"])
    }

    /// A component that is neither, by its full name (`system:kube-scheduler`).
    package static func system(_ name: String) -> UserInfo { UserInfo(name: name, groups: ["system:authenticated"]) }
}
