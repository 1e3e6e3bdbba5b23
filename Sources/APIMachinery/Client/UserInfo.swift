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

    /// The ServiceAccount that the name stands for; nil for other users, such as one with a part left empty.
    package var serviceAccount: (namespace: String, name: String)? {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[0] == "system", parts[1] == "serviceaccount", !parts[2].isEmpty, !parts[3].isEmpty else { return nil }
        return (parts[2], parts[3])
    }

    /// As a request names whom it impersonates: the groups that come with a name ask for no right of their own.
    package var withoutImpliedGroups: UserInfo {
        var user = self
        let implied = serviceAccount.map { UserInfo.serviceAccount(namespace: $0.namespace, name: $0.name).groups } ?? ["system:authenticated"]
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
