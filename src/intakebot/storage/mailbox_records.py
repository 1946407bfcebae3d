"""The mailbox part of the store: `ports.mailboxes.MailboxStore` on one connection, inside the writer's transaction.

Made by `SqlStore.mailboxes`; the archive reads here too. The right to work on a folder is a lease: of two processes on
one mailbox one works and the other looks again later. A restarted process takes over what its own node held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite

from intakebot.domain.errors import ConflictError
from intakebot.domain.ids import node_of
from intakebot.ports.chat_store import Claim
from intakebot.ports.mailboxes import Arrived, Hold, MailStage, Noted, Place, Standing, UnfinishedMail
from intakebot.storage.json_rows import JsonRow, json_row
from intakebot.storage.mailbox_tables import mailbox_mails, mailboxes
from intakebot.storage.rows import insert_rows, write_rows

_HERE = (mailboxes.c.account == bindparam("this_account"), mailboxes.c.folder == bindparam("this_folder"))
_ITS_MAILS = (mailbox_mails.c.account == bindparam("this_account"), mailbox_mails.c.folder == bindparam("this_folder"))
_HELD = (*_HERE, mailboxes.c.holder == bindparam("this_holder"), mailboxes.c.uid_validity == bindparam("this_validity"))
_ROW = select(mailboxes).where(*_HERE).with_for_update()
_CLAIM = (
    update(mailboxes)
    .where(*_HERE)
    .values(
        name=bindparam("new_name"),
        uid_validity=bindparam("new_validity"),
        last_uid=bindparam("new_last_uid"),
        holder=bindparam("new_holder"),
        held_until=bindparam("until"),
    )
)
_HOLD_ON = update(mailboxes).where(*_HELD).values(held_until=bindparam("until"))
_KNOW = update(mailboxes).where(*_HERE, mailboxes.c.last_uid < bindparam("uid")).values(last_uid=bindparam("uid"))
_FINISH = update(mailboxes).where(*_HELD).values(looked_at=bindparam("at"), holder=None, held_until=None)
_FORGET_ALL = delete(mailbox_mails).where(*_ITS_MAILS)
_FORGET = delete(mailbox_mails).where(*_ITS_MAILS, mailbox_mails.c.uid == bindparam("this_uid"))
_MAILS = select(mailbox_mails).where(*_ITS_MAILS).order_by(mailbox_mails.c.uid)
_CONFLICT: dict[str, Any] = {
    "index_elements": ["account", "folder", "uid"],
    "set_": {"attempts": literal_column("mailbox_mails.attempts + excluded.attempts")},
}
_COUNT = {
    "sqlite": sqlite.insert(mailbox_mails).on_conflict_do_update(**_CONFLICT),
    "postgresql": postgresql.insert(mailbox_mails).on_conflict_do_update(**_CONFLICT),
}
_STANDING = (
    select(
        mailboxes.c.name,
        mailboxes.c.account,
        mailboxes.c.folder,
        mailboxes.c.uid_validity,
        mailboxes.c.last_uid,
        mailboxes.c.looked_at,
        *(
            func.count().filter(mailbox_mails.c.stage == stage.value).label(stage.value.replace("-", "_"))
            for stage in MailStage
        ),
    )
    .outerjoin(
        mailbox_mails,
        (mailbox_mails.c.account == mailboxes.c.account) & (mailbox_mails.c.folder == mailboxes.c.folder),
    )
    .group_by(mailboxes.c.account, mailboxes.c.folder)
    .order_by(mailboxes.c.name)
)


@dataclass(frozen=True, slots=True)
class SqlMailboxStore:
    """`ports.mailboxes.MailboxStore` on a connection."""

    connection: Connection

    def claim(self, arrived: Arrived, claim: Claim) -> Standing | None:
        """Take the right to work on a folder, unless another process has it; a new UIDVALIDITY makes it new."""
        self._make_row(arrived)
        row = self.connection.execute(_ROW, _named(arrived.place)).one()
        if not _is_free(row, claim):
            return None
        last_uid = row.last_uid
        if row.uid_validity != arrived.uid_validity:  # RFC 3501 2.3.1.1: the UIDs mean other mails now
            self.connection.execute(_FORGET_ALL, _named(arrived.place))
            last_uid = 0
        self.connection.execute(
            _CLAIM,
            _named(arrived.place)
            | {
                "new_name": arrived.place.name,
                "new_validity": arrived.uid_validity,
                "new_last_uid": last_uid,
                "new_holder": claim.holder,
                "until": claim.until,
            },
        )
        mails = self.connection.execute(_MAILS, _named(arrived.place))
        return Standing(Hold(arrived.place, arrived.uid_validity, claim.holder), last_uid, tuple(map(_mail, mails)))

    def begin(self, hold: Hold, uids: Sequence[int], claim: Claim) -> None:
        """Count an attempt at each mail; raises ConflictError when the hold is lost."""
        self._hold_on(hold, claim)
        rows = [_row(hold, UnfinishedMail(uid, MailStage.BEGUN, 1), claim.at) for uid in uids]
        write_rows(self.connection, _COUNT[self.connection.dialect.name], rows)
        if uids:
            self.connection.execute(_KNOW, _named(hold.place) | {"uid": max(uids)})

    def note(self, noted: Noted, claim: Claim) -> None:
        """Write what became of mails; raises ConflictError when the hold is lost."""
        self._hold_on(noted.hold, claim)
        write_rows(self.connection, _FORGET, [_named(noted.hold.place) | {"this_uid": uid} for uid in noted.done])
        rows = [_row(noted.hold, mail, claim.at) for mail in noted.mails]
        insert_rows(self.connection, mailbox_mails, rows, updating=("stage", "attempts", "reason", "at"))

    def finish(self, hold: Hold, at: datetime) -> None:
        """Write the proof of life and let go; raises ConflictError when the hold is lost."""
        _insist(self.connection.execute(_FINISH, _held(hold) | {"at": at}).rowcount, hold)

    def _make_row(self, arrived: Arrived) -> None:
        row = {
            "account": arrived.place.account,
            "folder": arrived.place.folder,
            "name": arrived.place.name,
            "uid_validity": arrived.uid_validity,
            "last_uid": arrived.last_uid,
            "looked_at": None,
            "holder": None,
            "held_until": None,
        }
        insert_rows(self.connection, mailboxes, [row], updating=())

    def _hold_on(self, hold: Hold, claim: Claim) -> None:
        _insist(self.connection.execute(_HOLD_ON, _held(hold) | {"until": claim.until}).rowcount, hold)


def mailboxes_as_they_stand(connection: Connection) -> list[JsonRow]:
    """Every mailbox, by name, with how many mails are at each stage."""
    return [json_row(row) for row in connection.execute(_STANDING)]


def _is_free(row: Row[Any], claim: Claim) -> bool:
    """Nobody holds it, or not any more, or an earlier run of this very process did."""
    return row.holder is None or row.held_until <= claim.at or node_of(row.holder) == node_of(claim.holder)


def _named(place: Place) -> dict[str, Any]:
    return {"this_account": place.account, "this_folder": place.folder}


def _held(hold: Hold) -> dict[str, Any]:
    return _named(hold.place) | {"this_holder": hold.holder, "this_validity": hold.uid_validity}


def _insist(rows: int, hold: Hold) -> None:
    if rows != 1:
        raise ConflictError(f"another process works on the mailbox {hold.place.name}")


def _mail(row: Row[Any]) -> UnfinishedMail:
    return UnfinishedMail(row.uid, MailStage(row.stage), row.attempts, row.reason)


def _row(hold: Hold, mail: UnfinishedMail, at: datetime) -> dict[str, Any]:
    return {
        "account": hold.place.account,
        "folder": hold.place.folder,
        "uid": mail.uid,
        "stage": mail.stage.value,
        "attempts": mail.attempts,
        "reason": mail.reason,
        "at": at,
    }
