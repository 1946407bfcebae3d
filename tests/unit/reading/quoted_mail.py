"""Our own samples of how mail programs quote: introductions, header blocks, headings, in many languages."""

# ruff: noqa: RUF001 - letters of other alphabets are what the samples are about

from __future__ import annotations

SENT = "Hello Ann,\nplease restart the unit and tell us\nwhat the display shows.\nKind regards, Support"
QUOTED = "\n".join(f"> {line}" for line in SENT.split("\n"))

INTRODUCTIONS = {
    "English": "On Mon, Nov 2, 2026 at 8:02 AM Support <s@helpdesk.example> wrote:",
    "English, wrapped": "On Mon, Nov 2, 2026 at 8:02 AM The Support Team of Example Industries <\n"
    "support-team@helpdesk.example> wrote:",
    "English, verb alone": "On Mon, Nov 2, 2026 at 8:02 AM Support <s@helpdesk.example>\nwrote:",
    "German": "Am Mo., 2. Nov. 2026 um 08:02 Uhr schrieb Support <s@helpdesk.example>:",
    "French": "Le lun. 2 nov. 2026 à 08:02, Support <s@helpdesk.example> a écrit :",
    "Spanish": "El lun, 2 nov 2026 a las 8:02, Support (<s@helpdesk.example>) escribió:",
    "Portuguese": "Em seg., 2 de nov. de 2026 às 08:02, Support <s@helpdesk.example> escreveu:",
    "Italian, no address": "Il 02/11/2026 08:02, Support ha scritto:",
    "Dutch": "Op 2 nov. 2026, om 08:02 heeft Support <s@helpdesk.example> het volgende geschreven:",
    "Danish": "Den man. 2. nov. 2026 kl. 08.02 skrev Support <s@helpdesk.example>:",
    "Swedish": "Den mån 2 nov. 2026 kl 08:02 skrev Support <s@helpdesk.example>:",
    "Finnish": "ma 2.11.2026 klo 8.02 Support (s@helpdesk.example) kirjoitti:",
    "Polish": "pon., 2 lis 2026 o 08:02 Support <s@helpdesk.example> napisał(a):",
    "Czech": "po 2. 11. 2026 v 8:02 odesílatel Support <s@helpdesk.example> napsal:",
    "Hungarian": "Support <s@helpdesk.example> ezt írta (időpont: 2026. nov. 2., H, 8:02):",
    "Romanian": "În lun., 2 nov. 2026 la 08:02, Support <s@helpdesk.example> a scris:",
    "Turkish": "Support <s@helpdesk.example>, 2 Kas 2026 Pzt, 08:02 tarihinde şunu yazdı:",
    "Greek": "Στις Δευ, 2 Νοε 2026 στις 8:02 π.μ., ο χρήστης Support <s@helpdesk.example> έγραψε:",
    "Russian, no verb": "пн, 2 нояб. 2026 г. в 08:02, Support <s@helpdesk.example>:",
    "Russian, no address": "02.11.2026 08:02, Support пишет:",
    "Ukrainian": "пн, 2 лист. 2026 р. о 08:02 Support <s@helpdesk.example> пише:",
    "Hebrew": "\u202bבתאריך יום ב׳, 2 בנוב׳ 2026 ב-8:02 מאת \u202aSupport\u202c\u200f <s@helpdesk.example>:\u202c",
    "Arabic": "في الاثنين، 2 نوفمبر 2026 في 8:02 ص تمت كتابة ما يلي بواسطة Support <s@helpdesk.example>:",
    "Chinese": "Support <s@helpdesk.example> 于2026年11月2日周一 08:02写道：",
    "Japanese": "2026年11月2日(月) 8:02 Support <s@helpdesk.example>:",
    "Korean": "2026년 11월 2일 (월) 오전 8:02, Support <s@helpdesk.example>님이 작성:",
    "Vietnamese": "Vào Th 2, 2 thg 11, 2026 vào lúc 08:02 Support <s@helpdesk.example> đã viết:",
    "a language that we have no words for": "Mnamo Jtt, 2 Nov 2026 saa 08:02 Support <s@helpdesk.example> aliandika:",
}
"""Each stands above a quote, marked or not."""

