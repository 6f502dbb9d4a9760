"""A pod with a network of its own: a router between it and this machine can drop packets without a word.

Three network namespaces: this machine's, where API server and sites listen; the router's; the pod's. What a
rule of the router drops brings no reset and no ICMP, as behind a NAT that forgot, or a firewall. The
namespaces last as long as the processes that hold them. Needs root, iproute2 and util-linux.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from arcgis_devcluster import ChildProcess
from harness.apiserver import wait_until

TOOLS = ("ip", "mount", "nsenter", "sleep", "unshare")
NETWORKS = 250
RULE = "100"
SMALL = 1400
ESTABLISHED = "01"  # Source: Linux, Documentation/networking/proc_net_tcp.rst


class Wires:
    """`here(n)`: addresses of this machine, 1 to 20; a name server would be at `name_server`."""

    def __init__(self, directory: Path) -> None:
        missing = [tool for tool in TOOLS if not shutil.which(tool)]
        assert not missing, f"networks of one's own need {missing} (Debian: iproute2, util-linux)"
        assert os.geteuid() == 0, "networks of one's own need root"
        self._router = self._hold(directory, "router")
        resolv = directory / "resolv.conf"
        resolv.touch()
        self._pod = self._hold(directory, "pod", f"mount --bind {resolv} /etc/resolv.conf && ")
        self._lay()
        resolv.write_text(f"nameserver {self.name_server}\n")

    def here(self, number: int) -> str:
        return f"10.213.{self._network}.{number}"

    @property
    def pod(self) -> str:
        return self.here(66)

    @property
    def kubelets_way(self) -> str:
        """The pod's address on a link that no rule touches: for probes."""
        return self.here(130)

    @property
    def name_server(self) -> str:
        """Nobody is there, and what is sent there is dropped."""
        return self.here(40)

    @property
    def within(self) -> list[str]:
        """A command that runs another one in the pod."""
        return ["nsenter", f"--target={self._pod.pid}", "--net", "--mount"]

    # -- what is dropped -------------------------------------------------------------

    def cut(self, address: str) -> None:
        """Nothing goes to this address and nothing comes from it."""
        self._drop("to", address)
        self._drop("from", address)

    def forget(self, ports: Iterable[int]) -> None:
        """Drops what belongs to connections from these ports of the pod; new ones are let through."""
        for port in map(str, ports):
            self._drop("from", self.pod, "ipproto", "tcp", "sport", port)
            self._drop("to", self.pod, "ipproto", "tcp", "dport", port)

    def shrink(self, address: str) -> None:
        """Large packets to this address are dropped, and the ICMP that would say so as well."""
        self._ip(self._router, "route", "replace", f"{address}/32", "dev", "here", "mtu", "lock", str(SMALL))
        self._drop("ipproto", "icmp")

    def mend(self) -> None:
        """Lets everything through again."""
        while self._run(self._router, "ip", "rule", "del", "pref", RULE).returncode == 0:
            pass
        self._run(self._router, "ip", "route", "flush", "proto", "boot", "scope", "link")
        self._drop("to", self.name_server)

    def connections(self, address: str) -> set[int]:
        """The ports of the pod from which connections to this address stand."""
        peer = bytes(reversed([int(part) for part in address.split(".")])).hex().upper()
        rows = [line.split() for line in Path(f"/proc/{self._pod.pid}/net/tcp").read_text().splitlines()[1:]]
        return {
            int(row[1].rpartition(":")[2], 16)
            for row in rows
            if row[2].startswith(f"{peer}:") and row[3] == ESTABLISHED
        }

    # -- inside ----------------------------------------------------------------------

    def _hold(self, directory: Path, name: str, first: str = "") -> ChildProcess:
        command = ["unshare", "--net", "--mount", "sh", "-c", f"{first}exec sleep infinity"]
        process = ChildProcess(name, command, log=directory / f"{name}.log")
        comm = Path(f"/proc/{process.pid}/comm")
        wait_until(lambda: comm.read_text().strip() == "sleep", 10, process.log_tail)
        return process

    def _lay(self) -> None:
        """`here` and `pod` are the router's ends, in the pod are `router` and `kubelet`."""
        pid = str(self._pod.pid)
        for self._network in range(1, NETWORKS):
            name, kubelet = self._links = (f"arcgis{self._network}", f"arcgis{self._network}k")
            if self._pair(kubelet, "kubelet", self._pod):
                if self._pair(name, "here", self._router):
                    break
                self._ip(None, "link", "del", kubelet)
        self._ip(self._router, "link", "add", "pod", "type", "veth", "peer", "name", "router", "netns", pid)
        for place, link, number, bits in (
            (None, name, 1, 26),
            (self._router, "here", 62, 26),
            (self._router, "pod", 65, 26),
            (self._pod, "router", 66, 26),
            (None, kubelet, 129, 30),
            (self._pod, "kubelet", 130, 30),
        ):
            self._ip(place, "address", "add", f"{self.here(number)}/{bits}", "dev", link)
            self._ip(place, "link", "set", link, "up")
        for number in range(2, 21):
            self._ip(None, "address", "add", f"{self.here(number)}/26", "dev", name)
        self._ip(self._pod, "link", "set", "lo", "up")
        self._ip(None, "route", "add", f"{self.here(64)}/26", "via", self.here(62))
        self._ip(self._pod, "route", "add", "default", "via", self.here(65))
        self._run(self._router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward").check_returncode()
        self._drop("to", self.name_server)

    def _pair(self, name: str, peer: str, place: ChildProcess) -> bool:
        """A cable from this machine; False when somebody else has the name."""
        cable = (name, "type", "veth", "peer", "name", peer, "netns", str(place.pid))
        return self._run(None, "ip", "link", "add", *cable).returncode == 0

    def _drop(self, *packets: str) -> None:
        """Source: ip-rule(8): a rule of the type blackhole drops without a word."""
        self._ip(self._router, "rule", "add", "pref", RULE, *packets, "blackhole")

    def _ip(self, place: ChildProcess | None, *arguments: str) -> None:
        done = self._run(place, "ip", *arguments)
        assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"

    def _run(self, place: ChildProcess | None, *command: str) -> subprocess.CompletedProcess[str]:
        there = ["nsenter", f"--target={place.pid}", "--net"] if place else []
        return subprocess.run([*there, *command], capture_output=True, text=True, check=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        """The links go first: connections that nobody answers keep a namespace for minutes."""
        for link in self._links:
            self._ip(None, "link", "del", link)
        self._pod.kill()
        self._router.kill()
