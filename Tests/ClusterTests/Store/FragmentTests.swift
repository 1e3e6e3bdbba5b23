import APIMachinery
import Testing

@testable import Cluster

@Suite("Looks into the encoding of an object")
struct FragmentTests {
    private static let reference = OwnerReference(
        apiVersion: "v1", kind: "ConfigMap", name: "a", uid: "1", isController: false, blocksOwnerDeletion: false)

    @Test("owners are those of the object, and none of what is written in it")
    func owners() {
        var object = Object(.configMaps, namespace: "default", name: "one")
        object.annotations = ["a,{\"ownerReferences\":[": "\\\",\"ownerReferences\":[{}]"]
        object.fields["aaa"] = ["metadata": ["ownerReferences": [["apiVersion": "v1", "kind": "ConfigMap", "name": "b", "uid": "2"]]]]
        object.fields["ownerReferences"] = [["apiVersion": "v1", "kind": "ConfigMap", "name": "b", "uid": "2"]]
        #expect(ObjectVersion(unstored: object).ownerReferences == [])
        object.ownerReferences = [Self.reference]
        #expect(ObjectVersion(unstored: object).ownerReferences == [Self.reference])
        #expect(ObjectVersion(unstored: Object(["kind": "A"])).ownerReferences == [])
    }

    @Test("a selector is that of the spec")
    func selector() {
        var service = Object(.services, namespace: "default", name: "one", ["aaa": ["selector": ["a": "b"]], "spec": ["inner": ["selector": ["a": "c"]]]])
        #expect(ObjectVersion(unstored: service).serviceSelector == nil)
        service["spec", "selector"] = ["app": "web"]
        #expect(ObjectVersion(unstored: service).serviceSelector == ["app": "web"])
    }
}
