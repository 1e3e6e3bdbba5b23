"""A daemon under measurement, and a client of a few lines."""
import base64
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time

PORT = 16443


class API:
    """A Kubernetes client of a few lines: JSON over TLS with the admin's certificate."""

    def __init__(self, kubeconfig):
        # The kubeconfig is YAML, but every value needed stands on a line of its own.
        values = {}
        for line in open(kubeconfig):
            key, _, value = line.strip().lstrip("- ").partition(": ")
            values[key] = value.strip('"')
        self.directory = tempfile.mkdtemp()
        for name in ("certificate-authority-data", "client-certificate-data", "client-key-data"):
            with open(os.path.join(self.directory, name), "wb") as file:
                file.write(base64.b64decode(values[name]))
        self.context = ssl.create_default_context(cafile=os.path.join(self.directory, "certificate-authority-data"))
        self.context.load_cert_chain(
            os.path.join(self.directory, "client-certificate-data"), os.path.join(self.directory, "client-key-data"))
        self.context.check_hostname = False

    def connect(self, timeout=60):
        connection = http.client.HTTPSConnection("127.0.0.1", PORT, context=self.context, timeout=timeout)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def request(self, method, path, body=None):
        connection = self.connect()
        connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read())
        connection.close()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.get('message')}")
        return answer

    def watch(self, path, timeout=60):
        """Yields (seconds since the epoch, event) for each change after now."""
        version = self.request("GET", path)["metadata"]["resourceVersion"]
        connection = self.connect(timeout)
        separator = "&" if "?" in path else "?"
        connection.request("GET", f"{path}{separator}watch=true&resourceVersion={version}")
        response = connection.getresponse()

        def events():
            try:
                while True:
                    line = response.readline()
                    if not line:
                        return
                    yield time.time(), json.loads(line)
            finally:
                connection.close()

        return events()


class Daemon:
    def __init__(self, binary, directory, *options):
        self.binary, self.directory, self.options, self.process = binary, directory, options, None

    def start(self):
        """Starts the daemon; returns the seconds until it said `ready`."""
        begin = time.time()
        # Beside the data directory, which the daemon takes only when it is empty or its own.
        log = open(self.directory + ".log", "ab")
        self.process = subprocess.Popen(
            [self.binary, "daemon", "--data-dir", self.directory, "--listen", f"127.0.0.1:{PORT}", *self.options], stdout=subprocess.PIPE,
            stderr=log)
        line = self.process.stdout.readline().decode()
        if not line.startswith("ready "):
            raise RuntimeError(f"the daemon did not start: {line!r}; see {self.directory}.log")
        return time.time() - begin

    def stop(self):
        if self.process.poll() is not None:
            return
        self.process.terminate()
        self.process.wait(30)

    def discard(self):
        """Stops it for good."""
        self.stop()
        shutil.rmtree(self.directory)

    def run(self, *arguments, **options):
        return subprocess.run([self.binary, *arguments, "--data-dir", self.directory], **options)

    def resident_megabytes(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024

    def processor_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def written_bytes(self):
        for line in open(f"/proc/{self.process.pid}/io"):
            if line.startswith("write_bytes"):
                return int(line.split()[1])
