"""Leave our own words out of what a caller says, now that the case is known and with it what we sent.

Registration asks here, between the assessment and what is written. The reader lives in a process without a database,
so the trimmed view that it makes knows our words only by their marks; here they are known to the letter. Rules have
seen the reader's view: what they decide must follow from the mail alone, so that past contacts can be decided again.
"""

from __future__ import annotations

from dataclasses import replace

from intakebot.ports import Store
from intakebot.reading.reply_text import without_our_words
from intakebot.usecases.assessment import Assessment


def what_is_new(store: Store, assessment: Assessment) -> Assessment:
    """The assessment, with the trimmed view of a mail made anew where it continues a case or follows one."""
    file, read = assessment.target or assessment.follows, assessment.read
    if file is None or read.pending.channel != "email":
        return assessment
    message = without_our_words(read.message, store.sent_mails(file.case.id))
    return replace(assessment, read=replace(read, message=message))
