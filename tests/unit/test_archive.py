import stat
import zipfile

import pytest
import tiny

from vitcourse import archive, storage
from vitcourse.archive import ArchiveError, Limits


def make(tmp_path, members, **options):
    path = tmp_path / "a.zip"
    path.write_bytes(tiny.zipped(members, **options))
    return path


def refused(tmp_path, members, match, **options):
    with pytest.raises(ArchiveError, match=match):
        archive.unpack(make(tmp_path, members), tmp_path / "in" / "out", **options)
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "a.zip"]
    assert outside == []


def test_unpacks_what_is_fine(tmp_path):
    archive.unpack(make(tmp_path, {"top/": b"", "top/a.txt": b"a", "top/b/c.txt": b"c"}), tmp_path / "out")
    assert (tmp_path / "out/top/a.txt").read_bytes() == b"a"
    assert (tmp_path / "out/top/b/c.txt").read_bytes() == b"c"


@pytest.mark.parametrize(
    "name", ["../x", "top/../../x", "/tmp/x", "..\\x", "C:\\x", "C:/x", "top/a.jpg:stream", "//host/share/x"]
)
def test_refuses_members_outside_the_folder(tmp_path, name):
    refused(tmp_path, {"top/ok.txt": b"", name: b"x"}, "outside|backslash")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_refuses_links_and_special_files(tmp_path, kind):
    refused(tmp_path, {tiny.link("top/link", kind): b"/etc/passwd"}, "link or a special file")


def test_refuses_a_bomb_by_its_ratio(tmp_path):
    refused(tmp_path, {"zeros": bytes(5_000_000)}, "would grow")


def test_refuses_absurd_total_and_count(tmp_path):
    refused(tmp_path, {"a": b"12345"}, "would unpack to", limits=Limits(total_bytes=4))
    refused(tmp_path, {"a": b"", "b": b"", "c": b""}, "3 members", limits=Limits(members=2))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_refuses_names_that_are_one_file_on_some_systems(tmp_path):
    refused(tmp_path, {"top/a.jpg": b"1", "top/A.JPG": b"2"}, "twice")


def test_refuses_an_encrypted_member(tmp_path):
    content = bytearray(tiny.zipped({"a.txt": b"secret"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag in the central directory
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(ArchiveError, match="encrypted"):
        archive.unpack(tmp_path / "a.zip", tmp_path / "out")


@pytest.mark.parametrize("damage", ["cut", "flip", "text", "empty"])
def test_damaged_archives_are_a_clear_error(tmp_path, damage):
    content = bytearray(tiny.zipped({"a.txt": b"some words " * 50}, compression=zipfile.ZIP_STORED))
    if damage == "flip":
        content[100] ^= 255  # inside the stored content: only the checksum can tell
    damaged = {"cut": content[:-40], "flip": content, "text": b"not a zip", "empty": b""}[damage]
    (tmp_path / "a.zip").write_bytes(damaged)
    with pytest.raises(ArchiveError, match="no whole zip"):
        archive.unpack(tmp_path / "a.zip", tmp_path / "out")


def test_a_web_page_instead_of_a_zip_is_named(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"<!DOCTYPE html><title>Log in</title>")
    with pytest.raises(ArchiveError, match="web page"):
        archive.unpack(tmp_path / "a.zip", tmp_path / "out")


def test_disk_space_is_looked_at_first(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "SPARE_BYTES", 10**18)
    with pytest.raises(storage.StorageError, match="not enough disk space"):
        archive.unpack(make(tmp_path, {"a": b"1"}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_packing_gives_the_same_bytes_whatever_the_dates_and_the_order(tmp_path):
    members = tiny.multilabel_members()
    first = tiny.write(tmp_path / "one", members) / "multilabelFridgeObjects"
    second = tiny.write(tmp_path / "two", dict(reversed(members.items()))) / "multilabelFridgeObjects"
    (second / ".hidden").write_text("not packed")
    archive.pack(first, tmp_path / "one.zip")
    archive.pack(second, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    archive.unpack(tmp_path / "one.zip", tmp_path / "again")
    assert {name: (tmp_path / "again" / name).read_bytes() for name in members} == members
