"""What the site can be asked to change, as rows: which settings each one owns, and the request it makes.

Everything else knows an operation by its row alone. The table is in the order in which they are due.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from arcgis_operator.core import plan
from arcgis_operator.core.identity import ServiceRef
from arcgis_operator.core.jsondoc import Json, dumps
from arcgis_operator.core.model import BESIDE, PROVIDER, RUN_STATE, Leaf, Path
from arcgis_operator.core.windows import Windows

Leaves = tuple[Leaf, ...]
Documents = Mapping[str, Mapping[str, Json]]
SERVICE = "service"
"""The document of the service itself, among the documents that operations read."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One way to change a service.

    `path` stands below the service's own address. `asynchronous`: the site answers with a job, else once it
    is done. `reads` names the documents that `differing` and `request` look at. `owns` says which leaves are
    this operation's; `differing` gives those of them whose live value is another one, `request` makes the
    fields of the form.
    """

    name: str
    path: tuple[str, ...]
    asynchronous: bool
    reads: tuple[str, ...]
    owns: Callable[[Leaf], bool]
    differing: Callable[[Leaves, Documents], Leaves]
    request: Callable[[Leaves, Documents], Mapping[str, str]]

    def owned(self, leaves: Leaves) -> Leaves:
        """The leaves that are this operation's."""
        return tuple(leaf for leaf in leaves if self.owns(leaf))


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """The one request to send, once its intent is stored. `form` may hold secrets, and is not printed.

    `within`: windows that have to be open when it is sent.
    """

    operation: Operation
    service: ServiceRef
    form: Mapping[str, str]
    intent_id: str
    within: tuple[Windows, ...] = ()

    def __repr__(self) -> str:
        return f"Request({self.operation.name} {self.service.title}, {self.intent_id})"


def _other_in_service(leaves: Leaves, documents: Documents) -> Leaves:
    return plan.differing(leaves, documents[SERVICE])


PROVIDE = Operation(  # Source: Change Provider page
    name="changeProvider",
    path=("changeProvider",),
    asynchronous=False,
    reads=(SERVICE,),
    owns=lambda leaf: leaf.path == PROVIDER,
    differing=_other_in_service,
    request=lambda leaves, documents: {"provider": str(leaves[0].value)},
)
EDIT = Operation(  # Source: Edit Service page
    name="edit",
    path=("edit",),
    asynchronous=True,
    reads=(SERVICE,),
    owns=lambda leaf: leaf.path not in BESIDE,
    differing=_other_in_service,
    request=lambda leaves, documents: {"service": dumps(plan.overlay(leaves, documents[SERVICE]))},
)


def _run(name: str, state: str) -> Operation:
    """Starts or stops the service. Source: Start Service and Stop Service pages, `async` as for an edit."""
    return Operation(
        name=name,
        path=(name,),
        asynchronous=True,
        reads=(SERVICE,),
        owns=lambda leaf: leaf.path == RUN_STATE and leaf.value == state,
        differing=_other_in_service,
        request=lambda leaves, documents: {},
    )


START, STOP = _run("start", "STARTED"), _run("stop", "STOPPED")
OPERATIONS = (PROVIDE, EDIT, START, STOP)
BY_NAME: Mapping[str, Operation] = {one.name: one for one in OPERATIONS}
NAMES = frozenset(one.name for one in OPERATIONS)
PATHS = frozenset(tuple(map(str.casefold, one.path)) for one in OPERATIONS)
"""What stands behind the service in the operationURI of a job of theirs, in small letters."""


def paths_of(name: str) -> frozenset[tuple[str, ...]]:
    """The paths that a job of this operation may have: that of its row, or any if no row has the name."""
    one = BY_NAME.get(name)
    return frozenset({tuple(map(str.casefold, one.path))}) if one else PATHS


def name_of(path: tuple[str, ...]) -> str:
    """The name of the operation whose job has this path, in small letters; the path, if no row has it."""
    return next((one.name for one in OPERATIONS if path in paths_of(one.name)), "/".join(path))


def has_job(name: str) -> bool:
    """Whether the site lists a job for this operation; taken to be so if no row has the name."""
    one = BY_NAME.get(name)
    return one is None or one.asynchronous


def all_have_jobs(leaves: Leaves) -> bool:
    """Whether the site lists a job for whatever these leaves may need."""
    return all(map(has_job, owners(leaves).values()))


def owned(name: str, leaves: Leaves) -> Leaves:
    """The leaves of the operation of this name, none if no row has it."""
    one = BY_NAME.get(name)
    return one.owned(leaves) if one else ()


def owners(leaves: Leaves) -> Mapping[Path, str]:
    """The name of the operation that owns each leaf, by path."""
    return {leaf.path: one.name for one in OPERATIONS for leaf in one.owned(leaves)}


def due(leaves: Leaves, documents: Documents) -> Operation:
    """The first that has something to change, of those whose documents were read; there is one."""
    readable = (one for one in OPERATIONS if documents.keys() >= set(one.reads))
    return next(one for one in readable if one.differing(one.owned(leaves), documents))
