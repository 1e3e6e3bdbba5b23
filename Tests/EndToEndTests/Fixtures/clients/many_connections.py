"""Takes all file descriptors of a server (its process id and port are the arguments), looks whether it spins,
gives them back, and asks it something."""
import os
import socket
import ssl
import sys
import time

pid, port = int(sys.argv[1]), int(sys.argv[2])


def processor_time():
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def limit():
    line = next(line for line in open(f"/proc/{pid}/limits") if line.startswith("Max open files"))
    return int(line.split()[3])


def exhausted():
    return len(os.listdir(f"/proc/{pid}/fd")) >= limit() - 1


# The system accepts for the server until its queue is full; after that connecting waits.
held = []
while len(held) < limit() + 100:
    try:
        held.append(socket.create_connection(("127.0.0.1", port), timeout=1))
    except TimeoutError:
        break
deadline = time.monotonic() + 8
while not exhausted() and time.monotonic() < deadline:
    time.sleep(0.02)
assert exhausted(), f"the server has {len(os.listdir(f'/proc/{pid}/fd'))} of {limit()} file descriptors in use"
before, start = processor_time(), time.monotonic()
time.sleep(2)
share = (processor_time() - before) / (time.monotonic() - start)
assert share < 0.2, f"the server spins: it takes {share:.0%} of a processor"
for connection in held:
    connection.close()
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
with context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=20)) as connection:
    connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    answer = connection.recv(1 << 16)
assert answer.startswith(b"HTTP/1.1 200 "), answer
print("ok")
