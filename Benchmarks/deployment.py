"""Figures of the main job: a push, and a rollout."""
import os
import subprocess
import threading
import time

BUSYBOX = "docker.io/library/busybox:1.36"


def git(directory, *arguments):
    subprocess.run(
        ["git", "-C", directory, "-c", "user.name=bench", "-c", "user.email=bench@example.com", *arguments], check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def change_page(repository, version):
    """Makes a commit that changes the page, and with it the Deployment's template."""
    edit(repository, {
        f"Hello from version {version - 1}": f"Hello from version {version}",
        f'example.gitctl.dev/page: "{version - 1}"': f'example.gitctl.dev/page: "{version}"',
    })
    git(repository, "commit", "-aqm", f"Version {version}")


def edit(directory, replacements):
    """Replaces texts in the manifests; each must occur."""
    missing = set(replacements)
    for root, _, names in os.walk(directory):
        for name in names:
            if not name.endswith(".yaml"):
                continue
            with open(os.path.join(root, name)) as file:
                text = changed = file.read()
            for old, new in replacements.items():
                if old in changed:
                    missing.discard(old)
                    changed = changed.replace(old, new)
            if changed != text:
                with open(os.path.join(root, name), "w") as file:
                    file.write(changed)
    if missing:
        raise RuntimeError(f"no manifest of the example says {missing}")


def ready(pod):
    conditions = pod.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def application_path():
    return "/apis/gitctl.dev/v1alpha1/namespaces/gitctl-system/applications"


def measure_push(api, repository, index):
    """Pushes a change; returns seconds to applied and to the first new pod Ready."""
    change_page(repository, index + 2)
    commit = subprocess.check_output(["git", "-C", repository, "rev-parse", "HEAD"], text=True).strip()
    pods = api.watch("/api/v1/namespaces/default/pods")
    applications = api.watch(application_path())
    old = {pod["metadata"]["name"] for pod in api.request("GET", "/api/v1/namespaces/default/pods")["items"]}
    times = {}

    def wait_for_applied():
        for when, event in applications:
            if event["object"].get("status", {}).get("observedRevision", "").startswith(commit):
                times["applied"] = when
                return

    def wait_for_ready():
        for when, event in pods:
            if event["type"] != "DELETED" and event["object"]["metadata"]["name"] not in old and ready(event["object"]):
                times["ready"] = when
                return

    threads = [threading.Thread(target=wait_for_applied), threading.Thread(target=wait_for_ready)]
    for thread in threads:
        thread.start()
    begin = time.time()
    git(repository, "push", "-q", "gitctl", "HEAD")
    for thread in threads:
        thread.join()
    return times["applied"] - begin, times["ready"] - begin


def measure_scale(api, replicas=20):
    """Creates a Deployment; returns seconds until all its pods are Ready."""
    labels = {"app": "bench-scale"}
    body = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "bench-scale"},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    # With 0 the objects would go at once, and the next run meet the containers' ends.
                    "terminationGracePeriodSeconds": 1,
                    "containers": [{"name": "main", "image": BUSYBOX, "command": ["sleep", "600"]}],
                },
            },
        },
    }
    path = "/apis/apps/v1/namespaces/default/deployments"
    events = api.watch(path)
    begin = time.time()
    api.request("POST", path, body)
    seconds = None
    for when, event in events:
        if event["object"]["metadata"]["name"] == "bench-scale" and event["object"].get("status", {}).get("readyReplicas") == replicas:
            seconds = when - begin
            break
    pods = api.watch("/api/v1/namespaces/default/pods?labelSelector=app%3Dbench-scale")
    api.request("DELETE", f"{path}/bench-scale")
    left = {pod["metadata"]["name"] for pod in api.request(
        "GET", "/api/v1/namespaces/default/pods?labelSelector=app%3Dbench-scale")["items"]}
    for _, event in pods:
        if event["type"] == "DELETED":
            left.discard(event["object"]["metadata"]["name"])
        if not left:
            break
    return seconds
