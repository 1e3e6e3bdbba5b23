"""Figures of the API server: many small objects over TLS on loopback.

The load is made by h2load (Debian's nghttp2-client) over HTTP/1.1, where the figure is a rate, and by
plain sockets where it is the time until something arrives. Server and clients share the machine.
"""
import json
import os
import selectors
import socket
import ssl
import statistics
import subprocess
import tempfile
import threading
import time

from cluster import PORT

NAMESPACE = "bench"
CONFIG_MAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
OBJECTS = 13_000
CONNECTIONS = 32
WATCHERS = 1000
# What kube-apiserver 1.20 with etcd did on two such cores.
PEER = "kube-apiserver 1.20 with etcd"


def config_map(name=None):
    """About 600 bytes as it is sent; 1,150 as it is stored and listed."""
    metadata = {"name": name} if name else {"generateName": "load-"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"value": "x" * 500}}


class Load:
    """Runs h2load with the token of an administrator's service account."""

    def __init__(self, api, directory):
        self.directory = directory
        api.request("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        api.request("POST", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts", {"metadata": {"name": "load"}})
        api.request("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
            "metadata": {"name": "bench-load"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "load", "namespace": NAMESPACE}]})
        self.token = api.request("POST", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/load/token", {"spec": {}})["status"]["token"]

    def run(self, path, count, connections, body=None):
        """Sends `count` requests; answers the rate and each request's seconds."""
        log = os.path.join(self.directory, "h2load.log")
        command = ["h2load", "--h1", "-n", str(count), "-c", str(connections), "-t", "1", "--log-file", log,
                   "-H", f"Authorization: Bearer {self.token}", "-H", "Content-Type: application/json"]
        if body:
            with open(os.path.join(self.directory, "body.json"), "w") as file:
                json.dump(body, file)
            command += ["-d", file.name]
        if os.path.exists(log):
            os.unlink(log)
        output = subprocess.check_output(command + [f"https://127.0.0.1:{PORT}{path}"], text=True)
        times, failed = [], 0
        for line in open(log):
            _, status, microseconds = line.split()
            failed += not status.startswith("2")
            times.append(int(microseconds) / 1e6)
        if failed or len(times) != count:
            raise RuntimeError(f"{failed} of {len(times)} requests to {path} failed, {count} were to be sent\n{output}")
        rate = next(line for line in output.splitlines() if line.startswith("finished in")).split()[3]
        return float(rate), times


def measure_list(api, runs=7):
    """Lists all; answers each run's seconds and the bytes of the answer."""
    connection = api.connect()
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        connection.request("GET", CONFIG_MAPS)
        response = connection.getresponse()
        size = 0
        while piece := response.read(1 << 20):
            size += len(piece)
        times.append(time.perf_counter() - begin)
    return times, size


class Watcher:
    """One watch on a connection of its own, read without blocking; counts lines."""

    def __init__(self, api, version):
        plain = socket.create_connection(("127.0.0.1", PORT))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = api.context.wrap_socket(plain, server_hostname="127.0.0.1")
        self.socket.sendall(
            f"GET {CONFIG_MAPS}?watch=true&resourceVersion={version}&fieldSelector=metadata.name%3Dtick HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.socket.recv(65536)
        self.buffer = b""
        self.socket.setblocking(False)

    def told(self):
        """Whether an event came; reads all there is."""
        try:
            while piece := self.socket.recv(65536):
                self.buffer += piece
        except ssl.SSLWantReadError:
            pass
        if b"\"tick\"" not in self.buffer:
            return False
        self.buffer = b""
        return True


def measure_watch(api, runs=200):
    """Seconds from the begin of a write's request until the watcher has its event."""
    version = api.request("GET", CONFIG_MAPS + "?limit=1")["metadata"]["resourceVersion"]
    watcher = Watcher(api, version)
    watcher.socket.setblocking(True)
    arrivals = []
    told = threading.Semaphore(0)

    def follow():
        for _ in range(runs):
            while b"\"tick\"" not in watcher.socket.recv(65536):
                pass
            arrivals.append(time.perf_counter())
            told.release()

    thread = threading.Thread(target=follow)
    thread.start()
    connection = api.connect()
    begins = []
    for run in range(runs):
        method, path = ("POST", CONFIG_MAPS) if run % 2 == 0 else ("DELETE", CONFIG_MAPS + "/tick")
        body = json.dumps(config_map("tick")) if run % 2 == 0 else None
        begins.append(time.perf_counter())
        connection.request(method, path, body, {"Content-Type": "application/json"})
        connection.getresponse().read()
        told.acquire()
    thread.join()
    watcher.socket.close()
    return [arrival - begin for begin, arrival in zip(begins, arrivals)]


def measure_fan_out(api, runs=10):
    """Seconds from the begin of a write's request until the last of the watchers has its event."""
    version = api.request("GET", CONFIG_MAPS + "?limit=1")["metadata"]["resourceVersion"]
    selector = selectors.DefaultSelector()
    watchers = [Watcher(api, version) for _ in range(WATCHERS)]
    for watcher in watchers:
        selector.register(watcher.socket, selectors.EVENT_READ, watcher)
    connection = api.connect()
    times = []
    for run in range(runs):
        method, path = ("POST", CONFIG_MAPS) if run % 2 == 0 else ("DELETE", CONFIG_MAPS + "/tick")
        body = json.dumps(config_map("tick")) if run % 2 == 0 else None
        waiting = set(watchers)
        begin = time.perf_counter()
        connection.request(method, path, body, {"Content-Type": "application/json"})
        while waiting:
            ready = selector.select(timeout=10)
            if not ready:
                raise RuntimeError(f"{len(waiting)} of {WATCHERS} watchers were not told")
            for key, _ in ready:
                if key.data in waiting and key.data.told():
                    waiting.discard(key.data)
        times.append(time.perf_counter() - begin)
        connection.getresponse().read()
    for watcher in watchers:
        watcher.socket.close()
    return times


def spread(values, unit=1000):
    return f"{min(values) * unit:.1f} to {max(values) * unit:.1f}"


def measure(daemon, api):
    """Rows of figures, measured on a daemon without an agent."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="gitctl-bench-") as directory:
        load = Load(api, directory)
        rate, _ = load.run(CONFIG_MAPS, OBJECTS, CONNECTIONS, config_map())
        rows.append((f"create, {CONNECTIONS} connections, durable", f"{rate:,.0f}/s", "5,000/s", f"{OBJECTS:,} ConfigMaps of 600 bytes; {PEER} 1,635/s"))
        memory = daemon.resident_megabytes()
        api.request("POST", CONFIG_MAPS, config_map("one"))
        rate, _ = load.run(CONFIG_MAPS + "/one", 60_000, CONNECTIONS)
        rows.append((f"get one, {CONNECTIONS} connections", f"{rate:,.0f}/s", "15,000/s", "there 3,820/s"))
        times, size = measure_list(api)
        rows.append((f"list {OBJECTS:,}, p50", f"{statistics.median(times) * 1000:.0f} ms", "60 ms", f"{size / 1e6:.1f} MB; {spread(times)} ms; there 300 to 520"))
        _, times = load.run(CONFIG_MAPS, 2000, 1, config_map())
        rows.append(("create, one client, p50", f"{statistics.median(times) * 1000:.2f} ms", "1.50 ms", "there 3.8"))
        times = measure_watch(api)
        rows.append(("watch event after the request began, p50", f"{statistics.median(times) * 1000:.2f} ms", "1.50 ms", f"{spread(times)} ms; there 3.7"))
        times = measure_fan_out(api)
        rows.append((f"all of {WATCHERS} watchers told, p50", f"{statistics.median(times) * 1000:.0f} ms", "50 ms", f"{spread(times)} ms"))
        rows.append((f"resident memory with {OBJECTS:,} objects", f"{memory:.0f} MB", "120 MB", f"after all that {daemon.resident_megabytes():.0f} MB; there 1,150"))
        daemon.stop()
        starts = []
        for _ in range(5):
            starts.append(daemon.start())
            loaded = daemon.resident_megabytes()
            daemon.stop()
        rows.append(("start to ready on that store, p50", f"{statistics.median(starts):.2f} s", "0.50 s", f"{spread(starts, 1)} s; {loaded:.0f} MB then"))
    return rows
