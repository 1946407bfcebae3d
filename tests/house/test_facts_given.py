"""Every fact that a rule may ask for is given by some path: a rule on any other could never match."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from fakes.standing_house import START, shipped
from intakebot.domain.case import BusinessObject, Case
from intakebot.domain.customer import (
    Account,
    Agreement,
    AgreementKind,
    Customer,
    CustomerRecord,
    Subscription,
    SupportKey,
    Validity,
)
from intakebot.reading.message import read_message
from intakebot.rules.facts import FIELDS, fits
from intakebot.usecases.facts import business_object_facts, case_facts, identified_facts, message_facts
from intakebot.usecases.identify import Found, Identification

MAIL = b"""Authentication-Results: mx.intakebot.example; spf=pass; dkim=pass; dmarc=pass\r
From: Ann <ann@acme.example>\r
To: support@intakebot.example\r
Cc: bo@acme.example\r
Subject: The pump does not start any more, please help us\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=b\r
\r
--b\r
Content-Type: text/plain\r
\r
Good morning, the pump has been standing still since this morning and nobody here knows why.\r
--b\r
Content-Type: image/png\r
Content-Disposition: attachment; filename=pump.png\r
\r
x\r
--b--\r
"""
SUBSCRIPTION = Subscription(3, 2, 1, "ACME-PUMP-7", "Pump control 7", "active")
AGREEMENT = Agreement(4, "SA", AgreementKind.SUPPORT, "gold", 1, 3, date(2020, 1, 1), None)
RECORD = CustomerRecord(
    Customer(1, "ACME", "ACME Pumps", "industry", "gold", ()),
    accounts=(Account(2, 1, "ACME-UK", ""),),
    subscriptions=(SUBSCRIPTION,),
    support_keys=(SupportKey("KEY-123456", 3, 1),),
    agreements=(AGREEMENT,),
)
FOUND = Identification(RECORD, SUBSCRIPTION, "KEY-123456", Validity.VALID, Found(AGREEMENT, Validity.VALID), Found())
CASE = Case(1, 1001, "crc", "Pending", "a", "b", "email", START, business_object=BusinessObject("device", "4711"))


def test_every_declared_fact_is_given() -> None:
    settings, _, _ = shipped()
    message = read_message(MAIL, trusted_servers=frozenset({"mx.intakebot.example"}))
    about = CASE.business_object
    given = message_facts(message, "email", ("support@intakebot.example",), "crc", size=len(MAIL), peer="192.0.2.7")
    given |= {"language": message.language or "en"} | business_object_facts(about)
    given |= identified_facts(FOUND, settings.organisation.policies)
    given |= case_facts(replace(CASE, language="en"), idle=timedelta(hours=49))
    decided = {name for name, field in FIELDS.items() if field.decided_in}
    assert set(FIELDS) - decided - set(given) == set()
    assert {name: fact for name, fact in given.items() if name in FIELDS and not fits(FIELDS[name].kind, fact)} == {}
    assert given["case.idle_hours"] == 49
    assert given["attachment.type"] == ("image/png",)
    assert given["cc"] == ("bo@acme.example",)
