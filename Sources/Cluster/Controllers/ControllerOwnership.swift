import APIMachinery

/// Which dependents a controller owns, takes over, and lets go.
///
/// Source: kubernetes, pkg/controller ControllerRefManager: an object is claimed when its
/// controller reference names the owner and the selector matches; an orphan that matches is
/// adopted, after asking the server that the owner still lives; an owned one that no longer matches is released.
struct Claims: Sendable {
    /// Owned and matching.
    var owned: [Object] = []
    /// Adoptions and releases to make.
    var changes: [ClusterChange] = []

    init(_ candidates: [Object], type: ResourceType, owner: Object, ownerType: ResourceType, selector: LabelSelector) {
        for object in candidates {
            let isMatch = selector.matches(object.labels)
            if let controller = object.controller {
                guard controller.uid == owner.uid else { continue }
                if isMatch {
                    owned.append(object)
                } else if !owner.isDeleting {
                    changes.append(Self.release(object, type: type, from: owner))
                }
            } else if isMatch, !owner.isDeleting, !object.isDeleting {
                changes.append(Self.adopt(object, type: type, by: owner, ownerType: ownerType))
            }
        }
    }

    private static func adopt(_ object: Object, type: ResourceType, by owner: Object, ownerType: ResourceType) -> ClusterChange {
        let references = object.ownerReferences.filter { $0.uid != owner.uid } + [OwnerReference(controller: owner)]
        return patch(object, type: type, references).requiring(.alive(ObjectKey(ownerType, owner), uid: owner.uid))
    }

    private static func release(_ object: Object, type: ResourceType, from owner: Object) -> ClusterChange {
        patch(object, type: type, object.ownerReferences.filter { $0.uid != owner.uid })
    }

    /// Holds for the version seen: another controller may have been quicker.
    private static func patch(_ object: Object, type: ResourceType, _ references: [OwnerReference]) -> ClusterChange {
        .patch(
            ObjectKey(type, object),
            [
                "metadata": [
                    "resourceVersion": .string(object.resourceVersion), "uid": .string(object.uid),
                    "ownerReferences": references.isEmpty ? .null : .array(references.map(\.json)),
                ]
            ])
    }
}
