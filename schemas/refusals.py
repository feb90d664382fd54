"""A file's own word that somebody must not be contacted: which columns hold it, and what their cells say.

Systems export it under names such as DoNotCall, HasOptedOutOfEmail, Accepts SMS Marketing or Werbesperre. A column is
known by its header's words: a refusal or a permission, and the channels that it names. Whatever the rule packs, what it
refuses is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from schemas.columns import CHANNELS
from schemas.contact.blank import EMPTY_WORDS
from schemas.headers import fold_header
from schemas.words import answered, fold_words, meaning

#: A column ``refuses``: a yes is a refusal. It ``allows``: a no is one. It ``agrees``: a no is one, and an unknown word is
#: none (a column called consent may hold its text). It ``marks``: only a word for a refusal is one, as among tags or in a
#: column of states.
Kind = Literal["refuses", "allows", "agrees", "marks"]
#: What a cell says: a refusal, none, or a refusal because nobody knows the word.
Said = Literal["refused", "open", "unknown"]
#: Beside the channels: that data be neither sold nor shared.
SALE = "sale"


@dataclass(frozen=True)
class RefusalColumn:
    """What a column says, and of which channels (`SALE` among them)."""

    kind: Kind
    channels: tuple[str, ...]


_OF = {
    "call": ("call",),
    "text": ("text",),
    "email": ("email",),
    "post": ("post",),
    "contact": CHANNELS,
    "share": (SALE,),
}
#: Fields that a layout can map columns to; any number of columns to each.
REFUSAL_FIELDS: dict[str, RefusalColumn] = {
    **{f"no_{name}": RefusalColumn("refuses", channels) for name, channels in _OF.items()},
    **{f"may_{name}": RefusalColumn("allows", channels) for name, channels in _OF.items()},
    "marks": RefusalColumn("marks", CHANNELS),
}

#: Words written together, as column names of databases have them.
_TOGETHER = re.compile(
    r"\b(do ?not|dont|no|has ?opted ?out ?of|opt(?:ed)? ?out|accepts?|allows?)"
    r"(bulk)?(call|calls|phone|email|emails|sms|text|postal|mail|contact|fax|share|sell|sendmm|send|marketing)(mail|s)?\b"
)
_REFUSES = re.compile(
    r"\b(?:do not|donot|don t|dont|opt(?:ed)? out|opts out|optout|optouts|optedout|unsubscribed?|unsubscribes|unsub|dnc|dncl"
    r"|dne|dnm|dnd|do not disturb|suppress(?:ed|ion)?|blocked|blacklist(?:ed)?|blocklist(?:ed)?|never (?:call|contact|email|mail|text)"
    r"|stop (?:call|contact|email|mail|text|sms|marketing)\w*|no (?:calls?|contact|texts?|sms|marketing|mailings?|emails"
    r"|solicit\w*|spam|share|sharing|sale|resale|promo\w*)|object(?:s|ed|ion)(?: to)?|marketing objection"
    r"|ne pas|pas de (?:demarchage|prospection|contact|publicite|sms|mail|courrier|appel)\w*|stop pub|opposition|oppose\w*"
    r"|refus(?:e|ed|es|al|als)?|desabonne\w*|desinscri\w*|liste rouge|bloctel|robinson\w*"
    r"|werbesperre|werbewiderspruch|werbeverbot|widerspruch\w*|sperrvermerk|\w*sperre|gesperrt|abgemeldet|abbestellt"
    r"|nicht (?:anrufen|kontaktieren|anschreiben|werben|mailen|per)|keine? (?:werbung|anrufe?|kontakt\w*|mails?|sms|post|newsletter)"
    r"|no (?:llamar|contactar|enviar|molestar|vender|compartir|ceder)|dado de baja|dada de baja|baja (?:email|sms|marketing|comercial)"
    r"|nao (?:ligar|contatar|contactar|enviar|perturbe|vender|compartilhar|partilhar)|descadastrad[oa]|inscricao cancelada"
    r"|non (?:chiamare|contattare|inviare)|disiscritt[oa]|niet (?:bellen|mailen|contacteren)|uitgeschreven|bel me niet"
    r"|invalid for marketing|marketing suppressed|call block|email block|is dnc)\b"
)  # fmt: skip
_ALLOWS = re.compile(
    r"\b(?:accepts?|opt(?:ed)? in|opts in|optin|optedin|subscribed|is subscribed|permission to|permitted|allow(?:s|ed)?"
    r"|can (?:be )?(?:contact|call|text|email|mail)\w*|may (?:be )?(?:contact|call|text|email|mail|we)\w*|contactable|ok to|okay to"
    r"|(?:email|sms|text|phone|call|marketing|mail|postal) (?:marketing )?(?:consent|permission|allowed)"
    r"|consent to (?:contact|call|text|email|marketing|sms|be contacted)"
    r"|accepte\w*|autorise\w*|abonne|abonnee|inscrit|acepta|autoriza|suscrit[oa]|aceita|permite|iscritto"
    r"|werbeerlaubnis|werbeeinwilligung|kontakterlaubnis|darf kontaktiert werden|angemeldet|abonniert|toestemming)\b"
)
_MARKS = re.compile(
    r"^(?:(?:\w+ ){0,3}(?:status|state|disposition|preference|preferences)|tags?|labels?|categories|category|group membership|groups?"
    r"|segments?|lists?)$"
)
_AGREES = re.compile(
    r"^(?:consent|consent given|gdpr consent|consentement|einwilligung|zustimmung|consentimiento|consentimento)$"
)
_STATUS = re.compile(
    r"\b(?:lead|contact|subscri\w*|email|e mail|sms|text|phone|call|calling|marketing|member|list|customer|dnc|communication|mailing"
    r"|newsletter|person|prospect|opt|optin|consent)\b|^(?:status|disposition)$"
)
#: Columns about a refusal that do not hold it.
_ABOUT = re.compile(
    r"\b(?:reason|source|by|mode|method|url|link|ip|id|count|counts|text|language|version|notes?|comments?|number of|user|owner"
    r"|message|template|motif|grund|motivo|quelle|campaign|confirmation)\b"
)
_CHANNEL_WORDS = {
    "call": r"calls?|calling|phones?|phone calls?|telephones?|tel|mobile|cell|voice|telemarketing|anrufe?n?|telefon\w*|llama\w*"
            r"|telefono|liga\w*|appel\w*|telephon\w*|demarchage|bloctel|anrufsperre|chiamare|bellen|bel",
    "text": r"texts?|texting|sms|mms|mm|sendmm|whatsapp|text messages?|smssperre",
    "email": r"e ?mails?|emailing|e ?mailings?|newsletters?|courriels?|correo|mail|mails|mailings?|dne|emailsperre|mailen|bulkemail",
    "post": r"post|postal|postal mail|postalmail|mail|mails|direct mail|letters?|brief\w*|courrier|dnm|briefpost",
    "fax": r"fax|faxes|telefax",
    SALE: r"shar(?:e|es|ed|ing)|sell|sells|sold|sale|resale|vender|compart\w*|ceder|partager|partage|weitergabe|verkauf\w*|partilhar",
}  # fmt: skip
_CHANNELS_IN = {name: re.compile(rf"\b(?:{words})\b") for name, words in _CHANNEL_WORDS.items()}
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ,].*)?|\d{8}|\d{10,13}")
_APART = re.compile(r":::|[,;|\n]")


def refusal_column(header: str) -> RefusalColumn | None:
    """What a column's header says of contact; None when it says nothing of it."""
    words = _apart(fold_header(header))
    if _ABOUT.search(words):
        return None
    if _REFUSES.search(words):
        channels = _channels(words)
        return RefusalColumn("refuses", channels) if channels else None
    if _MARKS.search(words):
        return RefusalColumn("marks", _channels(words) or CHANNELS) if _is_status(words) else None
    if _AGREES.search(words):
        return RefusalColumn("agrees", CHANNELS)
    if _ALLOWS.search(words):
        channels = _channels(words)
        return RefusalColumn("allows", channels) if channels else None
    return None


