"""Ports and home, as the user sets them."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from local import settings
from local.errors import StackError
from local.ports import free_ports


def test_free_ports_are_different_and_free() -> None:
    ports = free_ports(12)
    assert len(set(ports)) == 12
    for port in ports:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))


def test_servers_that_choose_side_by_side_are_given_different_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKIFY_FREE_PORTS", "31900-31939")
    with ThreadPoolExecutor(4) as pool:
        chosen = [pool.submit(free_ports, 10) for _ in range(4)]
    assert sorted(port for ports in chosen for port in ports.result()) == list(range(31900, 31940))


def test_a_port_that_a_setting_names_is_not_given_to_another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKIFY_FREE_PORTS", "31880-31889")
    monkeypatch.setenv("SPARKIFY_UI_PORT", "31884")
    settings.UI.require_free()
    assert 31884 not in free_ports(9)
    with pytest.raises(StackError, match="no free loopback port from 31880 to 31889"):
        free_ports(10)


def test_free_ports_are_of_the_range_that_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKIFY_FREE_PORTS", "31990-31999")

    assert set(free_ports(3)) <= set(range(31990, 32000))


@pytest.mark.parametrize("text", ["80-90", "31000", "31999-31000", "60000-70000", "a-b"])
def test_a_range_that_is_none_is_refused_with_an_example(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SPARKIFY_FREE_PORTS", text)

    with pytest.raises(StackError, match=r"SPARKIFY_FREE_PORTS is .*20000-31999"):
        free_ports(1)


def test_a_taken_port_names_its_holder_and_the_setting_that_moves_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("SPARKIFY_UI_PORT", str(port))
        holder = psutil.Process()
        with pytest.raises(StackError) as refused:
            settings.UI.require_free()
    assert f"port {port} (Airflow's web page) is taken by {holder.name()} (pid {holder.pid})" in str(refused.value)
    assert "SPARKIFY_UI_PORT" in refused.value.remedy


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "80 80", "²"])
def test_a_port_setting_that_is_no_port_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SPARKIFY_S3_PORT", text)
    with pytest.raises(StackError, match="SPARKIFY_S3_PORT is"):
        settings.S3.number()


def test_one_port_for_two_purposes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    port = str(free_ports(1)[0])
    monkeypatch.setenv("SPARKIFY_UI_PORT", port)
    monkeypatch.setenv("SPARKIFY_S3_PORT", port)
    with pytest.raises(StackError, match=f"SPARKIFY_UI_PORT and SPARKIFY_S3_PORT are both {port}"):
        settings.require_ports(settings.UI, settings.S3)


def test_the_home_is_in_the_checkout_unless_it_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SPARKIFY_HOME", raising=False)
    assert settings.home_directory() == settings.ROOT / ".sparkify"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARKIFY_HOME", "elsewhere")
    assert settings.home_directory() == tmp_path / "elsewhere"
