"""Which word counts: of the watch, of a list on its way, and after a restore of etcd."""

from typing import Any

import pytest

from arcgis_operator.controller.news import News
from arcgis_operator.core.identity import Name

ROADS = Name("gis", "roads")


def word(version: int, uid: str = "first", name: str = "roads", **metadata: Any) -> dict[str, Any]:
    """One object."""
    where = {"namespace": "gis", "name": name, "uid": uid, "resourceVersion": str(version)}
    return {"metadata": {**where, **metadata}}


def listed(news: News, version: int | None, *bodies: dict[str, Any]) -> list[bool]:
    """A whole list; whether each of its words counts."""
    news.begin(None)
    news.is_at(version)
    return [news.shows(body) for body in bodies]


def test_what_the_watch_told_while_a_list_was_on_its_way_is_newer_than_the_list() -> None:
    news = News()
    news.tells("CHANGED", word(10))
    news.begin(None)
    news.tells("CHANGED", word(12))
    assert not news.is_at(11)
    assert not news.shows(word(10))
    assert news.end() == []
    assert not news.moved(word(12))


def test_a_list_that_is_newer_than_what_the_watch_told_meanwhile_counts() -> None:
    """The watch lags: it told of an earlier moment than the list's."""
    news = News()
    news.begin(None)
    news.tells("CHANGED", word(10))
    news.is_at(20)
    assert news.shows(word(15))


def test_what_was_deleted_while_a_list_was_on_its_way_stays_deleted() -> None:
    news = News()
    news.tells("CHANGED", word(10))
    news.begin(None)
    assert news.tells("DELETED", word(12))
    news.is_at(11)
    assert not news.shows(word(10))
    assert news.end() == []
    assert news.uid(ROADS) == ""


def test_what_was_made_anew_while_a_list_was_on_its_way_is_neither_old_nor_gone() -> None:
    news = News()
    news.tells("CHANGED", word(10))
    news.begin(None)
    news.tells("DELETED", word(12))
    news.tells("CHANGED", word(13, "second"))
    news.is_at(11)
    assert not news.shows(word(10))
    assert news.end() == []
    assert news.uid(ROADS) == "second"


def test_who_is_not_in_a_list_is_gone_unless_the_watch_told_of_it_at_a_later_moment() -> None:
    news = News()
    for name in ("early", "later"):
        news.tells("CHANGED", word(5, name, name))
    news.begin(None)
    news.tells("CHANGED", word(8, "early", "early"))
    news.tells("CHANGED", word(12, "later", "later"))
    news.is_at(10)
    assert news.end() == [Name("gis", "early")]


def test_a_list_without_a_version_takes_nobody_away_of_whom_was_told_meanwhile() -> None:
    news = News()
    news.begin(None)
    news.tells("CHANGED", word(8))
    news.is_at(None)
    assert not news.shows(word(7))
    assert news.end() == []


def test_a_stream_of_the_watch_that_begins_anew_with_old_words_changes_nothing() -> None:
    """Its list may have been read before ours."""
    news = News()
    listed(news, 20, word(15))
    news.end()
    assert not news.tells("LISTED", word(10))
    assert not news.tells("LISTED", word(18, "gone", "gone")), "the list at 20 has no such object"
    assert news.tells("CHANGED", word(21, "new", "new"))


def test_the_late_word_of_a_deletion_does_not_touch_the_object_that_was_made_anew() -> None:
    news = News()
    news.tells("CHANGED", word(10))
    news.tells("CHANGED", word(12, "second"))
    assert not news.tells("DELETED", word(11))
    assert news.uid(ROADS) == "second"


@pytest.mark.parametrize("by_list", [False, True])
def test_an_object_that_is_being_deleted_is_gone_though_it_is_still_there(by_list: bool) -> None:
    news = News()
    news.tells("CHANGED", word(10))
    leaving = word(12, deletionTimestamp="2026-11-29T00:00:00Z")
    if by_list:
        assert listed(news, 13, leaving) == [False]
        assert news.end() == [ROADS]
    else:
        assert news.tells("CHANGED", leaving)
    assert news.uid(ROADS) == ""
    assert not news.tells("CHANGED", word(13)) or by_list


def test_after_a_restore_of_etcd_a_list_is_true_though_its_versions_are_lower() -> None:
    """What the watch told of the time that was taken back, even while the list was on its way, is no more."""
    news = News()
    news.tells("CHANGED", word(100))
    news.tells("CHANGED", word(101, "lost", "lost"))
    news.begin(None)
    news.tells("CHANGED", word(102))
    assert news.is_at(50)
    assert not news.is_at(50), "told once"
    assert news.moved(word(40))
    assert news.shows(word(40))
    assert news.end() == [Name("gis", "lost")]
    assert news.tells("CHANGED", word(51)), "the watch that began anew is heard"


def test_after_a_restore_what_was_deleted_since_is_there_again_under_its_old_uid() -> None:
    news = News()
    news.tells("CHANGED", word(100))
    news.tells("DELETED", word(101))
    news.begin(None)
    assert news.is_at(50)
    assert news.shows(word(40))


def test_after_a_restore_that_lifts_the_versions_a_list_is_true_as_well() -> None:
    """`etcdutl snapshot restore --bump-revision`: the list has a great version, its objects have old ones."""
    news = News()
    news.tells("CHANGED", word(100))
    assert listed(news, 1_000_000, word(40)) == [True]


def test_an_object_that_could_not_be_read_is_there_and_hides_nothing_from_the_watch() -> None:
    news = News()
    news.tells("CHANGED", word(10))
    news.begin(None)
    news.is_at(20)
    news.passes_over(ROADS)
    assert news.end() == []
    assert news.tells("CHANGED", word(15, "other", "other")), "who can tell what the unread one was"


def test_a_list_of_one_namespace_says_nothing_of_another() -> None:
    news = News()
    news.tells("CHANGED", word(10))
    news.begin("team")
    news.is_at(20)
    assert news.end() == []
    assert news.uid(ROADS) == "first"