def _is_status(words: str) -> bool:
    return _STATUS.search(words) is not None or not re.search(r"\b(?:status|state|disposition|preferences?)\b", words)


def _apart(words: str) -> str:
    """Part what databases write together: ``donotbulkemail`` is "do not bulk email"."""
    return _TOGETHER.sub(lambda found: " ".join(part for part in _parts(found) if part), words)


def _parts(found: re.Match[str]) -> list[str]:
    first = {"donot": "do not", "optout": "opt out", "optedout": "opted out"}.get(found[1].replace(" ", ""), found[1])
    return [first, found[2] or "", found[3], found[4] or ""]


def _channels(words: str) -> tuple[str, ...]:
    """Channels that a header names; all where it names none, and none where it is about faxes alone."""
    found = {name for name, pattern in _CHANNELS_IN.items() if pattern.search(words)}
    if (not found and re.search(r"\bdncl?\b", words)) or re.search(r"\bphone numbers?\b", words):
        found |= {"call", "text"}
    if found == {"fax"}:
        return ()
    if SALE in found:
        return (SALE,)
    # "Postal mail" and "direct mail" are letters; "email" is no letter.
    if re.search(r"\b(?:postal|direct|paper) ?mail\b|\bpost\w* mail\b", words):
        found -= {"email"}
    return tuple(channel for channel in CHANNELS if channel in found) or CHANNELS


def says(column: RefusalColumn, cell: str) -> tuple[Said, tuple[str, ...]]:
    """What a cell of such a column says, and of which channels."""
    if cell.strip().casefold() in EMPTY_WORDS - {"0"}:
        return "open", ()
    if column.kind == "marks":
        return _marked(column, cell)
    refused_by = column.kind == "refuses"
    if (answer := answered(cell)) is not None:
        return ("refused", column.channels) if answer is refused_by else ("open", ())
    said = meaning("refusal", cell)
    if said in {"open", "unsaid"}:
        return "open", ()
    # The day on which somebody opted in, or out.
    if _DATE.fullmatch(cell.strip()):
        return ("refused", column.channels) if column.kind == "refuses" else ("open", ())
    if said is None and column.kind == "agrees":
        return "open", ()
    return ("refused" if said == "closed" else "unknown"), column.channels


def _marked(column: RefusalColumn, cell: str) -> tuple[Said, tuple[str, ...]]:
    """Words among others: only those for a refusal count, on the channels that they or the header name."""
    refused: set[str] = set()
    for label in _APART.split(cell):
        folded = fold_words(label)
        if meaning("refusal", label) == "open":
            continue
        named = {name for name, pattern in _CHANNELS_IN.items() if name in CHANNELS and pattern.search(folded)}
        if meaning("refusal", label) == "closed" or _REFUSES.search(_apart(folded)):
            refused |= named or set(column.channels)
    return ("refused", tuple(channel for channel in CHANNELS if channel in refused)) if refused else ("open", ())
