"""When a drift is one of so many that a person is asked before any of them is restored."""

from collections.abc import Iterable
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from arcgis_operator.core.divergence import MANY, UPGRADE, Divergence, divergence_of
from arcgis_operator.core.identity import Name
from arcgis_operator.core.model import MassRepair, SiteWanted
from arcgis_operator.core.verdict import Reason
from arcgis_operator.reconcilers.storms import COUNTING, Storms

PROD = Name("gis", "prod")
BOUND = 3


class World:
    """A site with services that drift, a registry that knows them, and a clock."""

    def __init__(self, services: int = 20, policy: MassRepair | None = None) -> None:
        self.at, self.keys = 0.0, [f"s{number}" for number in range(services)]
        self.policy = policy or MassRepair(count=BOUND, percent=0)
        self.differing: set[str] = set()
        self.looks: list[str] = []
        self.woken: list[str] = []
        self.told = 0
        self.ids = iter(f"q{number:07}-of-many" for number in range(999))
        self.storms = self.begin()

    def begin(self) -> Storms:
        """A new process."""
        return Storms(
            self,
            self.looks.append,
            self.woken.append,
            self._tell,
            lambda: self.at,
            lambda: datetime(2026, 11, 30, tzinfo=UTC),
            lambda: next(self.ids),
        )

    def _tell(self, name: Name) -> None:
        self.told += 1

    def site(self, name: Name) -> SiteWanted:
        return SiteWanted("https://site.test/arcgis", "login", None, (), 4, 10, mass_repair=self.policy)

    def keys_of(self, site: Name) -> set[str]:
        return set(self.keys)

    def drift(self, *keys: str) -> None:
        """A turn of each finds that it drifts."""
        for key in keys:
            self.differing.add(key)
            self.storms.looked(PROD, key, drifts=True, asked_at=self.at)

    def rest(self, keys: Iterable[str] | None = None) -> None:
        """A look at all that does not drift finds nothing, and the site has a turn."""
        for key in self.keys if keys is None else keys:
            if key not in self.differing:
                self.storms.looked(PROD, key, drifts=False, asked_at=self.at)
        self.turn()

    def turn(self, before: Divergence | None = None, answer: str = "") -> Divergence | None:
        """A turn of the site."""
        return self.storms.meet(PROD, before, answer)

    def asked(self, *keys: str) -> Divergence:
        """The question that is asked when so many drift."""
        self.drift(*keys)
        self.rest()
        question = self.turn()
        assert question is not None
        return question

    def restored(self, *keys: str) -> None:
        """They are as declared again."""
        for key in keys:
            self.differing.discard(key)
            self.storms.looked(PROD, key, drifts=False, asked_at=self.at)

    def reasons(self, *keys: str) -> set[Reason | None]:
        holds = [self.storms.hold(PROD, key) for key in keys]
        return {hold.reason if hold else None for hold in holds}


def test_one_drift_waits_until_all_has_been_looked_at_once_more() -> None:
    world = World()
    world.drift("s0")
    assert world.storms.hold(PROD, "s0") is COUNTING
    assert sorted(world.looks) == sorted(set(world.keys) - {"s0"})
    world.rest(world.keys[:-1])
    assert world.storms.hold(PROD, "s0") is COUNTING
    world.rest()
    assert world.reasons("s0") == {None}
    assert world.woken == ["s0"]


def test_a_service_alone_on_its_site_waits_for_a_turn_of_the_site_only() -> None:
    world = World(services=1)
    world.drift("s0")
    assert (world.looks, world.told) == ([], 1)
    world.turn()
    assert world.reasons("s0") == {None}


def test_more_drifts_than_the_bound_wait_for_a_person_and_the_answer_lets_them_all_go() -> None:
    world = World()
    some = world.keys[: BOUND + 1]
    world.drift(*some)
    world.rest()
    assert world.reasons(*some) == {Reason.SITE_DIVERGED}
    asked = world.turn()
    assert asked == Divergence("q0000000", MANY, BOUND + 1, "2026-11-30T00:00:00Z")
    world.turn(answer="another")
    assert world.reasons(*some) == {Reason.SITE_DIVERGED}
    released = world.turn(answer=asked.id)
    assert released is not None
    assert released.released
    assert world.reasons(*some) == {None}
    assert set(some) <= set(world.woken)
    world.restored(*some)
    assert world.turn() is None


