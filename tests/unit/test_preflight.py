"""What keeps the operator from starting, and what is only said."""

from typing import Any

from arcgis_operator.adapters.kube.failures import KubeFailure, answered
from arcgis_operator.adapters.kube.preflight import older_schema, problems
from arcgis_operator.core.status import ALONE, written_fields


class Api:
    """An API server that knows the kinds, allows what `allows` says, and publishes `schema`."""

    def __init__(
        self, allows: Any = lambda asked: True, schema: Any = None, missing: tuple[str, ...] = ()
    ) -> None:
        self.allows, self.schema, self.missing = allows, schema, missing

    async def get(self, kind: object, namespace: object, name: str) -> dict[str, Any] | KubeFailure:
        return answered(404, b'{"kind": "Status"}', None, 0.0) if name in self.missing else {}

    async def served(self, kind: object) -> bool:
        return True

    async def create(self, kind: object, namespace: object, body: dict[str, Any]) -> dict[str, Any]:
        return {"status": {"allowed": self.allows(body["spec"]["resourceAttributes"])}}

    async def published(self, kind: object) -> Any:
        return self.schema or answered(404, b"", None, 0.0)


async def found(api: Any, *namespaces: str) -> Any:
    return await problems(api, namespaces, "system", "lease")


async def test_a_namespace_without_rights_is_said_and_the_others_are_served() -> None:
    api: Any = Api(lambda asked: asked["namespace"] != "team")
    said: list[str] = []
    assert await problems(api, ("gis", "team"), "system", "lease", said.append) == []
    assert all("in namespace team" in line for line in said)
    assert any("the operator's account may not list arcgisservices" in line for line in said)


async def test_a_namespace_that_does_not_exist_is_said_and_waited_for() -> None:
    said: list[str] = []
    mistyped: Any = Api(missing=("gsi",))
    sentence = "namespace gsi does not exist: create it, or correct --namespace"
    assert await problems(mistyped, ("gis", "gsi"), "system", "lease", said.append) == []
    assert said == [sentence]
    nowhere: Any = Api(lambda asked: asked["namespace"] == "system", missing=("gsi",))
    assert await found(nowhere, "gsi") == [sentence], "and no rights are asked for where nothing is"


async def test_where_no_namespace_can_be_served_or_no_lease_held_there_is_no_start() -> None:
    lines = await found(Api(lambda asked: asked["namespace"] == "system"), "gis", "team")
    assert any("in namespace gis" in line for line in lines)
    assert any("in namespace team" in line for line in lines)
    lines = await found(Api(lambda asked: asked["resource"] != "leases"), "gis", "team")
    assert lines
    assert all("leases" in line for line in lines)


async def test_where_only_the_watch_is_refused_it_is_said_and_all_is_served_by_the_resync() -> None:
    api: Any = Api(lambda asked: asked["verb"] != "watch")
    said: list[str] = []
    assert await problems(api, (), "system", "lease", said.append) == []
    assert [line.partition(" in ")[0] for line in said] == [
        "the operator's account may not watch arcgissites",
        "the operator's account may not watch arcgisservices",
    ]


def schema(**without: str) -> dict[str, Any]:
    blocks = {
        block: {"properties": {name: {} for name in names if name != without.get(block)}}
        for block, names in written_fields().items()
    }
    alone: dict[str, Any] = {name: {} for name in ALONE}
    return {"properties": {"status": {"properties": {**blocks, **alone}}}}


async def test_an_installed_schema_that_is_older_is_named_by_what_it_lacks() -> None:
    older: Any = Api(schema=schema(journal="sends"))
    assert await older_schema(older) == ["status.journal.sends"]
    without = schema()
    del without["properties"]["status"]["properties"]["journal"]
    lost: Any = Api(schema=without)
    assert await older_schema(lost) == [f"status.journal.{name}" for name in written_fields()["journal"]]
    del without["properties"]["status"]["properties"]["waitingSince"]
    assert (await older_schema(lost))[0] == "status.waitingSince"


async def test_our_own_schema_lacks_nothing_and_an_unpublished_one_is_not_judged() -> None:
    for published in (schema(), None, {"properties": {"spec": {}}}, {"type": "object"}):
        api: Any = Api(schema=published)
        assert await older_schema(api) == []
