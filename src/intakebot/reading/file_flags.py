"""Why a file that came with a message should be opened with care: by its name, and by how its bytes begin.

Called where messages are read, while the bytes are at hand. Nothing is opened or unpacked: names and bytes are
compared, in time linear in the file. It is a list of what is known to be dangerous, no proof that the rest is not.
Pure.
"""

from __future__ import annotations

from intakebot.domain.messages import Attachment

PROGRAM, SCRIPT, SHORTCUT, MACROS = "program", "script", "shortcut", "macros"
DISK_IMAGE, PAGE, LOCKED, DISGUISED = "disk-image", "page", "locked-archive", "disguised"
FLAGS = (PROGRAM, SCRIPT, SHORTCUT, MACROS, DISK_IMAGE, PAGE, LOCKED, DISGUISED)

_NAMES = {
    PROGRAM: "apk app appx bin cab com cpl deb dll dmg drv elf exe gadget jar msi msix msp mst ocx pif pkg rpm run scr"
    " sys xll",
    SCRIPT: "bash bat chm cmd csh hta inf ins iqy js jse ksh mjs pl ps1 ps1xml ps2 psc1 psd1 psm1 py pyc pyw rb reg"
    " sct sh slk vb vbe vbs ws wsc wsf wsh",
    SHORTCUT: "appref-ms desktop diagcab library-ms lnk scf search-ms searchconnector-ms settingcontent-ms theme url"
    " webloc website",
    MACROS: "accda accdb ade adp docm dotm mdb mde one potm ppam ppsm pptm sldm xla xlam xlm xlsb xlsm xltm",
    DISK_IMAGE: "img iso udf vhd vhdx",
    PAGE: "htm html mht mhtml shtml svg svgz xht xhtml xsl xslt",
}
_BY_SUFFIX = {suffix: flag for flag, suffixes in _NAMES.items() for suffix in suffixes.split()}
_BEGINNINGS = (
    (b"MZ", PROGRAM),  # Windows and DOS
    (b"\x7fELF", PROGRAM),
    (b"\xfe\xed\xfa\xce", PROGRAM),  # Mach-O, both byte orders, 32 and 64 bits, and several at once
    (b"\xfe\xed\xfa\xcf", PROGRAM),
    (b"\xce\xfa\xed\xfe", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),  # also a class of Java
    (b"dex\n", PROGRAM),
    (b"MSCF", PROGRAM),  # a cabinet
    (b"#!", SCRIPT),
    (b"\x4c\x00\x00\x00\x01\x14\x02\x00", SHORTCUT),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", MACROS),  # OneNote, which carries programs
    (b"vhdxfile", DISK_IMAGE),
    (b"conectix", DISK_IMAGE),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_MACROS = tuple(word.encode("utf-16-le") for word in ("_VBA_PROJECT", "Macros"))  # [MS-CFB] 2.6.1: entry names
_ZIP = b"PK\x03\x04"
_ZIP_MACROS = (b"vbaProject.bin", b"xl/macrosheets/")
_ZIP_LOCKED = 0x01  # APPNOTE 4.4.4, bit 0
_ISO_9660, _ISO_AT = b"CD001", 0x8001
_PAGE_BEGINS = (b"<!doctype html", b"<html", b"<svg", b"<script")


def file_flags(file: Attachment) -> tuple[str, ...]:
    """Short codes of `FLAGS`, sorted; `file.content` has the bytes. Without any, nothing is known against the file."""
    by_name, by_bytes = _by_name(file.name), _by_bytes(file.content)
    flags = {by_name, by_bytes} - {""}
    if by_bytes in (PROGRAM, SCRIPT, SHORTCUT, MACROS, DISK_IMAGE) and not by_name and "." in file.name:
        flags.add(DISGUISED)
    return tuple(sorted(flags))


def _by_name(name: str) -> str:
    """What the last ending says; those who open a file overlook dots and blanks behind it."""
    return _BY_SUFFIX.get(name.rstrip(". ").rpartition(".")[2].lower(), "") if "." in name else ""


def _by_bytes(content: bytes) -> str:
    for beginning, flag in _BEGINNINGS:
        if content.startswith(beginning):
            return flag
    if content.startswith(_OLE):
        return MACROS if any(word in content for word in _OLE_MACROS) else ""
    if content.startswith(_ZIP):
        return _of_zip(content)
    if content[_ISO_AT : _ISO_AT + len(_ISO_9660)] == _ISO_9660:
        return DISK_IMAGE
    begins = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return PAGE if begins.startswith(_PAGE_BEGINS) else ""


def _of_zip(content: bytes) -> str:
    """Names in an archive stand there in the clear; what they hold is left alone."""
    if any(name in content for name in _ZIP_MACROS):
        return MACROS
    return LOCKED if len(content) > 6 and content[6] & _ZIP_LOCKED else ""  # noqa: PLR2004 - the flags' place
