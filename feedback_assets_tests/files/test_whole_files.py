"""Files that appear whole or not at all, also when several processes write the same one at the same moment."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from feedback_assets.classification.active_versions import VersionSet, keep_version_files
from feedback_assets.files.whole_files import beside, sweep, write_whole
from feedback_assets_tests.classification.standins import PROMPTS

_WRITE = """
from feedback_assets.files.whole_files import write_whole
for number in range(200):
    write_whole(folder / "said.yaml", f"{sys.argv[2]}" * 5000)
"""
_SAVE = """
from feedback_assets.config.mappings import Mapping, save
mapping = Mapping(name="reviews", stream="feedback", source="shop", fields={"text": "text"})
for _ in range(200):
    save(mapping, folder)
"""
_KEEP = f"""
from feedback_assets.classification.active_versions import VersionSet, keep_version_files
for number in range(40):
    keep_version_files(Path({str(PROMPTS)!r}), folder, VersionSet(f"prompt-{{number}}", "a", "b", "c", "d"))
"""


@pytest.mark.parametrize("work", [_WRITE, _SAVE, _KEEP], ids=["a text", "a mapping", "a version set's files"])
def test_writers_at_the_same_moment_do_not_hinder_each_other(work: str, tmp_path: Path):
    # They start together: each says that it has imported everything, and waits for the file "go".
    script = (
        "import sys, time; from pathlib import Path; folder = Path(sys.argv[1])\n"
        "import feedback_assets.config.mappings, feedback_assets.classification.active_versions\n"
        "import feedback_assets.files.whole_files\n"
        "(folder.parent / f'ready-{sys.argv[2]}').touch()\n"
        "while not (folder.parent / 'go').exists(): time.sleep(0.001)\n" + work
    )
    folder = tmp_path / "folder"
    folder.mkdir()
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(folder), name], stderr=subprocess.PIPE, text=True)
        for name in "abc"
    ]
    until = time.monotonic() + 60
    while len(list(tmp_path.glob("ready-*"))) < len(writers) and time.monotonic() < until:
        time.sleep(0.01)
    (tmp_path / "go").touch()
    assert [writer.communicate(timeout=60)[1] for writer in writers] == ["", "", ""]
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]
    if work == _WRITE:
        assert (folder / "said.yaml").read_text() in {name * 5000 for name in "abc"}


def test_a_write_that_fails_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path):
    write_whole(tmp_path / "said.yaml", "before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "said.yaml", "\ud800")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=r"/folder'$"):
        write_whole(tmp_path / "folder", "text")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "said.yaml"]
    assert (tmp_path / "said.yaml").read_text() == "before"


def test_what_killed_writers_left_goes_after_a_day_and_nothing_else_does(tmp_path: Path):
    old, young, folder = (beside(tmp_path / "said.yaml") for _ in range(3))
    others = [tmp_path / ".said.yaml.swp", beside(tmp_path / "said.md")]
    folder.mkdir()
    for path in [old, young, folder / "part.yaml", *others]:
        path.write_text("half")
    for path in [old, folder, *others]:
        os.utime(path, (time.time() - 90_000,) * 2)
    sweep(tmp_path, ".yaml")
    assert set(tmp_path.iterdir()) == {young, *others}


def test_what_killed_runs_left_of_an_edition_goes_when_it_is_kept_already(tmp_path: Path):
    version_set = VersionSet("prompt-1", "a", "b", "c", "d")
    kept = keep_version_files(PROMPTS, tmp_path / "editions", version_set)
    left = beside(kept)
    left.mkdir()
    os.utime(left, (time.time() - 90_000,) * 2)
    sweep.cache_clear()  # as in another process
    assert keep_version_files(PROMPTS, tmp_path / "editions", version_set) == kept
    assert list((tmp_path / "editions").iterdir()) == [kept]


def test_editions_that_cannot_be_kept_are_told_by_their_folder(tmp_path: Path):
    (tmp_path / "editions").write_text("a file in the way")
    version_set = VersionSet("prompt-1", "a", "b", "c", "d")
    with pytest.raises(OSError, match=version_set.folder_name):
        keep_version_files(PROMPTS, tmp_path / "editions", version_set)