def test_a_drift_that_comes_while_a_question_is_open_waits_as_well() -> None:
    world = World()
    world.drift(*world.keys[: BOUND + 1])
    world.rest()
    world.at = 3600.0
    world.drift("s9")
    world.rest()
    assert world.reasons("s9") == {Reason.SITE_DIVERGED}
    asked = world.turn()
    assert asked is not None
    assert asked.count == BOUND + 2


def test_what_drifts_after_the_answer_is_counted_by_itself() -> None:
    world = World()
    world.drift(*world.keys[: BOUND + 1])
    world.rest()
    asked = world.turn()
    assert asked is not None
    world.turn(answer=asked.id)
    world.drift("s9")
    world.rest()
    assert world.reasons("s9") == {None}
    later = world.keys[10 : 10 + BOUND + 1]
    world.drift(*later)
    world.rest()
    assert world.reasons(*later, "s9") == {Reason.SITE_DIVERGED}
    assert world.reasons(*world.keys[: BOUND + 1]) == {None}, "the answer holds for those it was given for"
    again = world.turn(answer=asked.id)
    assert again is not None
    assert (again.id == asked.id, again.released) == (False, False)


def test_the_bound_grows_with_the_site() -> None:
    world = World(services=100, policy=MassRepair(count=BOUND, percent=10))
    world.drift(*world.keys[:10])
    world.rest()
    assert world.reasons(*world.keys[:10]) == {None}
    world.drift("s10")
    world.rest()
    assert world.reasons(*world.keys[:11]) == {Reason.SITE_DIVERGED}


def test_drifts_that_were_restored_count_until_the_window_is_over() -> None:
    world = World()
    for key in world.keys[:BOUND]:
        world.drift(key)
        world.rest()
        assert world.reasons(key) == {None}
        world.restored(key)
    world.drift("s9")
    world.rest()
    assert world.reasons("s9") == {Reason.SITE_DIVERGED}
    world.restored("s9")
    world.at = world.policy.window_seconds
    world.drift("s9")
    world.rest()
    assert world.reasons("s9") == {None}


def test_after_an_upgrade_one_drift_is_enough() -> None:
    world = World()
    world.storms.upgraded(PROD)
    world.drift("s0")
    world.rest()
    assert world.reasons("s0") == {Reason.SITE_DIVERGED}
    asked = world.turn()
    assert asked is not None
    assert asked.cause == UPGRADE


def test_a_question_outlives_the_process() -> None:
    world = World()
    some = world.keys[: BOUND + 1]
    asked = world.asked(*some)
    world.storms = world.begin()
    world.drift(some[0])
    assert world.storms.hold(PROD, some[0]) is COUNTING
    assert world.turn(before=divergence_of({"divergence": asked.written()})) == asked
    for key in some[1:]:
        world.restored(key)
    world.rest()
    assert world.reasons(some[0]) == {Reason.SITE_DIVERGED}, "though few have been found by now"
    world.turn(answer=asked.id)
    assert world.reasons(some[0]) == {None}


def test_an_answer_outlives_the_process() -> None:
    world = World()
    some = world.keys[: BOUND + 1]
    asked = world.asked(*some)
    released = world.turn(answer=asked.id)
    assert released is not None
    world.storms = world.begin()
    world.turn(before=divergence_of({"divergence": released.written()}), answer=asked.id)
    world.drift(*some)
    world.rest()
    assert world.reasons(*some) == {None}


def test_what_an_answer_of_before_the_process_lets_be_restored_makes_no_other_question() -> None:
    world = World(services=60)
    some = world.keys[:40]
    asked = world.asked(*some)
    answered = world.turn(answer=asked.id)
    world.storms = world.begin()
    world.turn(answered, answer=asked.id)
    world.drift(*some)
    world.rest()
    world.restored(*some[BOUND + 1 :])
    left = world.turn(answer=asked.id)
    assert left is not None
    assert (left.id, left.released, left.count) == (asked.id, True, BOUND + 1)
    assert world.reasons(*some[: BOUND + 1]) == {None}


