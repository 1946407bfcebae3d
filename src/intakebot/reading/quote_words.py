"""The words by which mail programs introduce what they quote, in the languages that we know them in.

Only words: `introductions`, `header_blocks` and `reply_text` say what they mean where. A language that is
missing here is still recognised by its shape (an address and a date, a colon, quoted lines).
"""

from __future__ import annotations

import re
from typing import Final

WROTE: Final = re.compile(
    r"\b(?:wrote|writes|has written|schrieb|geschrieben|schreef|geschreven|skreif|a écrit|écrivait|écrit"
    r"|escribió|ha escrito|escribiu|va escriure|escreveu|ha scritto|scrive|scriveva|scritto|a scris"
    r"|skrev|skrifaði|kirjoitti|kirjutas|rakstīja|rašė|napisał\w*|pisze|napsal\w*|napísal\w*|je napisa\w*"
    r"|je naps\w*|írta|yazdı|yazmış|написал\w*|пишет|писал\w*|написав\w*|пише|написа|έγραψε\w*|menulis|đã viết|viết"
    r"|idatzi du|shkroi)\b"
    r"|napisał\(a\)|написал\(а\)|napsal\(a\)|написав\(ла\)"
    r"|כתב\w*|مكتوب|كتب\w*|نوشت\w*|写道|寫道|さんは書きました|書きました|のメール|님이 작성|작성|썼습니다|เขียน|ने लिखा",
    re.IGNORECASE,
)
"""What somebody did who `wrote` something, past or present."""

MESSAGE: Final = re.compile(
    r"message|nachricht|mensaje|mensagem|messaggio|bericht|meddelande|meddelelse|melding|besked|viesti|skeyti"
    r"|wiadomo\w+|zpráva|zprávy|správa|üzenet|mesaj|ileti|mesajul|poruka|sporočilo|pranešimas|kiri|ziņojums"
    r"|сообщени\w+|повідомлення|лист|съобщение|письмо|μήνυμα|הודעה|رسالة|الرسالة|پیام|邮件|郵件|メッセージ|메시지|메일"
    r"|pesan|thư|tin nhắn|ข้อความ",
    re.IGNORECASE,
)
"""A message, as rules like `Original Message` name it."""

DEVICE: Final = re.compile(
    r"(?:Sent (?:from|via|with)|Get Outlook for|Gesendet (?:von|mit|über)|Von meinem|Holen Sie sich Outlook"
    r"|Envoyé (?:de|depuis|à partir de|avec)|Télécharger Outlook|Enviado (?:desde|do|de|con)|Obtener Outlook"
    r"|Obter o Outlook|Inviato da|Scarica Outlook|Ottieni Outlook|Verzonden (?:vanaf|met|via)"
    r"|Verstuurd vanaf|Skickat från|Sendt fra|Hämta Outlook|Hent Outlook|Lähetetty|Wysłane z|Wysłano z|Pobierz"
    r"|Odesláno z|Odoslané z|Küldve|Trimis (?:de pe|din)|Gönderildi|Отправлено с|Отправлено из|Надіслано з"
    r"|Изпратено от|Στάλθηκε από|Poslano z|iPhone'umdan|iPhoneから送信|从我的|發自我的|发自我的|나의|נשלח מ|أُرسلت من)"
    r"[^,.<\n]{0,60}(?:<[^>\n]{1,200}>|\[[^\]\n]{1,200}\])?",
    re.IGNORECASE,
)
"""What mail programs on telephones append; a sentence that begins so has a comma or a full stop."""

_FIELDS: Final = {
    "from": "From|Von|De|Da|Van|Från|Fra|Frá|Od|От|От кого|Від|Від кого|Kimden|Gönderen|Feladó|Lähettäjä|Saatja|No|Nuo"
    "|Siuntėjas|Από|Expéditeur|Remitente|Mittente|Avsändare|Afsender|Avsender|Absender|Nadawca|Odesílatel|Odosielateľ"
    "|Expeditor|De la|Отправитель|Подател|Відправник|Pošiljatelj|Šalje|Nork|Nga|מאת|من|از|发件人|寄件者|寄件人|差出人"
    "|送信者|보낸 사람|보낸사람|Từ|Người gửi|Dari|Pengirim|จาก",
    "to": "To|An|À|A|Para|Naar|Aan|Till|Til|Do|Dla|Komu|Кому|До|Kime|Alıcı|Címzett|Vastaanottaja|Saaja|Kam|Kam|Προς"
    "|Destinataire|Destinatario|Destinatário|Către|Pro|Za|Per a|Per|Nori|Për|אל|إلى|به|收件人|收件者|宛先|받는 사람"
    "|받는사람|Đến|Tới|Kepada|ถึง|Empfänger|Odbiorca|Получатель|Mottagare|Modtager",
    "date": "Sent|Date|Gesendet|Gesendet am|Datum|Envoyé|Envoyé le|Date d'envoi|Enviado|Enviado el|Fecha|Enviada em"
    "|Enviado em|Data|Inviato|Verzonden|Skickat|Sendt|Sent On|Dato|Dags|Wysłano|Data wysłania|Wysłane|Odesláno"
    "|Odoslané|Dátum|Elküldve|Küldve|Отправлено|Дата|Надіслано|Изпратено|Tarih|Gönderildi|Gönderme Tarihi|Lähetetty"
    "|Päivämäärä|Päiväys|Pvm|Saadetud|Kuupäev|Nosūtīts|Datums|Išsiųsta|Ημερομηνία|Στάλθηκε|Trimis|Poslano|Poslato"
    "|Bidalia|Enviat|Dërguar|נשלח|תאריך|تاريخ|التاريخ|تم الإرسال|تاریخ|发送时间|發送時間|日期|寄件日期|傳送時間|送信日時"
    "|日時|日付|보낸 날짜|날짜|Đã gửi|Ngày|Dikirim|Tanggal|วันที่|ส่ง",
    "subject": "Subject|Betreff|Objet|Sujet|Asunto|Assunto|Oggetto|Onderwerp|Ämne|Emne|Efni|Temat|Předmět|Predmet"
    "|Tárgy|Тема|Относно|Konu|Aihe|Teema|Temats|Tēma|Tema|Θέμα|Subiect|Zadeva|Naslov|Gaia|Assumpte|נושא|الموضوع"
    "|موضوع|主题|主旨|主題|件名|제목|Chủ đề|Tiêu đề|Subjek|Perihal|เรื่อง",
    "copy": "Cc|Bcc|Kopie|Kopie an|Copie à|Copia|Cópia|Kopia|Kopi|Копия|Копія|DW|Másolat|Kopio|Bilgi|Κοιν|抄送|副本|参照"
    "|참조|Reply-To|Antwort an|Répondre à|Responder a|Rispondi a|Antwoord aan|Organization|Importance",
}

FIELD_KINDS: Final = {word.casefold(): kind for kind, words in _FIELDS.items() for word in words.split("|")}
"""What a header field that is shown above a quoted message holds, by its name in lower case."""
