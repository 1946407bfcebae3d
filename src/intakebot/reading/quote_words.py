"""The words by which mail programs introduce what they quote, in the languages that we know them in.

Only words: `introductions`, `header_blocks` and `reply_text` say what they mean where. A language that is
missing here is still recognised by its shape (an address and a date, a colon, quoted lines).
"""

# ruff: noqa: RUF001 - letters of other alphabets that look like Latin ones are the point of this page

from __future__ import annotations

import re
from typing import Final

_WROTE: Final = (
    "wrote|writes|written|schrieb|geschrieben|schreef|geschreven|skreif|skrev|skrifaði|skreiv"
    "|écrit|écrivait|escribió|escrito|escribiu|escriure|escreveu|escreve|scritto|scrive|scriveva|scris"
    "|kirjoitti|kirjutas|rakstīja|rašė|írta|yazdı|yazmış|menulis|viết|idatzi|shkroi|έγραψε|έγραψες"
    "|napisał|napisała|pisze|napsal|napsala|napísal|napísala|napisao|napisala|napisal|написао|написала"
    "|написал|пишет|писал|писала|написав|пише|написа|כתב|כתבה|كتب|كتبت|كتابة|نوشت"
)
_WROTE_WORDS: Final = frozenset(_WROTE.split("|"))
_WROTE_UNSPACED: Final = ("写道", "寫道", "書きました", "のメール", "작성", "썼습니다", "เขียน", "लिखा")
_WORD: Final = re.compile(r"\w+")
TAIL: Final = 45  # characters: the verb, and in some languages a few words behind it


def says_wrote(text: str) -> bool:
    """Tell whether a verb of writing is in a text: somebody `wrote`."""
    words = _WORD.findall(text.casefold())
    return not _WROTE_WORDS.isdisjoint(words) or (not text.isascii() and any(verb in text for verb in _WROTE_UNSPACED))


def ends_with_wrote(text: str) -> bool:
    """Tell whether a verb of writing ends a text, as far as the grammar of its language lets it."""
    return says_wrote(text[-TAIL:])


_OURSELVES: Final = (
    "i|we|ich|wir|ik|wij|je|j'ai|nous|yo|nosotros|io|noi|eu|nós|jeg|jag|vi|minä|já|ja|my|я|мы|ми|én|ben|biz|εγώ"
)
OURSELVES: Final = frozenset(_OURSELVES.split("|"))
"""The words for `I` and `we` that a sentence may begin with."""

