"""Which addresses are one service: the site reports the same id under each of them."""

from collections.abc import Set
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Group:
    """Addresses of one service; `key` is the first of them."""

    key: str
    service_id: str
    members: set[str] = field(default_factory=set)


class Joins:
    """An address is `<normalised site URL>|<folder/name.type>`; those of one service share one key."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}  # by address
        self._ids: dict[str, _Group] = {}

    def key_of(self, address: str) -> str:
        """The key of the service at this address."""
        group = self._groups.get(address)
        return group.key if group else address

    def is_known(self, address: str) -> bool:
        """Whether the site has told the id of what is there."""
        return address in self._groups

    def join(self, address: str, service_id: str) -> Set[str]:
        """The site reports this id at an address; all addresses that have another key now.

        All that were joined with it move along: a service that was made anew has another id at all its
        addresses, and until somebody looks there, two edits at once are worse than one that waits.
        """
        mine, there = self._groups.get(address), self._ids.get(service_id)
        if mine is None:
            return self._put(there or self._new(address, service_id), {address})
        if mine is there:
            return frozenset()
        self._ids.pop(mine.service_id)
        if there:
            return self._put(there, mine.members)
        mine.service_id, self._ids[service_id] = service_id, mine
        return frozenset()

    def part(self, address: str, service_id: str) -> Set[str]:
        """The site reports another id at an address that was joined with others; who has another key now."""
        mine = self._groups.get(address)
        if mine is None or mine.service_id == service_id or len(mine.members) == 1:
            return self.join(address, service_id)
        mine.members.discard(address)
        del self._groups[address]
        stay: Set[str] = frozenset()
        if mine.key == address:
            mine.key, stay = min(mine.members), set(mine.members)
        return {*stay, *self.join(address, service_id), address}

    def keep(self, used: Set[str]) -> Set[str]:
        """Forget the addresses that nobody names any more; those that have another key now."""
        moved: set[str] = set()
        for address in self._groups.keys() - used:
            group = self._groups.pop(address)
            group.members.discard(address)
            if not group.members:
                self._ids.pop(group.service_id, None)
            elif group.key == address:
                group.key = min(group.members)
                moved |= group.members
        return moved & self._groups.keys()

    def _new(self, address: str, service_id: str) -> _Group:
        group = self._ids[service_id] = _Group(address, service_id)
        return group

    def _put(self, group: _Group, addresses: Set[str]) -> Set[str]:
        moved = {address for address in addresses if self.key_of(address) != group.key}
        group.members |= addresses
        self._groups |= dict.fromkeys(addresses, group)
        return moved