INTRODUCTIONS_OF_MARKED_LINES = {
    "only a date": "On 2 Nov 2026, at 08:02:",
    "only a moment": "Monday, November 2, 2026, 8:02:11 AM:",
    "only who": "Support Team wrote:",
    "no colon": "2026-11-02 08:02 GMT+01:00 Support <s@helpdesk.example>",
}
"""Each stands above marked lines only: over anybody's own words it may be their own."""

BLOCKS = {
    "Outlook": "From: Support <s@helpdesk.example>\nSent: Monday, 2 November 2026 08:02\nTo: Ann\nSubject: x",
    "Outlook with a rule": "________________________________\nVon: Support\nGesendet: Montag, 2. November 2026 08:02\n"
    "An: Ann\nBetreff: x",
    "Outlook for telephones": "Outlook für iOS<https://aka.ms/o0ukef> beziehen\n________________________________\n"
    "Von: Support\nGesendet: Montag, 2. November 2026 08:02\nAn: Ann\nBetreff: x",
    "Outlook as old as the hills": "-----Original Message-----\nFrom: Support\n",
    "Windows Mail": "From: Support\nSent: \u200eMonday\u200e, \u200e2\u200e November\u200e \u200e2026\nTo: Ann",
    "GMX": 'Gesendet: Montag, 02. November 2026 um 08:02 Uhr\nVon: "Support" <s@helpdesk.example>\n'
    "An: ann@customer.example\nBetreff: x",
    "Apple Mail": "Anfang der weitergeleiteten Nachricht:\n\nVon: Support <s@helpdesk.example>\nBetreff: x\n"
    "Datum: 2. November 2026 um 08:02:11 MEZ\nAn: Ann",
    "Gmail": "---------- Mensaje reenviado ---------\nDe: Support <s@helpdesk.example>\nDate: lun, 2 nov 2026\n",
    "Zoho": "---- On Mon, 02 Nov 2026 08:02:00 +0100 s@helpdesk.example wrote ----",
    "a heading with a verb": "---- Ann wrote ----",
    "bold": "*From:* Support <s@helpdesk.example>\n*Sent:* Monday, 2 November 2026 08:02\n*To:* Ann\n*Subject:* x",
    "blank lines between": "From: Support <s@helpdesk.example>\n\nSent: 2 November 2026 08:02\n\nTo: Ann\n\nSubject: x",
    "all in one line": "From: Support Sent: Monday, 2 November 2026 08:02 To: Ann Subject: x",
    "French, with a line of its own": "Message du : 02/11/2026 08:02\nDe : Support <s@helpdesk.example>\n"
    "A : ann@customer.example\nSujet : x",
    "only two": "Date: Mon, 2 Nov 2026 08:02:15 -0600\nTo: ann@customer.example",
    "Turkish": "Kimden: Support <s@helpdesk.example>\nGönderildi: 2 Kasım 2026 08:02\nKime: Ann\nKonu: x",
    "Chinese": "发件人: Support <s@helpdesk.example>\n发送时间: 2026年11月2日 8:02\n收件人: Ann\n主题: x",
    "Korean": "보낸 사람: Support\n보낸 날짜: 2026년 11월 2일 월요일 오전 8:02\n받는 사람: Ann\n제목: x",
    "Finnish": "Lähettäjä: Support\nLähetetty: maanantai 2. marraskuuta 2026 8:02\nVastaanottaja: Ann\nAihe: x",
    "Hebrew": "מאת: Support <s@helpdesk.example>\nנשלח: יום שני 02 נובמבר 2026 08:02\nאל: Ann\nנושא: x",
    "a language that we have no words for": "Ó: Support <s@helpdesk.example>\nSeolta: Dé Luain 2 Samhain 2026 08:02\n"
    "Chuig: Ann\nÁbhar: x",
}
"""Each stands above a quote that nothing marks."""

