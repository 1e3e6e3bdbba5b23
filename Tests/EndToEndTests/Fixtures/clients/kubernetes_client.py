"""The official Python client against a cluster: CRUD, watch with resume, server-side apply, the
dynamic client, and leader election by a Lease. Ends with exit code 0 when all of it went well."""
import threading
import time
import uuid

from kubernetes import client, config, dynamic, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock

config.load_kube_config()
core, apps = client.CoreV1Api(), client.AppsV1Api()
NAMESPACE = "python-client"


def expect_status(code, call, *arguments, **keywords):
    try:
        call(*arguments, **keywords)
    except ApiException as error:
        assert error.status == code, error
        return error
    raise AssertionError(f"{call.__name__} answered, not {code}")


def crud():
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))
    made = core.create_namespaced_config_map(NAMESPACE, client.V1ConfigMap(metadata=client.V1ObjectMeta(name="c"), data={"a": "1"}))
    assert made.metadata.uid and made.metadata.creation_timestamp.tzinfo
    expect_status(409, core.create_namespaced_config_map, NAMESPACE, made.__class__(metadata=client.V1ObjectMeta(name="c")))
    made.data["a"] = "2"
    changed = core.replace_namespaced_config_map("c", NAMESPACE, made)
    expect_status(409, core.replace_namespaced_config_map, "c", NAMESPACE, made)
    assert int(changed.metadata.resource_version) > int(made.metadata.resource_version)
    patched = core.patch_namespaced_config_map("c", NAMESPACE, {"data": {"b": "3"}})
    assert patched.data == {"a": "2", "b": "3"}
    assert [item.metadata.name for item in core.list_namespaced_config_map(NAMESPACE, field_selector="metadata.name=c").items] == ["c"]
    first = core.list_config_map_for_all_namespaces(limit=1)
    rest = core.list_config_map_for_all_namespaces(limit=500, _continue=first.metadata._continue)
    assert first.metadata._continue and first.items[0].metadata.uid not in [item.metadata.uid for item in rest.items]
    spec = client.V1DeploymentSpec(
        replicas=0, selector=client.V1LabelSelector(match_labels={"a": "b"}),
        template=client.V1PodTemplateSpec(
            metadata=client.V1ObjectMeta(labels={"a": "b"}),
            spec=client.V1PodSpec(containers=[client.V1Container(name="c", image="busybox:1.36")])))
    apps.create_namespaced_deployment(NAMESPACE, client.V1Deployment(metadata=client.V1ObjectMeta(name="d"), spec=spec))
    scale = apps.read_namespaced_deployment_scale("d", NAMESPACE)
    assert scale.spec.replicas == 0 and scale.status.selector == "a=b"
    error = expect_status(422, apps.patch_namespaced_deployment, "d", NAMESPACE, {"spec": {"replicas": -1}})
    assert "spec.replicas" in error.body
    core.delete_namespaced_config_map("c", NAMESPACE)
    expect_status(404, core.read_namespaced_config_map, "c", NAMESPACE)


def watching():
    start = core.list_namespaced_secret(NAMESPACE).metadata.resource_version
    for number in range(3):
        core.create_namespaced_secret(NAMESPACE, client.V1Secret(metadata=client.V1ObjectMeta(name=f"s{number}"), string_data={"k": "v"}))
    seen, watcher = [], watch.Watch()
    for event in watcher.stream(core.list_namespaced_secret, NAMESPACE, resource_version=start, timeout_seconds=20):
        seen.append((event["type"], event["object"].metadata.name))
        if len(seen) == 2:
            break
    # A second watch goes on where the first one left off.
    for event in watch.Watch().stream(
            core.list_namespaced_secret, NAMESPACE, resource_version=event["object"].metadata.resource_version, timeout_seconds=20):
        seen.append((event["type"], event["object"].metadata.name))
        break
    assert seen == [("ADDED", "s0"), ("ADDED", "s1"), ("ADDED", "s2")], seen


def dynamic_client():
    cluster = dynamic.DynamicClient(client.ApiClient())
    maps = cluster.resources.get(api_version="v1", kind="ConfigMap")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied", "namespace": NAMESPACE}, "data": {"k": "v"}}
    applied = cluster.server_side_apply(maps, body=body, namespace=NAMESPACE, field_manager="one")
    assert applied.metadata.managedFields[0].operation == "Apply" and applied.metadata.managedFields[0].manager == "one"
    body["data"]["k"] = "w"
    expect_status(409, cluster.server_side_apply, maps, body=body, namespace=NAMESPACE, field_manager="two")
    forced = cluster.server_side_apply(maps, body=body, namespace=NAMESPACE, field_manager="two", force_conflicts=True)
    assert forced.data.k == "w"
    deployments = cluster.resources.get(api_version="apps/v1", kind="Deployment")
    assert deployments.get(name="d", namespace=NAMESPACE).spec.replicas == 0


def leader_election():
    identity, led = str(uuid.uuid4()), threading.Event()

    def lead():
        led.set()

    lock = LeaseLock("leader", NAMESPACE, identity)
    settings = electionconfig.Config(
        lock, lease_duration=4, renew_deadline=3, retry_period=1, onstarted_leading=lead, onstopped_leading=lambda: None)
    threading.Thread(target=leaderelection.LeaderElection(settings).run, daemon=True).start()
    assert led.wait(20), "nobody leads"
    lease = client.CoordinationV1Api().read_namespaced_lease("leader", NAMESPACE)
    assert lease.spec.holder_identity == identity
    renewed = lease.spec.renew_time
    deadline = time.monotonic() + 20
    while client.CoordinationV1Api().read_namespaced_lease("leader", NAMESPACE).spec.renew_time == renewed:
        assert time.monotonic() < deadline, "the lease is not renewed"
        time.sleep(0.2)


for part in (crud, watching, dynamic_client, leader_election):
    part()
    print(part.__name__, "ok", flush=True)
core.delete_namespace(NAMESPACE)