def test_a_question_goes_when_only_what_another_answer_let_go_is_left() -> None:
    world = World(services=60)
    first, then = world.keys[:20], world.keys[20:40]
    asked = world.asked(*first)
    world.turn(answer=asked.id)
    world.at += 1
    another = world.asked(*then)
    assert (another.id, another.count) != (asked.id, 0)
    world.restored(*then)
    left = world.turn(answer=asked.id)
    assert left is not None
    assert (left.released, left.count) == (True, len(first))
    assert world.reasons(*first) == {None}


def test_an_answer_of_long_ago_does_not_hold_for_another_storm() -> None:
    """Some of the first one are never restored, and the operator restarts in the second one."""
    world = World(services=60)
    first = world.keys[:40]
    asked = world.asked(*first)
    answered = world.turn(answer=asked.id)
    world.restored(*first[BOUND + 1 :])
    left = world.turn(answered, answer=asked.id)
    assert left is not None
    assert left.count == BOUND + 1, "so many may be restored still"
    world.storms = world.begin()
    world.turn(left, answer=asked.id)
    world.drift(*world.keys)
    world.rest()
    assert world.reasons(*world.keys) == {Reason.SITE_DIVERGED}


def test_an_answer_that_holds_for_few_is_not_remembered() -> None:
    world = World()
    some = world.keys[: BOUND + 1]
    asked = world.asked(*some)
    world.turn(answer=asked.id)
    world.restored(some[0])
    assert world.turn(answer=asked.id) is None
    assert world.reasons(*some) == {None}, "these may still be restored"


def test_a_term_begins_with_what_the_statuses_say() -> None:
    """The replica had led before, and what it had counted then another one has settled meanwhile."""
    world = World()
    asked = world.asked(*world.keys)
    world.turn(answer=asked.id)
    world.storms.begin()
    world.drift(*world.keys)
    world.rest()
    assert world.reasons(*world.keys) == {Reason.SITE_DIVERGED}


def test_a_question_goes_with_the_services_that_it_is_about() -> None:
    world = World()
    world.drift(*world.keys[: BOUND + 1])
    world.rest()
    assert world.turn() is not None
    world.keys = world.keys[BOUND + 1 :]
    assert world.turn() is None


def test_a_site_that_does_not_tell_its_version_may_have_been_upgraded() -> None:
    world = World()
    world.drift("s0")
    world.rest()
    world.storms.begin()
    world.drift("s0")
    for key in world.keys[1:]:
        world.storms.looked(PROD, key, drifts=False, asked_at=world.at)
    world.storms.meet(PROD, None, "", read=False)
    assert world.storms.hold(PROD, "s0") is COUNTING
    world.turn()
    assert world.reasons("s0") == {None}


def test_a_question_about_nothing_goes() -> None:
    world = World()
    world.turn(before=Divergence("old", MANY, 5, "2026-11-29T00:00:00Z"))
    assert world.turn() is not None, "all is looked at first"
    world.rest()
    assert world.turn() is None


def test_what_is_deleted_is_not_waited_for() -> None:
    world = World()
    some = world.keys[: BOUND + 1]
    world.drift(*some)
    world.rest()
    world.keys = world.keys[BOUND + 1 :]
    world.drift("s9")
    world.rest()
    world.restored("s9")
    assert world.turn() is None


def test_what_cannot_be_read_though_the_site_is_well_is_not_waited_for() -> None:
    world = World()
    world.drift("s0")
    world.rest(world.keys[:-1])
    assert world.storms.hold(PROD, "s0") is COUNTING
    world.storms.passed(world.keys[-1], world.at)
    assert world.reasons("s0") == {None}


def test_what_was_asked_before_the_count_is_asked_once_more() -> None:
    """A restore comes between the two: the earlier answer shows a site that is no more."""
    world = World()
    late = world.keys[1]
    world.at = 10.0
    world.drift("s0")
    world.rest([key for key in world.keys if key != late])
    world.storms.looked(PROD, late, drifts=False, asked_at=9.9)
    world.storms.passed(late, 9.9)
    assert world.storms.hold(PROD, "s0") is COUNTING
    world.storms.looked(PROD, late, drifts=True, asked_at=9.9)
    assert world.reasons("s0") == {None}, "that it drifts is news, whenever it was seen"


