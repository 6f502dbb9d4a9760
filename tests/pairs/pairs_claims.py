"""Who has the word for a service at a time, told from what people wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pairs_history import History, conditions, site_path, title_of

Json = Any
TAKEOVER = 60.0
"""So long after a resource has lost its word without having been deleted, nobody else may act on it."""
NEWS = 5.0
"""So long may news be under way before anybody has to know it."""
JOINED = 120.0
"""Two addresses turn out to be one site when both documents were read."""


class Claims:
    """Questions about a history."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._titles = {path: self._title(path) for path in history.services}
        ways = history.script.ways
        slow = 10 * ways.get("latency", 0.0)
        deaf = 700.0 if "watch_dead_until" in ways or history.script.ways.get("deaf") else 0.0
        self.news = NEWS + slow + deaf

    def on(self, title: str) -> list[str]:
        """The paths of all resources that ever spoke about a service."""
        return [path for path, its in self._titles.items() if its == title]

    def titles(self) -> Mapping[str, str]:
        """The service of each resource's path."""
        return self._titles

    def elders(self, path: str, when: float) -> Iterator[str]:
        """Those on the same service that are older, exist and may have the word at that time."""
        mine = self._rank(path, when)
        for other in self.on(self._titles[path]):
            if other != path and (body := self._history.at(other, when)) and self._order(body) < mine:
                yield other

    def stands(self, path: str, when: float) -> bool:
        """It exists, its site exists, and it is allowed there."""
        body = self._history.at(path, when)
        if body is None:
            return False
        site = self._history.at(site_path(body), when)
        return site is not None and self.allowed(body, site, when)

    def stood_through(self, path: str, first: float, last: float) -> bool:
        """It has stood all the time, and neither it nor its site was gone, be it for no time at all."""
        body = self._history.at(path, last)
        paths = (path, site_path(body)) if body else (path,)
        gone = [one for each in paths for one in self._history.versions.get(each, []) if one.text is None]
        if any(first < one.at <= last for one in gone):
            return False
        return all(self.stands(path, at) for at in [first, *self._changes(path, first, last), last])

    def stood_once(self, path: str, first: float, last: float) -> bool:
        """It has stood at any time within, and still exists."""
        at = [first, *self._changes(path, first, last), last]
        return self._history.at(path, last) is not None and any(self.stands(path, one) for one in at)

    def allowed(self, body: Json, site: Json, when: float) -> bool:
        """By the rules of the site; a selector that asks for nothing matches nobody."""
        namespace, home = body["metadata"]["namespace"], site["metadata"]["namespace"]
        rules = site["spec"].get("access", [{"namespaces": {"from": "Same"}}])
        folder = body["spec"]["service"].get("folder", "")
        return any(
            self._covers(rule, folder) and self._from(rule["namespaces"], namespace, home, when)
            for rule in rules
        )

    def hosts(self, path: str, when: float) -> str:
        """The host of the site that a resource points at."""
        site = self._site(path, when)
        return site["spec"]["url"].split("/")[2] if site else ""

    def suspended(self, path: str, when: float) -> bool:
        """The resource or its site."""
        body, site = self._history.at(path, when), self._site(path, when)
        return bool(
            (body or {}).get("spec", {}).get("suspend") or (site or {}).get("spec", {}).get("suspend")
        )

    def observed(self, path: str, when: float) -> bool:
        """The resource or its site lets nothing be sent."""
        parts = (self._history.at(path, when), self._site(path, when))
        return any((one or {}).get("spec", {}).get("managementPolicy") == "Observe" for one in parts)

    def reports(self, path: str, when: float) -> bool:
        """A drift is only to be reported."""
        spec = (self._history.at(path, when) or {}).get("spec", {})
        return bool(spec.get("drift", {}).get("policy") == "Report")

    def closed(self, path: str, specified: float, when: float) -> bool:
        """The windows that the resource or its site had at one time are closed at another one."""
        parts = (self._history.at(path, specified), self._site(path, specified))
        owners = [(one or {}).get("spec", {}).get("change", {}).get("windows", []) for one in parts]
        return any(windows and not any(_opens(one, when) for one in windows) for windows in owners)

    def unapproved(self, path: str, specified: float, plan: Json) -> bool:
        """By the spec of that time this plan still waits for a person."""
        change = (self._history.at(path, specified) or {}).get("spec", {}).get("change", {})
        names = {plan.get("hash"), *self._wholes(path, plan)}
        return bool(change.get("approval") == "Manual" and change.get("approvedPlan") not in names)

    def _wholes(self, path: str, plan: Json) -> set[str]:
        """The plans that were sent before and of which it is the rest, as they said themselves."""
        told = [
            one.body.get("status", {}).get("plan", {}) for one in self._history.versions[path] if one.body
        ]
        return {one["hash"] for one in told if one.get("rest") and one["rest"] == plan.get("hash")}

    def at_this_address_since(self, path: str, when: float) -> float:
        """Since when its site has had the address that it has at that time."""
        body, host = self._history.at(path, when), self.hosts(path, when)
        told = self._history.versions.get(site_path(body), []) if body else []
        others = [
            one.at
            for one in told
            if one.at <= when and host and one.body and host not in one.body["spec"]["url"]
        ]
        return next((one.at for one in told if others and one.at > others[-1]), 0.0)

    def quarrel_was_seen(self, one: str, other: str, when: float, since: float = 0.0) -> bool:
        """The operator has said after a time that the two are about one service."""
        return any(
            conditions(version.body).get("Ready", {}).get("reason") == "Conflict"
            for path in (one, other)
            for version in self._history.versions[path]
            if since <= version.at <= when and version.body and not version.by_people
        )

    def _title(self, path: str) -> str:
        return title_of(next(one.body for one in self._history.versions[path] if one.body))

    def _site(self, path: str, when: float) -> Json:
        body = self._history.at(path, when)
        return self._history.at(site_path(body), when) if body else None

    def _rank(self, path: str, when: float) -> Json:
        """Of the object that is there, or was last."""
        told = [one.body for one in self._history.versions[path] if one.at <= when and one.body]
        return self._order(told[-1]) if told else (chr(0x10FFFF), "", "")

    def _changes(self, path: str, first: float, last: float) -> list[float]:
        body = self._history.at(path, last) or self._history.at(path, first)
        paths = [path] + (
            [site_path(body), f"/api/v1/namespaces/{body['metadata']['namespace']}"] if body else []
        )
        return [
            one.at
            for each in paths
            for one in self._history.versions.get(each, [])
            if first < one.at < last and one.by_people
        ]

    def _from(self, origin: Json, namespace: str, home: str, when: float) -> bool:
        if origin["from"] == "Selector":
            wanted = origin["selector"].get("matchLabels") or {}
            found = self._history.at(f"/api/v1/namespaces/{namespace}", when)
            labels = (found or {}).get("metadata", {}).get("labels") or {}
            return bool(wanted) and all(value and labels.get(key) == value for key, value in wanted.items())
        return bool(origin["from"] == "All" or namespace == home)

    @staticmethod
    def _order(body: Json) -> tuple[str, str, str]:
        metadata = body["metadata"]
        return metadata["creationTimestamp"], metadata["namespace"], metadata["name"]

    @staticmethod
    def _covers(rule: Json, folder: str) -> bool:
        named = rule.get("folders")
        if named is None:
            return folder.casefold() not in ("system", "utilities", "hosted")
        return (folder or "/").casefold() in [one.casefold() for one in named]


def _opens(window: Json, when: float) -> bool:
    """Of the form that scenes have: once, so many minutes after noon."""
    begins, lasts = int(window["schedule"].split(" ")[0]) * 60, window["duration"]
    when = round(when, 6)  # the operator's clock has no parts of a microsecond
    return bool(begins <= when < begins + int(lasts[:-1]) * {"m": 60, "h": 3600}[lasts[-1]])
