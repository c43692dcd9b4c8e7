"""Installs what keeps the side table in step: a function for each feed and statement triggers on the tables it watches.

Triggers, not services: an edit in the admin, a bulk write and a line of SQL must be found as surely as a REST request,
and in the same transaction. They fire once per statement with all changed rows, so that a million rows cost a few
statements. Each feed's rows hang on one row of the laboratory's (its owner), whose own lock makes concurrent changes
wait for each other. After each migration the feeds are compared with what is installed; only what changed is replaced.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from search.feeds import COLUMNS, FEEDS, TABLE, Feed

_COLUMNS = ", ".join(COLUMNS)
_OWNER_RIGHTS = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp"
_EVENTS = {
    "INSERT": "REFERENCING NEW TABLE AS new_rows",
    "UPDATE": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "REFERENCING OLD TABLE AS old_rows",
}
_FORMAT = 1  # of what is installed; another one installs everything anew


@dataclass(frozen=True)
class Difference:
    """How the side table differs from its feeds: rows that it lacks and rows that it should not have."""

    feed: str
    missing: int
    left_over: int

    def __str__(self) -> str:
        return f"{self.feed}: {self.missing} values are missing, {self.left_over} are too many"


def install(connection: BaseDatabaseWrapper) -> list[str]:
    """Brings triggers and values to what the feeds say; returns the names of the feeds that had changed."""
    present = set(connection.introspection.table_names())
    if TABLE not in present:
        return []
    feeds = [feed for feed in FEEDS if present.issuperset(feed.tables)]
    wanted = {feed.name: feed.fingerprint for feed in feeds}
    wanted["format"] = str(_FORMAT)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        known = _known(cursor)
        if known == wanted:
            return []
        _remove(cursor)
        for feed in feeds:
            cursor.execute(_feed_function(feed))
        for table in sorted({table for feed in feeds for table in feed.tables}):
            for statement in _watch(table, feeds):
                cursor.execute(statement)
        cursor.execute(_rebuild_function(feeds))
        changed = [feed.name for feed in feeds if known.get(feed.name) != wanted[feed.name]]
        cursor.execute(f"DELETE FROM {TABLE} WHERE feed <> ALL (%s)", [list(wanted)])
        for name in changed:
            cursor.execute("SELECT search_rebuild(%s)", [name])
        cursor.execute(f"COMMENT ON TABLE {TABLE} IS '{json.dumps(wanted)}'")
    return changed


def rebuild(using: str = "default") -> int:
    """Makes all values anew; returns how many there are. Writers wait meanwhile."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SELECT search_rebuild(NULL)")
        return int(cursor.fetchone()[0])


def differences(using: str = "default") -> list[Difference]:
    """Compares the side table with what its feeds say now; empty where all is well."""
    found = []
    columns = ", ".join(name for name in COLUMNS if name != "feed")
    with connections[using].cursor() as cursor:
        for feed in FEEDS:
            said = f"SELECT {columns} FROM ({feed.select()}) AS said({_COLUMNS})"
            stored = f"SELECT {columns} FROM {TABLE} WHERE feed = '{feed.name}'"
            counts = []
            for one, other in ((said, stored), (stored, said)):
                cursor.execute(f"SELECT count(*) FROM (({one}) EXCEPT ALL ({other})) AS odd")
                counts.append(int(cursor.fetchone()[0]))
            if any(counts):
                found.append(Difference(feed.name, *counts))
    return found


def mend(using: str = "default") -> list[Difference]:
    """Makes the values of those feeds anew that are out of step; returns how they differed. Writers wait meanwhile."""
    found = differences(using)
    for one in found:
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            cursor.execute("SELECT search_rebuild(%s)", [one.feed])
    return found


def install_after_migrate(using: str, **rest: Any) -> None:
    """Listens to the end of a migration."""
    del rest
    install(connections[using])


def _known(cursor: Any) -> dict[str, str]:
    cursor.execute("SELECT obj_description(%s::regclass)", [TABLE])
    (comment,) = cursor.fetchone()
    return dict(json.loads(comment)) if comment else {}


def _remove(cursor: Any) -> None:
    cursor.execute(
        "SELECT proname, pg_get_function_identity_arguments(oid) FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace"
        " AND (starts_with(proname, 'search_feed_') OR starts_with(proname, 'search_watch_')"
        " OR proname = 'search_rebuild')"
    )
    for name, arguments in cursor.fetchall():
        cursor.execute(f'DROP FUNCTION "{name}"({arguments}) CASCADE')


def _feed_function(feed: Feed) -> str:
    return f"""
        CREATE FUNCTION search_feed_{feed.name}(owners uuid[]) RETURNS void {_OWNER_RIGHTS} AS $body$
        BEGIN
            DELETE FROM {TABLE} WHERE owner = ANY (owners) AND feed = '{feed.name}';
            INSERT INTO {TABLE} ({_COLUMNS}) {feed.select("owners")};
        END
        $body$
    """


def _watch(table: str, feeds: Iterable[Feed]) -> list[str]:
    """The function of a table's triggers, and the triggers."""
    parts = []
    for feed in feeds:
        asked = [watch.owners for watch in feed.watches if watch.table == table]
        if asked:
            new = " UNION ALL ".join(one.format(changed="new_rows") for one in asked)
            old = " UNION ALL ".join(one.format(changed="old_rows") for one in asked)
            parts.append(
                f"""
                IF TG_OP = 'INSERT' THEN
                    SELECT array_agg(DISTINCT key) INTO touched FROM ({new}) AS found(key);
                ELSIF TG_OP = 'DELETE' THEN
                    SELECT array_agg(DISTINCT key) INTO touched FROM ({old}) AS found(key);
                ELSE
                    SELECT array_agg(DISTINCT key) INTO touched FROM ({new} UNION ALL {old}) AS found(key);
                END IF;
                IF touched IS NOT NULL THEN
                    PERFORM search_feed_{feed.name}(touched);
                END IF;
                """
            )
    function = f"search_watch_{table}"
    body = f"DECLARE touched uuid[]; BEGIN {''.join(parts)} RETURN NULL; END"
    return [
        f"CREATE FUNCTION {function}() RETURNS trigger {_OWNER_RIGHTS} AS $body$ {body} $body$",
        *(
            f"CREATE TRIGGER search_{event.lower()} AFTER {event} ON {table} {rows}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
            for event, rows in _EVENTS.items()
        ),
    ]


def _rebuild_function(feeds: Iterable[Feed]) -> str:
    parts = "".join(
        f"""
        IF wanted IS NULL OR wanted = '{feed.name}' THEN
            DELETE FROM {TABLE} WHERE feed = '{feed.name}';
            INSERT INTO {TABLE} ({_COLUMNS}) {feed.select()};
        END IF;
        """
        for feed in feeds
    )
    return f"""
        CREATE FUNCTION search_rebuild(wanted text) RETURNS bigint {_OWNER_RIGHTS} AS $body$
        BEGIN
            LOCK TABLE {TABLE} IN SHARE ROW EXCLUSIVE MODE;
            {parts}
            RETURN (SELECT count(*) FROM {TABLE});
        END
        $body$
    """