DIRECTIONS: Final = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""The characters that turn the direction of writing; some mail programs put them around every number."""

EARLIER: Final = re.compile(
    r"\b(?:original\w*|initial|forward\w*|fwd|reply|ursprünglich\w*|weitergeleitet\w*|antwort"
    r"|d'origine|d\u2019origine|origine|transféré|transmis|réexpédié|réponse|reenviado|reenviada|encaminhad[ao]|inoltrato"
    r"|originario|origineel|oorspronkelijk|doorgestuurd|ursprungligt?|vidarebefordrat|oprindelig|videresendt|opprinnelig"
    r"|videresendte?|alkuperäinen|välitetty|upprunalegt|framsent|oryginalna|pierwotna|przekazana|przesłana|dalej"
    r"|původní|přeposlaná|pôvodná|preposlaná|eredeti|továbbított|redirecționat|orijinal|özgün|iletilen|yönlendirilen"
    r"|исходное|пересланн\w+|пересылаем\w+|оригинальн\w+|перенаправленн\w+|вихідне|оригінальне|переслане|оригинално"
    r"|препратено|πρωτότυπο|αρχικό|προωθημένο|asli|diteruskan|gốc|chuyển tiếp|izvorna|proslijeđena|prosleđena|izvirno"
    r"|posredovano|originaal|algne|edastatud|oriģināl\w*|pārsūtīt\w*|persiųst\w*|pradin\w+)\b"
    r"|מקורית|הועברה|الأصلية|معاد توجيهها|اصلی|原始|原邮件|原文|轉寄|转发|轉發|转寄|元の|転送|원본|원래|전달|ต้นฉบับ"
    r"|ส่งต่อ",
    re.IGNORECASE,
)
"""An earlier message, as the headings `Original Message` and `Forwarded message` name it."""

_DEVICES: Final = (
    r"(?:(?<!\w)(?:my|meine[mr]|mon|ma|mi|mio|meu|mijn|min|mój|mojego|mého|moj\w*|mobil\w*|handy|smartphone|i?phone|ipad|ipod|android"
    r"|outlook|\w?mail\w*|e-mail|yahoo|gmail|samsung|galaxy|huawei|xiaomi|redmi|blackberry|nokia|windows|proton\w*|zoho|spark"
    r"|thunderbird|aol|gmx|web\.de|sony|htc|lg|pixel|oneplus|motorola|moto|tutanota|acompli|mailbird|tablet|telefon\w*"
    r"|téléphone|móvil|celular|cellulare|telemóvel|телефон\w*|айфон\w*)(?!\w)|手机|手機|휴대폰)"
)
DEVICE: Final = re.compile(
    r"[(<]{0,2}(?:Sent (?:from|via|with|using|by)|Get |Gesendet (?:von|mit|über)|Von meinem|Holen Sie sich"
    r"|Envoyé (?:de|depuis|à partir de|avec)|Télécharger|Obtenez|Enviado (?:desde|do|de|con|a partir)|Obtener"
    r"|Obter o|Inviato da|Scarica|Ottieni|Verzonden (?:vanaf|met|via)|Verstuurd vanaf|Skickat från|Sendt fra|Hämta|Hent"
    r"|Lähetetty|Wysłan[eo] z|Pobierz|Odesláno z|Odoslané z|Küldve|Trimis (?:de pe|din)|Отправлено (?:с|из)"
    r"|Надіслано з|Изпратено от|Στάλθηκε από|Poslano (?:z|s)|从我的|發自我的|发自我的|나의|נשלח מ|أُرسلت من)"
    rf"(?=[^,.\n]{{0,60}}?{_DEVICES})[^,<\n]{{0,60}}(?:<[^>\n]{{1,200}}>|\[[^\]\n]{{1,200}}\])?"
    r"(?:, please excuse[^\n]{0,60})?[)>]{0,2}"
    rf"|[^,.<\n]{{1,30}}(?:iphone|ipad|android|galaxy)(?:'?umdan|'?imden|から送信)(?: gönderildi)?"
    r"|[^.,<\n]{0,20}Outlook [^,.<\n]{0,30}<https?://aka\.ms/[^>\n]{1,100}>[^.,\n]{0,20}",
    re.IGNORECASE,
)
"""What mail programs on telephones append, with the name of the program or the device."""

_FIELDS: Final = {
    "from": "From|Von|De|Da|Van|Från|Fra|Frá|Od|От|От кого|Від|Від кого|Kimden|Gönderen|Feladó|Lähettäjä|Saatja|No|Nuo"
    "|Siuntėjas|Από|Expéditeur|Remitente|Mittente|Avsändare|Afsender|Avsender|Absender|Nadawca|Odesílatel|Odosielateľ"
    "|Expeditor|De la|Отправитель|Подател|Відправник|Pošiljatelj|Šalje|Nork|Nga|מאת|من|از|发件人|寄件者|寄件人|差出人"
    "|送信者|보낸 사람|보낸사람|Từ|Người gửi|Dari|Pengirim|จาก",
    "to": "To|An|À|A|Para|Naar|Aan|Till|Til|Do|Dla|Komu|Кому|До|Kime|Alıcı|Címzett|Vastaanottaja|Saaja|Kam|Kam|Προς"
    "|Destinataire|Destinatario|Destinatário|Către|Pro|Za|Per a|Per|Nori|Për|אל|إلى|به|收件人|收件者|宛先|받는 사람"
    "|받는사람|Đến|Tới|Kepada|ถึง|Empfänger|Odbiorca|Получатель|Mottagare|Modtager",
    "sent": "Sent|Sent On|Gesendet|Gesendet am|Envoyé|Envoyé le|Date d'envoi|Enviado|Enviado el|Enviada em|Enviado em"
    "|Inviato|Verzonden|Skickat|Sendt|Wysłano|Data wysłania|Wysłane|Odesláno|Odoslané|Elküldve|Küldve|Отправлено"
    "|Надіслано|Изпратено|Gönderildi|Gönderme Tarihi|Lähetetty|Saadetud|Nosūtīts|Išsiųsta|Στάλθηκε|Trimis|Poslano"
    "|Poslato|Bidalia|Enviat|Dërguar|נשלח|تم الإرسال|发送时间|發送時間|寄件日期|傳送時間|送信日時|보낸 날짜|Đã gửi"
    "|Dikirim|ส่ง",
    "date": "Date|Datum|Fecha|Data|Dato|Dags|Dátum|Дата|Tarih|Päivämäärä|Päiväys|Pvm|Kuupäev|Datums|Ημερομηνία"
    "|תאריך|تاريخ|التاريخ|تاریخ|日期|日時|日付|날짜|Ngày|Tanggal|วันที่",
    "subject": "Subject|Betreff|Objet|Sujet|Asunto|Assunto|Oggetto|Onderwerp|Ämne|Emne|Efni|Temat|Předmět|Predmet"
    "|Tárgy|Тема|Относно|Konu|Aihe|Teema|Temats|Tēma|Tema|Θέμα|Subiect|Zadeva|Naslov|Gaia|Assumpte|נושא|الموضوع"
    "|موضوع|主题|主旨|主題|件名|제목|Chủ đề|Tiêu đề|Subjek|Perihal|เรื่อง",
    "copy": "Cc|Bcc|Kopie|Kopie an|Copie à|Copia|Cópia|Kopia|Kopi|Копия|Копія|DW|Másolat|Kopio|Bilgi|抄送|副本|参照"
    "|참조|Reply-To|Antwort an|Répondre à|Responder a|Rispondi a|Antwoord aan|Organization|Importance",
}

FIELD_KINDS: Final = {word.casefold(): kind for kind, words in _FIELDS.items() for word in words.split("|")}
"""What a header field that is shown above a quoted message holds, by its name in lower case."""
