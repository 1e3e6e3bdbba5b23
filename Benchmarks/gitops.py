"""Figures of the reconciler: many objects from a repository, on the embedded cluster without containers.

250 small apps of four objects each (a Deployment at 0 replicas, a Service, a ServiceAccount, a
ConfigMap) are 1,000 objects of one Application; ten times as many are 10,000. The fleet is 1,000 of them, each
an Application of its own.
"""
import json
import os
import statistics
import subprocess
import tempfile
import threading
import time

from deployment import application_path, git

PEER = "kubectl there"


def manifests(name, text):
    """The four objects of one app, as one file."""
    labels = f"{{app: {name}}}"
    return f"""apiVersion: v1
kind: ServiceAccount
metadata: {{name: {name}, labels: {labels}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: {name}, labels: {labels}}}
data: {{text: "{text}"}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, labels: {labels}}}
spec:
  selector: {labels}
  ports: [{{name: http, port: 80, targetPort: 8080}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, labels: {labels}}}
spec:
  replicas: 0
  selector: {{matchLabels: {labels}}}
  template:
    metadata: {{labels: {labels}}}
    spec:
      serviceAccountName: {name}
      containers:
        - name: main
          image: nginx:1.27
          env: [{{name: TEXT, valueFrom: {{configMapKeyRef: {{name: {name}, key: text}}}}}}]
          ports: [{{containerPort: 8080}}]
"""


class Repository:
    """A work tree whose commits are pushed to a repository of the daemon."""

    def __init__(self, directory, apps):
        self.directory = directory
        for number in range(apps):
            self.write(number, "one")
        git(directory, "init", "-q", "-b", "main")
        if apps:
            self.commit("Begin")

    def write(self, number, text):
        folder = os.path.join(self.directory, f"team-{number // 50}", f"app-{number}")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "app.yaml"), "w") as file:
            file.write(manifests(f"app-{number}", text))

    def commit(self, message):
        git(self.directory, "add", "-A")
        git(self.directory, "commit", "-qm", message)
        return subprocess.check_output(["git", "-C", self.directory, "rev-parse", "HEAD"], text=True).strip()


def wait_for(api, path, condition, begin):
    """Runs `begin`, and answers the seconds from there until an event of the watch satisfies `condition`."""
    events = api.watch(path)
    arrived = []

    def follow():
        for when, event in events:
            if condition(event):
                arrived.append(when)
                return

    thread = threading.Thread(target=follow)
    thread.start()
    start = time.time()
    begin()
    thread.join()
    if not arrived:
        raise RuntimeError(f"the watch of {path} ended early")
    return arrived[0] - start


def is_applied(commit):
    return lambda event: event["object"].get("status", {}).get("observedRevision") == commit


def sync_again(api, name, token):
    """Asks for a sync of the commit that is applied already; answers the seconds until it was done."""
    path = f"{application_path()}/{name}"
    # Clients keep their connection; the handshake is not the daemon's sync.
    connection = api.connect()

    def ask():
        connection.request(
            "PATCH", path, json.dumps({"metadata": {"annotations": {"gitctl.dev/sync": token}}}), {"Content-Type": "application/merge-patch+json"})
        connection.getresponse().read()

    seconds = wait_for(api, application_path(), lambda event: event["object"].get("status", {}).get("lastHandledSync") == token, ask)
    connection.close()
    return seconds


def drift(api, number, value):
    """Changes a ConfigMap behind git's back; answers the seconds until it is put back."""
    path = "/api/v1/namespaces/default/configmaps"
    name = f"app-{number}"

    def change():
        connection = api.connect()
        connection.request("PATCH", f"{path}/{name}", json.dumps({"data": {"text": value}}), {"Content-Type": "application/merge-patch+json"})
        connection.getresponse().read()
        connection.close()

    seen = []

    def is_back(event):
        if event["object"]["metadata"]["name"] != name:
            return False
        text = event["object"]["data"]["text"]
        seen.append(text)
        return text != value and value in seen

    return wait_for(api, path, is_back, change)


def all_applied(names, commit):
    """A condition that holds when every Application of `names` is at the commit."""
    open_names = set(names)

    def check(event):
        if is_applied(commit)(event):
            open_names.discard(event["object"]["metadata"]["name"])
        return not open_names

    return check


