"""The same lineage in AiiDA's own tables, asked with its QueryBuilder; prints milliseconds by question.

Samples are data nodes and processes calculation nodes, linked as AiiDA links them. The database is the one that PGHOST
and the arguments name; it is filled anew.
"""

import json
import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ["AIIDA_PATH"] = tempfile.mkdtemp(prefix="aiida-bench-")

from aiida import orm
from aiida.manage.configuration import get_config, load_profile
from aiida.manage.configuration.profile import Profile
from aiida.manage.manager import get_manager
from sqlalchemy import text

from benchmarks.lineage_shape import Shape, shape_of

SMALLEST, LARGEST = 10, 1_200
PATIENCE = 10_000


def profile_of(database: str, user: str, password: str, port: int) -> Profile:
    """A profile on a fresh storage in that database."""
    storage = {
        "database_engine": "postgresql_psycopg",
        "database_hostname": "",
        "database_port": port,
        "database_username": user,
        "database_password": password,
        "database_name": database,
        "repository_uri": f"file://{Path(os.environ['AIIDA_PATH']) / 'repository'}",
    }
    settings = {
        "storage": {"backend": "core.psql_dos", "config": storage},
        "process_control": {"backend": None, "config": {}},
    }
    config = get_config(create=True)
    profile = Profile("bench", settings)
    profile.storage_cls.initialise(profile, reset=True)
    config.add_profile(profile)
    load_profile("bench")
    user_of_nodes = orm.User(email="bench@localhost").store()
    get_manager().get_profile_storage()
    profile.default_user_email = user_of_nodes.email
    return profile


def fill(shape: Shape) -> dict[str, int]:
    """Nodes and links in bulk; gives AiiDA's own number of the first sample and the first process."""
    session = get_manager().get_profile_storage().get_session()
    user = session.execute(text("SELECT min(id) FROM db_dbuser")).scalar()
    connection = session.connection().connection.driver_connection
    kinds = [
        ("data.core.int.Int.", shape.samples),
        ("process.calculation.calcfunction.CalcFunctionNode.", shape.processes),
    ]
    with connection.cursor() as cursor:
        columns = "uuid, node_type, label, description, ctime, mtime, attributes, extras, repository_metadata, user_id"
        with cursor.copy(f"COPY db_dbnode ({columns}) FROM STDIN") as copy:
            for kind, count in kinds:
                for _ in range(count):
                    copy.write_row((uuid.uuid4(), kind, "", "", "2024-05-01", "2024-05-01", "{}", "{}", "{}", user))
        first = cursor.execute("SELECT min(id) FROM db_dbnode").fetchone()[0]
        starts = {"sample": first, "process": first + shape.samples}
        with cursor.copy("COPY db_dblink (input_id, output_id, label, type) FROM STDIN") as copy:
            for place, (process, sample) in enumerate(shape.inputs):
                row = (starts["sample"] + sample, starts["process"] + process, f"i{place}", "input_calc")
                copy.write_row(row)
            for place, (process, sample) in enumerate(shape.outputs):
                copy.write_row((starts["process"] + process, starts["sample"] + sample, f"o{place}", "create"))
    session.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE")
    connection.autocommit = False
    return starts


def relatives(number: int, way: str) -> int:
    """How many nodes lie up or down of one, as `QueryBuilder` counts them."""
    query = orm.QueryBuilder().append(orm.Node, filters={"id": number}, tag="start")
    query.append(orm.Node, project="id", **{way: "start"})
    return query.distinct().count()


def timed(question: Callable[[], int]) -> tuple[int, float]:
    """The answer, and the milliseconds of the best of three times that it is asked; PATIENCE where it is stopped."""
    session = get_manager().get_profile_storage().get_session()
    session.execute(text(f"SET statement_timeout = {PATIENCE}"))
    spent, answer = [], 0
    for _ in range(3):
        began = time.perf_counter()
        try:
            answer = question()
        except Exception as error:
            if "statement timeout" not in str(error):
                raise
            session.rollback()
            return 0, float(PATIENCE)
        spent.append(1000 * (time.perf_counter() - began))
    return answer, min(spent)


def walks(numbers: Iterator[int], first: int, way: str, wanted: int) -> list[tuple[int, float]]:
    """Relatives and times of samples that have 10 to 1200 of them, or take too long."""
    found: list[tuple[int, float]] = []
    for number in numbers:
        count, spent = timed(lambda number=number: relatives(first + number, way))
        if SMALLEST <= count <= LARGEST or spent == PATIENCE:
            found.append((count, spent))
        if len(found) == wanted:
            break
    return found


def main(nodes: int, database: str, user: str, password: str, port: int) -> None:
    chance = random.Random(7)
    shape = shape_of(nodes)
    profile_of(database, user, password, port)
    first = fill(shape)["sample"]
    answer: dict[str, object] = {"nodes": shape.nodes}
    for name, way in (("ancestors", "with_descendants"), ("descendants", "with_ancestors")):
        usual = walks((chance.randrange(shape.samples) for _ in range(300)), first, way, 40)
        ends = [campaign[-1] if name == "ancestors" else campaign[0] for campaign in shape.campaigns]
        large = walks(iter(ends), first, way, 1)
        answer[name] = {
            "median": statistics.median(spent for _, spent in usual),
            "relatives": statistics.median(count for count, _ in usual),
            "largest": large[0][1],
            "largest_stopped": large[0][1] == PATIENCE,
        }
    print(json.dumps({"cpu": time.process_time(), "answer": answer}))


main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
