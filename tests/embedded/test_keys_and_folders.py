from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from embedded import folders, keys
from embedded.errors import EmbeddedError


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "DEMO_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


def test_secrets_are_made_once_kept_and_private(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    first = keys.load_or_make(file)
    assert keys.load_or_make(file) == first
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(first["SECRET_KEY"]) >= 50
    Fernet(first["FIELD_ENCRYPTION_KEYS"])  # raises for what is no key


def test_two_desks_share_no_secret(tmp_path: Path) -> None:
    one, other = (keys.load_or_make(tmp_path / name) for name in ("one", "other"))
    assert not set(one.values()) & set(other.values())


def test_a_secret_from_the_environment_wins_and_is_not_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "given-from-outside")
    assert keys.load_or_make(tmp_path / "keys.json")["SECRET_KEY"] == "given-from-outside"
    assert "given-from-outside" not in (tmp_path / "keys.json").read_text()


def test_sockets_lie_in_the_data_folder_where_the_path_is_short(tmp_path: Path) -> None:
    data = tmp_path if len(str(tmp_path)) < 70 else Path("/tmp")
    assert folders.socket_folder(data) == data / "run"


def test_a_long_data_path_gets_a_short_private_socket_folder(tmp_path: Path) -> None:
    data = tmp_path / ("deep" * 30)
    folder = folders.socket_folder(data)
    try:
        assert len(str(folder / ".s.PGSQL.5432")) < 104
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folders.socket_folder(data) == folder
    finally:
        folder.rmdir()


def test_a_socket_folder_that_is_a_link_to_elsewhere_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    data = tmp_path / ("deep" * 30)
    folder = folders.socket_folder(data)
    folder.rmdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(EmbeddedError, match="belongs to somebody else"):
        folders.socket_folder(data)