def fleet(start, directory, count):
    """Rows of `count` Applications of four objects each, which one Application discovers in a repository."""
    daemon, api = start()
    repository = Repository(tempfile.mkdtemp(dir=directory), 0)
    with open(os.path.join(repository.directory, "first.yaml"), "w") as file:
        file.write("{apiVersion: v1, kind: ConfigMap, metadata: {name: first}}\n")
    repository.commit("First")
    daemon.run("up", repository.directory, "--name", "fleet", check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    spec = {"deletionPolicy": "Delete", "source": {"repository": "fleet"}, "discovery": {"directories": ["team-*/app-*"]}}
    connection = api.connect()
    connection.request("PATCH", f"{application_path()}/fleet", json.dumps({"spec": spec}), {"Content-Type": "application/merge-patch+json"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"the Application was refused: {answer.read()}")
    connection.close()
    for number in range(count):
        repository.write(number, "one")
    commit = repository.commit("Add all")
    names = [f"app-{number}" for number in range(count)]
    push = lambda: git(repository.directory, "push", "-q", "-f", "gitctl", "HEAD:main")
    first = wait_for(api, application_path(), all_applied(names, commit), push)
    times = []
    for run in range(5):
        repository.write(run, "two")
        commit = repository.commit(f"Change {run}")
        times.append(wait_for(api, application_path(), lambda event: event["object"]["metadata"]["name"] == f"app-{run}" and is_applied(commit)(event), push))
    rows = [
        (f"{count:,} Applications of 4 objects from one repository, push to applied", f"{first:.1f} s", "-", "Flux there: 4 applications per second, 250 s"),
        (f"one line of one among {count:,} Applications, push to applied, p50", f"{statistics.median(times) * 1000:.0f} ms", "-", f"{min(times) * 1000:.0f} to {max(times) * 1000:.0f} ms"),
        (f"resident memory with {count:,} Applications", f"{daemon.resident_megabytes():.0f} MB", "-", ""),
    ]
    daemon.discard()
    return rows


def measure(start, directory):
    """Rows of figures; `start` makes a daemon with an API on an empty data directory."""
    rows = []
    milliseconds = lambda values: f"{statistics.median(values) * 1000:.0f} ms"
    spread = lambda values: f"{min(values) * 1000:.0f} to {max(values) * 1000:.0f} ms"

    def deployed(apps):
        daemon, api = start()
        repository = Repository(tempfile.mkdtemp(dir=directory), apps)
        # The Application, its repository and the remote; the first commit holds one object.
        first = tempfile.mkdtemp(dir=directory)
        with open(os.path.join(first, "first.yaml"), "w") as file:
            file.write("{apiVersion: v1, kind: ConfigMap, metadata: {name: first}}\n")
        git(first, "init", "-q", "-b", "main")
        git(first, "add", "-A")
        git(first, "commit", "-qm", "First")
        daemon.run("up", first, "--name", "many", check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        target = os.path.join(daemon.directory, "git/many.git")
        git(repository.directory, "remote", "add", "gitctl", target)
        with open(os.path.join(repository.directory, "first.yaml"), "w") as file:
            file.write("{apiVersion: v1, kind: ConfigMap, metadata: {name: first}}\n")
        commit = repository.commit("First")
        push = lambda: git(repository.directory, "push", "-q", "-f", "gitctl", "HEAD:main")
        seconds = wait_for(api, application_path(), is_applied(commit), push)
        return daemon, api, repository, push, seconds

    times = []
    for run in range(3):
        daemon, api, repository, push, seconds = deployed(250)
        times.append(seconds)
        if run < 2:
            daemon.discard()
    rows.append(("1,000 objects from nothing, push to applied", f"{statistics.median(times):.2f} s", "0.80 s", f"{min(times):.2f} to {max(times):.2f} s; kubectl apply there 24.8, server-side 9.5"))
    times = [sync_again(api, "many", f"again-{run}") for run in range(20)]
    rows.append(("the same commit again, p50", f"{statistics.median(times) * 1000:.1f} ms", "5.0 ms", f"{spread(times)}; {PEER} 3,600"))
    times = [drift(api, run, f"drift-{run}") for run in range(20)]
    rows.append(("drift to reverted, p50", milliseconds(times), "30 ms", f"{spread(times)}; Argo CD about 3,000"))
    for number in range(250):
        repository.write(number, "two")
    repository.commit("Change all")
    times = []
    for _ in range(5):
        begin = time.time()
        outcome = daemon.run("diff", cwd=repository.directory, stdout=subprocess.DEVNULL)
        times.append(time.time() - begin)
        if outcome.returncode != 1:
            raise RuntimeError(f"gitctl diff ended with {outcome.returncode}")
    rows.append(("plan of 1,000 objects, 250 changed, p50", milliseconds(times), "150 ms", f"{spread(times)}; kubectl diff there 7,900"))
    daemon.discard()

    daemon, api, repository, push, seconds = deployed(2500)
    times = []
    for run in range(20):
        repository.write(run, "two")
        commit = repository.commit(f"Change {run}")
        times.append(wait_for(api, application_path(), is_applied(commit), push))
    rows.append(("one line among 10,000 objects, push to applied, p50", milliseconds(times), "100 ms", spread(times)))
    rows.append(("resident memory with 10,000 objects", f"{daemon.resident_megabytes():.0f} MB", "200 MB", f"first applied in {seconds:.1f} s"))
    daemon.discard()
    return rows
