"""A backup, a loss, a restore, and everything is as it was; a damaged backup changes nothing."""

import hashlib
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded.postgres import EmbeddedPostgres

from .conftest import Site

pytestmark = pytest.mark.servers

DUMP = """
from django.apps import apps
from django.db import connection
for model in sorted(apps.get_models(include_auto_created=True), key=lambda model: model._meta.db_table):
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
        print(table, cursor.fetchall())
"""
CREATE = """
from django.contrib.auth import get_user_model
get_user_model().objects.create_user("marie", "marie@example.org", "polonium")
"""


@pytest.fixture
def server(site: Site) -> Iterator[EmbeddedPostgres]:
    """Keeps the site's embedded server running between the commands of a test."""
    server = EmbeddedPostgres(site.home / "postgres", durable=False)
    if "DATABASE_URL" not in site.environment:
        server.acquire()
    yield server
    server.release()


@pytest.fixture
def filled_site(site: Site, server: EmbeddedPostgres) -> Site:
    site.manage("migrate", "--verbosity", "0")
    site.python(CREATE)
    blob = site.home / "files" / "blobs" / "ab" / "abcd"
    blob.parent.mkdir(parents=True)
    blob.write_bytes(bytes(range(256)) * 5000)
    (site.home / "files" / "empty").touch()
    (site.home / "files" / "incoming").mkdir()
    (site.home / "files" / "incoming" / "half").write_text("still arriving")
    return site


def stored(site: Site) -> dict[str, str]:
    folder = site.home / "files"
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and "incoming" not in file.parts
    }


def test_what_was_backed_up_comes_back(filled_site: Site, tmp_path: Path) -> None:
    site, archive = filled_site, tmp_path / "backup.tar"
    records, files = site.python(DUMP), stored(site)
    assert "marie@example.org" in records
    assert len(files) == 2
    said = site.manage("backup", "--to", str(archive)).stdout
    assert f"{archive}: the database and 2 files" in said
    assert archive.stat().st_mode & 0o077 == 0

    again = site.manage("backup", "--to", str(archive), check=False)
    assert again.returncode == 1
    assert "exists already; a backup never replaces a file" in again.stderr

    refused = site.manage("restore", "--from", str(archive), check=False)
    assert refused.returncode == 1
    assert "the database holds tables; FORCE=1 (--force) replaces everything in it" in refused.stderr

    site.python("from django.contrib.auth import get_user_model as U; U().objects.all().delete()")
    shutil.rmtree(site.home / "files")
    (site.home / "files").mkdir()
    (site.home / "files" / "later").write_text("made after the backup")
    site.manage("restore", "--from", str(archive), "--force")
    assert site.python(DUMP) == records
    assert stored(site) == files
    site.manage("migrate", "--check")


def test_a_backup_starts_a_new_site(filled_site: Site, server: EmbeddedPostgres, home: Path, tmp_path: Path) -> None:
    if "DATABASE_URL" in filled_site.environment:
        pytest.skip("a new embedded site is meant")
    archive = tmp_path / "backup.tar"
    records, files = filled_site.python(DUMP), stored(filled_site)
    filled_site.manage("backup", "--to", str(archive))
    server.release()
    for kept in home.iterdir():
        shutil.rmtree(kept) if kept.is_dir() else kept.unlink()
    filled_site.manage("restore", "--from", str(archive))
    assert filled_site.python(DUMP) == records
    assert stored(filled_site) == files


def test_a_damaged_backup_changes_nothing(filled_site: Site, tmp_path: Path) -> None:
    site, archive = filled_site, tmp_path / "backup.tar"
    site.manage("backup", "--to", str(archive))
    records, files = site.python(DUMP), stored(site)
    whole = archive.read_bytes()
    with tarfile.open(archive) as tar:
        blob = tar.getmember("files/blobs/ab/abcd")

    flipped = bytearray(whole)
    flipped[blob.offset_data + 1000] ^= 1
    archive.write_bytes(flipped)
    refused = site.manage("restore", "--from", str(archive), "--force", check=False)
    assert refused.returncode == 1
    assert "files/blobs/ab/abcd has 1280000 bytes with SHA-256" in refused.stderr

    archive.write_bytes(whole[: blob.offset_data + 1000])
    refused = site.manage("restore", "--from", str(archive), "--force", check=False)
    assert refused.returncode == 1
    assert "cannot be read to its end" in refused.stderr or "ends without manifest.json" in refused.stderr

    archive.write_bytes(b"no archive at all")
    refused = site.manage("restore", "--from", str(archive), "--force", check=False)
    assert refused.returncode == 1
    assert "cannot be read to its end" in refused.stderr

    assert site.python(DUMP) == records
    assert stored(site) == files


def test_a_missing_backup_is_named(site: Site) -> None:
    refused = site.manage("restore", "--from", "nowhere.tar", check=False)
    assert refused.returncode == 1
    assert "there is no backup 'nowhere.tar'" in refused.stderr
