"""The words by which machines give themselves away: in subjects, in sentences, in the names they send under.

Read by `machine_mail`, `bounces` and `bounce_prose`. Subjects are matched at their beginning only, because people
write about absences and returned mail too. Every pattern is linear on hostile input.
"""

# ruff: noqa: RUF001 - letters of many scripts; they are words, and none is taken for another

from __future__ import annotations

import re
from typing import Final

MACHINE_NAME: Final = re.compile(
    r"mailer[ ._-]?daemon|mail[ ._-]?daemon|mdaemon|post[ ._-]?master"
    r"|mail[ ._-]?(?:delivery|delivering|system|server)"
    r"|no[ ._-]?reply|do[ ._-]?not[ ._-]?reply|delivery[ ._-]?(?:sub)?system|bounces?@|(?:^|[<\s])(?:smtp|mmdf|uucp)@",
    re.IGNORECASE,
)
"""Names of programs that return mail; without a second sign they prove nothing."""

DAEMON: Final = re.compile(
    r"mailer[ ._-]?daemon|\bmdaemon\b|\bmail[ .-]?deliver(?:y|ing)?[ .-]?(?:sub)?system\b", re.IGNORECASE
)
"""Names under which nothing but returned mail comes."""

PASSED_ON: Final = re.compile(
    r"\s*(?:re|fwd?|aw|wg|tr|rv|sv|vs|i|r|odp|ynt|antw|回复|答复|转发)\s*[:：]", re.IGNORECASE
)

RETURNED_SUBJECT: Final = re.compile(
    r"undeliver|unzustellbar|nicht zustellbar|could not be delivered"
    r"|not delivered|returned (?:e-?)?mail|failure notice"
    r"|delayed mail|failure delivery|mail failed|mail error|non-?delivery|mail system error|returned to sender"
    r"|delivery (?:status|failure|failed|has failed|warning|notification|problem|report|unsuccessful|delayed|error)"
    r"|mail delivery (?:failed|failure|problem|error|system)|message (?:delivery )?(?:failed|delayed)"
    r"|returned message|(?:failed|rejected|blocked|bounced) (?:e-?mail|mail|message|delivery)|failed to deliver"
    r"|(?:mail|message)\b[^.]{0,30}\b(?:rejected|returned|blocked|refused|bounced)|(?:problem|error) delivering"
    r"|user (?:unknown|not found)|unknown (?:user|recipient)|warning: (?:message|mail|could not)"
    r"|error sending your mail|non.?remis|no entregado|no se pudo entregar|mancato recapito|mancata consegna"
    r"|não entregue|niet bestelbaar|onbestelbaar|zustellung fehlgeschlagen|non distribuable|niedostarczon"
    r"|nedoručiteln|недоставлен|не доставлен|kunde inte levereras|kan ikke leveres|退信|無法傳遞|无法投递"
    r"|配信不能|送信できません|配信できません|배달되지",
    re.IGNORECASE,
)

AUTOMATIC_SUBJECT: Final = re.compile(
    r"\s*[\[(*]?\s*(?:"
    r"auto(?:matic|mated|m\.?)?[ -]?(?:e-?mail[ -]?)?(?:reply|response|answer|responder)\b"
    r"|auto:|autoreply|autoresponse"
    r"|out[ -]of[ -](?:the[ -])?office\s*(?:$|[]:;()!.,/|–—-]|auto|repl|mess|noti|resp|until|from|till|assist|\d)"
    r"|vacation\s*(?::|(?:auto-?)?(?:reply|response|message|notice|responder)\b)"
    r"|away from (?:the |my )?(?:office|mail|desk)"
    r"|i(?:'m| am) (?:away|on (?:vacation|leave|holiday)|out of (?:the )?office)|ooo\s*:"
    r"|abwesenheits|abwesend\b|automatische (?:antwort|abwesenheit|rückmeldung)"
    r"|autom\. antwort|automatikantwort"
    r"|automatisch(?:e)? (?:antwoord|beantwoording|afwezigheid)|afwezigheids|afwezig\s*:|niet aanwezig\s*:"
    r"|r[ée]ponse automatique|r[ée]ponse d'absence"
    r"|(?:message|notification) d['’]absence|absence d[ue] bureau|absent\(?e?\)?\s*:"
    r"|respuesta autom[áa]tica|fuera de (?:la )?oficina|ausente de la oficina|resposta autom[áaà]tica"
    r"|fora do escrit[óo]rio|aus[êe]ncia tempor[áa]ria|risposta automatica|fuori (?:sede|ufficio)\s*(?::|$)"
    r"|autosvar|automatiskt? svar|frånvaro|fraværs|ikke på kontoret|ej på kontoret|sjálfvirkt svar"
    r"|automaattinen (?:vastaus|poissaolo)|poissaolo|poissa toimistosta|automaatvastus"
    r"|automatyczna odpowied|odpowied[źz] automatyczna|autoodpowied"
    r"|poza biurem|nieobecno[śs][ćc]\s*(?::|w biurze|$)"
    r"|automatick[áa] odpov|mimo kancel|automatikus v[áa]lasz"
    r"|házon kívül|r[ăa]spuns automat|otomatik (?:yan[ıi]t|cevap)"
    r"|ofis d[ıi]ş[ıi]nda|automatski odgovor|samodejni odgovor|automatinis atsakymas|automātisk[aā] atbilde"
    r"|αυτόματη απάντηση|εκτός γραφείου|авто-?ответ|автоматическ(?:ий|ое) (?:ответ|уведомление)|вне офиса"
    r"|автоматична відповідь|автоматичен отговор|аутоматски одговор|自動(?:応答|返信|回覆|回復)|不在(?:通知|連絡|の)"
    r"|自动(?:回复|答复)|自動回|外出(?:时|時)的自|자동 ?(?:회신|응답|답장)|부재 ?중"
    r"|תשובה אוטומטית|מחוץ למשרד|מענה אוטומטי"
    r"|رد تلقائي|الرد التلقائي|خارج المكتب|trả lời tự động|ตอบกลับอัตโนมัติ|balasan otomatis|jawapan automatik"
    r")",
    re.IGNORECASE,
)

