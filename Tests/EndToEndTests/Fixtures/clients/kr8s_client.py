"""kr8s against a cluster: objects from classes and from discovery, waiting, logs, scaling, watching."""
import kr8s
from kr8s.objects import ConfigMap, Deployment, Namespace, Pod, new_class

NAMESPACE = "kr8s-client"
space = Namespace({"metadata": {"name": NAMESPACE}})
space.create()

settings = ConfigMap({"metadata": {"name": "c", "namespace": NAMESPACE}, "data": {"a": "1"}})
settings.create()
assert settings.exists()
settings.patch({"data": {"b": "2"}})
settings.label({"tier": "x"})
assert [found.name for found in kr8s.get("configmaps", namespace=NAMESPACE, label_selector={"tier": "x"})] == ["c"]
assert settings.raw["data"] == {"a": "1", "b": "2"}

pod = Pod({
    "metadata": {"name": "p", "namespace": NAMESPACE},
    "spec": {
        "terminationGracePeriodSeconds": 1,
        "containers": [{"name": "c", "image": "busybox:1.36", "command": ["sh", "-c", "echo hello; sleep 1000"]}],
    },
})
pod.create()
pod.wait("condition=Ready", timeout=40)
assert list(pod.logs()) == ["hello"]

template = {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": [{"name": "c", "image": "busybox:1.36", "command": ["sleep", "1000"]}]}}
deployment = Deployment({
    "metadata": {"name": "d", "namespace": NAMESPACE},
    "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "d"}}, "template": template},
})
deployment.create()
deployment.wait("condition=Available", timeout=40)
assert len(list(deployment.pods())) == 1
deployment.scale(0)

leases = new_class(kind="Lease", version="coordination.k8s.io/v1", namespaced=True)
lease = leases({"metadata": {"name": "l", "namespace": NAMESPACE}, "spec": {"holderIdentity": "me"}})
lease.create()
for event, seen in kr8s.watch("leases.coordination.k8s.io", namespace=NAMESPACE):
    assert (event, seen.name) == ("ADDED", "l")
    break
assert kr8s.whoami() == "kubernetes-admin"
assert kr8s.version()["gitVersion"].startswith("v1.36")
assert "deployments" in {resource["name"] for resource in kr8s.api_resources()}

settings.delete()
settings.wait("delete", timeout=20)
space.delete()
print("ok")
