"""What is kept in the user's cache is read back whole, or not at all."""

from __future__ import annotations

from pathlib import Path

from schemas.support.user_cache import read_cache, write_cache


def test_only_what_is_whole_and_the_owner_s_own_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "new" / "kernels.o"
    assert read_cache(path) is None
    write_cache(path, b"code")
    assert read_cache(path) == b"code"
    assert [each.name for each in path.parent.iterdir()] == ["kernels.o"]
    path.chmod(0o666)
    assert read_cache(path) is None
    write_cache(path, b"code")
    path.write_bytes(path.read_bytes()[:-1])
    assert read_cache(path) is None
