"""Secret settings come from files; what is wrong with one is said without showing what is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from libs.config import BadSetting, load

URL = "postgresql://netledger:s3cret@db/netledger"


def test_a_file_gives_the_value_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(f"{URL}\n")
    assert load({"NETLEDGER_DATABASE_URL_FILE": f"{tmp_path}/url"}).database_url == URL


def test_any_setting_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "ranges").write_text("1:10\n")
    assert load({"NETLEDGER_VNI_RANGES_FILE": f"{tmp_path}/ranges"}).vni_ranges == ((1, 10),)


def test_a_file_and_a_value_at_once_are_refused(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(URL)
    with pytest.raises(BadSetting, match="both set"):
        load({"NETLEDGER_DATABASE_URL_FILE": f"{tmp_path}/url", "NETLEDGER_DATABASE_URL": URL})


def test_a_missing_file_is_named() -> None:
    with pytest.raises(BadSetting, match="NETLEDGER_AMQP_URL_FILE='/nowhere': No such file"):
        load({"NETLEDGER_AMQP_URL_FILE": "/nowhere"})


@pytest.mark.parametrize("content", [b"\xff\xfe", b"-7"])
def test_a_complaint_about_a_file_does_not_quote_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mtu").write_bytes(content)
    with pytest.raises(BadSetting) as refused:
        load({"NETLEDGER_PHYSICAL_MTU_FILE": f"{tmp_path}/mtu"})
    assert "NETLEDGER_PHYSICAL_MTU_FILE" in str(refused.value) and "-7" not in str(refused.value)


def test_a_number_that_cannot_be_read_is_not_quoted_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "mtu").write_text("hunter2")
    with pytest.raises(BadSetting) as refused:
        load({"NETLEDGER_PHYSICAL_MTU_FILE": f"{tmp_path}/mtu"})
    assert "hunter2" not in str(refused.value)


def test_an_empty_name_of_a_file_is_none() -> None:
    assert load({"NETLEDGER_DATABASE_URL_FILE": "", "NETLEDGER_DATABASE_URL": URL}).database_url == URL