FAILURE: Final = re.compile(
    r"(?:could|can|was|were|has|have|is|did|does|will)(?:\s+not|n['’]?t)\s+(?:be\s+|been\s+)?(?:able\s+to\s+)?(?:be\s+)?"
    r"(?:deliver|reach|sent|send|found|exist|accept)"
    r"|cannot\s+(?:be\s+)?(?:deliver|reach|send)"
    r"|unable\s+to\s+(?:be\s+)?deliver|undeliver|not\s+delivered|non-?deliver"
    r"|deliver\w*\s+(?:has\s+|to\s+[^.]{0,80}\s)?(?:fail|error|problem|unsuccessful|attempt)"
    r"|fail\w*\s+(?:to\s+deliver|deliver)"
    r"|(?:following|these|this)\s+(?:e-?mail\s+|destination\s+)?(?:address|recipient)\w*"
    r"|(?:fatal|delivery|permanent|transient|mail)\s+(?:error|problem|failure)"
    r"|failure\s+reason|error\w*\s+(?:while\s+|in\s+)?deliver"
    r"|(?:trouble|problem|error)s?\s+deliver|attempting\s+to\s+deliver"
    r"|trying\s+to\s+deliver|(?:was|were|been)\s+(?:rejected|refused|returned)"
    r"|(?:unknown|invalid|no\s+such|bad)\s+(?:user|recipient|address|mailbox|local)"
    r"|(?:user|recipient|address)\s+(?:unknown|invalid)"
    r"|mailbox\s+(?:is\s+|was\s+)?(?:full|unavailable|disabled|not)"
    r"|over\s+quota|quota\s+exceeded|failed\s+(?:address|recipient)"
    r"|nicht\s+(?:\w+\s+)?zugestellt|unzustellbar|n'a\s+(?:pas\s+)?pu\s+[êe]tre"
    r"|non\s+remis|no\s+se\s+(?:ha\s+)?pud\w+\s+entreg"
    r"|no\s+ha\s+podido\s+(?:ser\s+)?entreg|impossibile\s+(?:recapit|consegn)"
    r"|n[ãa]o\s+(?:p[ôo]de|foi)\s+(?:ser\s+)?entregue"
    r"|niet\s+(?:\w+\s+)?(?:be|af)gelever|inte\s+levereras"
    r"|ikke\s+(?:leveres|blive\s+leveret)|nie\s+(?:mo[żz]na|zosta[łl]\w+)\s+dostarcz"
    r"|nelze\s+doručit|не\s+(?:может\s+быть|удалось|был\w*)\s+достав|(?:送信|配信|配達|送達)(?:でき|され)ません|届け(?:られ|る)"
    r"|未送达|无法(?:投递|送达)|無法(?:投遞|傳遞|送達)|エラー",
    re.IGNORECASE,
)
"""Sentences that say that a message did not arrive; they stand near the address that it is about."""

NOT_YET: Final = re.compile(
    r"\b(?:delay|defer|still\s+trying|keep\s+trying|will\s+(?:be\s+)?(?:retr|continue)|continue\s+to\s+try|try\s+again"
    r"|not\s+yet\s+been|warning|temporar|transient)\w*|verzögert|retard[ée]|noch nicht",
    re.IGNORECASE,
)
GIVEN_UP: Final = re.compile(
    r"\b(?:permanent|fatal|giv(?:e|en|ing)\s+up|returned|returning|has\s+been\s+removed|expired|no\s+longer\s+tr"
    r"|will\s+not\s+be\s+(?:retried|tried)|deleted\s+from\s+queue|too\s+long)\w*",
    re.IGNORECASE,
)
