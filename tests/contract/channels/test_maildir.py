"""The Maildir outlet: durable, one file per delivery, for nobody else's eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.channels.harness import a_delivery
from intakebot.channels.maildir import MaildirOutlet
from intakebot.domain.errors import DeliveryDeferredError

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_message_that_was_read_is_not_filed_again(tmp_path: Path) -> None:
    outlet = MaildirOutlet(tmp_path)
    await outlet.deliver(a_delivery())
    [filed] = (tmp_path / "new").iterdir()
    filed.rename(tmp_path / "cur" / f"{filed.name}:2,S")
    await outlet.deliver(a_delivery())
    assert list((tmp_path / "new").iterdir()) == []


async def test_what_a_crash_left_half_written_is_in_nobodys_way(tmp_path: Path) -> None:
    outlet = MaildirOutlet(tmp_path)
    await outlet.deliver(a_delivery(id=1))
    (tmp_path / "tmp" / "2.intakebot").write_bytes(b"half")
    await outlet.deliver(a_delivery(id=2))
    assert list((tmp_path / "tmp").iterdir()) == []
    assert len(list((tmp_path / "new").iterdir())) == 2


async def test_files_are_the_owners_alone(tmp_path: Path) -> None:  # case K07
    outlet = MaildirOutlet(tmp_path / "sent")
    await outlet.deliver(a_delivery())
    [filed] = (tmp_path / "sent" / "new").iterdir()
    assert filed.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "sent").stat().st_mode & 0o077 == 0


async def test_a_disk_that_does_not_take_it_defers(tmp_path: Path) -> None:
    (tmp_path / "sent").write_text("a file where the Maildir should be")
    with pytest.raises(DeliveryDeferredError):
        await MaildirOutlet(tmp_path / "sent").deliver(a_delivery())