def test_a_site_in_trouble_is_waited_for_but_not_longer_than_the_window() -> None:
    world = World()
    world.drift("s0")
    world.turn()
    world.at = world.policy.window_seconds - 1
    assert world.storms.hold(PROD, "s0") is COUNTING
    world.at = world.policy.window_seconds + 10
    assert world.reasons("s0") == {None}


def test_a_site_that_is_away_while_it_is_restored_is_waited_for_however_long_that_takes() -> None:
    """A drift was seen as the restore began; ten minutes after it, the others would not count."""
    world = World()
    world.drift("s0")
    world.turn()
    for _ in range(60):
        world.at += 60
        world.storms.paused(world.keys[-1])
    assert world.storms.hold(PROD, "s0") is COUNTING
    world.drift(*world.keys[1 : BOUND + 1])
    world.rest()
    assert world.reasons(*world.keys[: BOUND + 1]) == {Reason.SITE_DIVERGED}


def test_a_count_that_took_longer_than_the_window_forgets_nothing() -> None:
    world = World()
    some = world.keys[: BOUND + 1]
    world.drift(*some)
    world.turn()
    world.at = 3 * world.policy.window_seconds
    assert world.reasons(*some) == {Reason.SITE_DIVERGED}


def test_services_that_were_not_ready_count_as_well() -> None:
    """A site that was suspended for a restore: no resource on it is Ready when it is read again."""
    world = World()
    world.drift("s0")
    assert set(world.looks) == set(world.keys) - {"s0"}


def test_with_the_action_off_nothing_is_counted() -> None:
    world = World(policy=MassRepair(hold=False))
    world.drift(*world.keys)
    assert world.reasons(*world.keys) == {None}
    assert (world.looks, world.turn()) == ([], None)


def test_drifts_that_were_not_counted_are_once_the_action_says_so() -> None:
    world = World(policy=MassRepair(hold=False))
    world.drift(*world.keys)
    world.policy = MassRepair(count=BOUND, percent=0)
    assert world.reasons(*world.keys) == {Reason.VERIFYING}
    world.turn()
    assert world.reasons(*world.keys) == {Reason.SITE_DIVERGED}


def test_a_site_that_is_gone_is_forgotten() -> None:
    world = World()
    world.drift(*world.keys)
    world.rest()
    world.storms.gone(PROD)
    assert world.turn() is None


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("drift"), st.integers(0, 19)),
        st.tuples(st.just("look"), st.integers(0, 19)),
        st.tuples(st.just("all"), st.just(0)),
        st.tuples(st.just("site"), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 400)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=120,
)


class Careless:
    """Restores each drift as soon as nothing holds it, and never answers."""

    def __init__(self) -> None:
        self.world = World()
        self.status: Divergence | None = None
        self.differing: set[str] = set()
        self.restored: list[tuple[float, str]] = []

    def do(self, step: str, number: int) -> None:
        key = f"s{number}"
        if step == "drift":
            self.differing.add(key)
        elif step == "wait":
            self.world.at += number
        elif step == "site":
            self.status = self.world.turn(before=self.status)
        elif step == "restart":
            self.world.storms, self.restored = self.world.begin(), []
        for one in {"all": self.world.keys, "look": [key]}.get(step, []):
            self.look(one)

    def look(self, key: str) -> None:
        if key in self.differing:
            self.world.drift(key)
        if key not in self.differing or self.world.storms.hold(PROD, key) is None:
            if key in self.differing:
                self.restored.append((self.world.at, key))
            self.differing.discard(key)
            self.world.restored(key)


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_without_an_answer_no_more_than_the_bound_is_restored_within_a_window(
    steps: list[tuple[str, int]],
) -> None:
    careless = Careless()
    for step, number in steps:
        careless.do(step, number)
    seconds = careless.world.policy.window_seconds
    for at, _ in careless.restored:
        window = {key for when, key in careless.restored if at <= when < at + seconds}
        assert len(window) <= 2 * BOUND


@given(st.dictionaries(st.text(max_size=9), st.one_of(st.none(), st.text(max_size=5), st.integers())))
def test_whatever_a_status_holds_is_read_or_is_no_question(block: dict[str, object]) -> None:
    found = divergence_of({"divergence": block})
    assert found is None or found.id == block["id"]
    assert divergence_of({"divergence": "text"}) is None