HTML = {
    "Gmail": "<div>{new}</div><div class=gmail_quote><div class=gmail_attr>On Monday Support wrote:</div>"
    "<blockquote class=gmail_quote>{old}</blockquote></div>",
    "Gmail of old": "<div>{new}</div><div class=gmail_quote>On Mon, Nov 2, 2026 at 8:02, Support wrote:<br>"
    "<blockquote class=gmail_quote>{old}</blockquote></div>",
    "Thunderbird": "<p>{new}</p><div class=moz-cite-prefix>Am 02.11.26 schrieb S:</div>"
    "<blockquote type=cite>{old}</blockquote>",
    "Apple Mail": "<div>{new}</div><blockquote type=cite><div>On 2 Nov 2026, Support wrote:</div>{old}</blockquote>",
    "Outlook for the web": "<div>{new}</div><div id=appendonsend></div><hr><div id=divRplyFwdMsg>From: S</div>"
    "<p>{old}</p>",
    "Outlook for telephones": "<div>{new}</div><div class=ms-outlook-mobile-reference-message><p>{old}</p></div>",
    "Outlook": "<p>{new}</p><div><p><b>From:</b> Support<br><b>Sent:</b> Monday, 2 November 2026 08:02<br>"
    "<b>To:</b> Ann<br><b>Subject:</b> x</p></div><p>{old}</p>",
    "Yahoo": "<div>{new}</div><div class=yahoo_quoted><div>On Monday S wrote:</div><div>{old}</div></div>",
    "Proton": "<div>{new}</div><div class=protonmail_quote>On Monday S wrote:<blockquote>{old}</blockquote></div>",
    "in a table": "<p>{new}</p><table><tr><td class=yahoo_quoted>{old}</td></tr></table>",
}
"""How mail programs mark a quote in HTML; `{new}` and `{old}` are what was written and what is quoted."""

OWN_WORDS = [
    "These are my questions:\n1. Price\n2. Date",
    "Sent from my desk, this is quicker than by phone.",
    "The message said: error 17:04",
    "From: the kitchen\nI can hear it.",
    "--- important ---\nplease call me",
    "It broke on 2.11.2026 at 9:15:\nthe light went out",
    "Diary:\n\n2.11.2026 9:15:\nlight red\n\n3.11.2026 10:15:\nlight green",
    "--- 2.11.2026 ---\nlight red\n--- 3.11.2026 ---\nlight green",
    "A request from the website\n\nName: Bob Miller\nEmail: bob@customer.example\nDate: 2.11.2026 10:15\nMessage: red",
    "The log says:\n2026-11-02 08:02:11 from=<a@x.example> to=<b@y.example> status=bounced\nWhat now?",
    "Hello,\nI wrote on 2.11.2026 to support@helpdesk.example:\nplease help me\nNobody answered.",
    "Ich schrieb am 2.11.2026 um 10:15 an support@helpdesk.example:\nbitte helfen\nKeine Antwort.",
    "Please call me at 10:15 or mail bob@customer.example:\nI am in the office.\nThanks",
    "I want to travel:\nFrom: Berlin\nTo: Hamburg\nDate: 2.11.2026 10:15\nThanks",
    "The screen shows\n----- Error message -----\nE17 at 10:15\nWhat is it?",
    "Hier die\n-----Fehlermeldung-----\nE17 um 10:15 Uhr\nWas ist das?",
    "Hello\n--------------------\nPlease unsubscribe me from the mailing list",
    "The parcel was\nSent via DHL yesterday",
    "Das wurde\nVon meinem Chef genehmigt",
    "Our settings are\n\nhost: mail.customer.example\nuser: Bob <bob@customer.example>\nport: 25\n\nIt does not work",
    "Dear all,\n\n2026-11-02 09:15 ERROR foo:\n  at bar.baz(x@1.2:3)\n2026-11-02 09:16 ERROR foo:\n\nCan you help?",
    "--\nThat is how it looks",
    "Options\n--\n" + "one more line that nobody would take for a signature\n" * 30 + "the end",
]
"""What customers write that looks like a quote or a signature, and is none."""
