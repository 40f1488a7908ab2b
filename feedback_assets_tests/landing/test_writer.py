from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import fsspec
import pytest

from feedback_assets.files.landing_files import Landing, folder
from feedback_assets.landing.writer import object_name, slug, write_object

DAY = date(2026, 3, 9)


def _write(root: str, lines: list[bytes]) -> bool:
    return write_object(Landing(root), "feedback", DAY, object_name("shop", lines), lines)


@pytest.mark.parametrize("kind", ["local", "object store"])
def test_what_is_written_is_listed_read_and_counted(tmp_path: Path, kind: str) -> None:
    root = str(tmp_path) if kind == "local" else f"memory://{tmp_path}"
    assert _write(root, [b'{"a":1}', b'{"b":2}\n'])
    (item,) = Landing(root).list_objects("feedback")
    assert item.path.startswith("feedback/day=2026-03-09/shop-") and item.size == 16
    assert list(Landing(root).read_lines(item.path)) == [(1, b'{"a":1}'), (2, b'{"b":2}')]
    assert Landing(root).count_lines("feedback", DAY) == 2
    assert Landing(root).list_objects("feedback", date(2026, 3, 8)) == []
    assert list(Landing(root).days("feedback")) == [DAY]


@pytest.mark.parametrize("kind", ["local", "object store"])
def test_an_object_that_is_there_is_never_replaced(tmp_path: Path, kind: str) -> None:
    root = str(tmp_path) if kind == "local" else f"memory://{tmp_path}"
    name = object_name("shop", [b"x"])
    assert write_object(Landing(root), "feedback", DAY, name, [b"first"])
    assert not write_object(Landing(root), "feedback", DAY, name, [b"second"])
    (item,) = Landing(root).list_objects("feedback")
    assert list(Landing(root).read_lines(item.path)) == [(1, b"first")]


def test_a_stream_that_never_landed_has_no_days(tmp_path: Path) -> None:
    assert Landing(str(tmp_path)).days("feedback") == {}
    assert Landing(f"memory://{tmp_path}/none").list_objects("feedback") == []
    assert Landing(f"memory://{tmp_path}/none").days("feedback") == {}


def test_temporary_and_foreign_names_are_no_objects(tmp_path: Path) -> None:
    for name in (".shop-1.jsonl.tmp", ".shop-1.jsonl", "_SUCCESS", "notes.txt"):
        path = tmp_path / "feedback" / "day=2026-03-09" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}\n")
    (tmp_path / "feedback" / "day=someday").mkdir()
    (tmp_path / "feedback" / "day=someday" / "a-1.jsonl").write_text("{}\n")
    assert Landing(str(tmp_path)).list_objects("feedback") == []
    assert Landing(str(tmp_path)).days("feedback") == {}


def test_a_fingerprint_changes_with_names_and_sizes_only(tmp_path: Path) -> None:
    _write(str(tmp_path), [b"one"])
    before = Landing(str(tmp_path)).days("feedback")
    assert Landing(str(tmp_path)).days("feedback") == before
    _write(str(tmp_path), [b"two"])
    assert Landing(str(tmp_path)).days("feedback") != before


def test_blank_lines_count_for_nobody(tmp_path: Path) -> None:
    write_object(Landing(str(tmp_path)), "feedback", DAY, "a-1.jsonl", [b"one", b"", b"  ", b"two"])
    assert Landing(str(tmp_path)).count_lines("feedback", DAY) == 2
    assert [n for n, _ in Landing(str(tmp_path)).read_lines("feedback/day=2026-03-09/a-1.jsonl")] == [1, 4]


def test_sources_become_names_a_file_may_have() -> None:
    assert slug("Zendesk / EU–2") == "Zendesk_EU_2"
    assert slug("../..") == "source"


def test_a_writer_killed_midway_leaves_nothing_to_be_seen(tmp_path: Path) -> None:
    script = (
        "import sys; from datetime import date; from feedback_assets.landing.writer import write_object\n"
        "from feedback_assets.files.landing_files import Landing\n"
        "lines = [b'x' * 1000] * 20_000\n"
        "print('ready', flush=True)\n"
        "for n in range(10_000):\n"
        "    write_object(Landing(sys.argv[1]), 'feedback', date(2026, 3, 9), f'shop-{n}.jsonl', lines)\n"
    )
    for wait in (0.005, 0.02, 0.05):
        process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert {item.size for item in Landing(str(tmp_path)).list_objects("feedback")} <= {20_000 * 1001}


def _race(root: str, barrier: multiprocessing.synchronize.Barrier, results: multiprocessing.Queue) -> None:  # type: ignore[name-defined]
    barrier.wait()
    results.put(
        [
            write_object(Landing(root), "feedback", DAY, f"shop-{n}.jsonl", [str(os.getpid()).encode()])
            for n in range(50)
        ]
    )


def test_what_killed_writers_left_behind_goes_with_the_next_object_of_the_day(tmp_path: Path) -> None:
    where = tmp_path / folder("feedback", DAY)
    where.mkdir(parents=True)
    old, young = (where / f".shop-{n}.jsonl.{'ab' * 16}" for n in (1, 2))
    others = [where / name for name in (".keep", ".shop-1.jsonl.bak")]
    for path in (old, young, *others):
        path.write_bytes(b"half")
    for path in (old, *others):
        os.utime(path, (time.time() - 2 * 86400,) * 2)
    assert _write(str(tmp_path), [b"x"])
    assert not old.exists() and young.exists() and all(path.exists() for path in others)


def test_of_two_writers_of_one_object_exactly_one_lands_it(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    barrier, results = spawn.Barrier(2), spawn.Queue()
    writers = [spawn.Process(target=_race, args=(str(tmp_path), barrier, results)) for _ in range(2)]
    for writer in writers:
        writer.start()
    first, second = results.get(timeout=60), results.get(timeout=60)
    for writer in writers:
        writer.join()
    assert all(a != b for a, b in zip(first, second, strict=True))
    assert Landing(str(tmp_path)).count_lines("feedback", DAY) == 50


def test_the_object_store_holds_one_whole_object(tmp_path: Path) -> None:
    _write(f"memory://{tmp_path}", [b"a", b"b"])
    stored = fsspec.filesystem("memory").find(f"{tmp_path}/feedback")
    assert len(stored) == 1
