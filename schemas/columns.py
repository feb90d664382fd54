"""The canonical columns of a lead, in the order in which every output has them."""

from __future__ import annotations

import polars as pl

PHONE_SLOTS = ("phone", "phone_2", "phone_3", "phone_4")
EMAIL_SLOTS = ("email", "email_2", "email_3", "email_4")
#: A postal address is one contact point, made of several columns.
POST_POINT = "address"
#: Every contact point that a row can have. The order is the order of preference and of de-duplication.
POINTS = (*PHONE_SLOTS, *EMAIL_SLOTS, POST_POINT)

CHANNELS = ("call", "text", "email", "post")
#: What the channels are called elsewhere: for a suggestion, never taken for them.
CHANNEL_WORDS = {
    "phone": "call",
    "voice": "call",
    "calls": "call",
    "dial": "call",
    "telephone": "call",
    "sms": "text",
    "mms": "text",
    "txt": "text",
    "message": "text",
    "e-mail": "email",
    "mail": "post",
    "letter": "post",
    "postal": "post",
}
#: Which contact points a channel can reach.
CHANNEL_POINTS: dict[str, tuple[str, ...]] = {
    "call": PHONE_SLOTS,
    "text": PHONE_SLOTS,
    "email": EMAIL_SLOTS,
    "post": (POST_POINT,),
}

PERSON = (
    "first_name",
    "last_name",
    "full_name",
    "company",
    "job_title",
    "address_1",
    "address_2",
    "city",
    "state",
    "postal_code",
    "country",
    "birth_date",
)
EVIDENCE = (
    "is_business",
    "consent_basis",
    "consent_at",
    "consent_channels",
    "consent_purposes",
    "consent_method",
    "consent_text",
    "consent_url",
    "consent_ip",
    "consent_named_parties",
    "consent_evidence",
    "trustedform_cert_url",
    "jornaya_lead_id",
    "last_purchase_at",
    "last_inquiry_at",
    "notice_at",
    "withdrawn_at",
)
#: Columns that hold an instant. Naive times are read as UTC.
INSTANTS = ("consent_at", "last_purchase_at", "last_inquiry_at", "notice_at", "withdrawn_at", "received_at")
#: Columns that hold a day.
DAYS = ("birth_date",)
#: Columns that hold several words in one cell, separated by ``,``, ``;`` or ``|``.
WORD_LISTS = ("consent_channels", "consent_purposes", "consent_named_parties")
#: Fields that a source column can be mapped to, besides the contact points.
PLAIN_FIELDS = (*PERSON, *EVIDENCE, "vendor_lead_id", "received_at")
#: Columns with the calling code of a phone, and the phone. The first one's serves phones that have none of their own.
CODE_FIELDS = {"phone_code": "phone", **{f"{slot}_code": slot for slot in PHONE_SLOTS[1:]}}
#: Fields that say where a lead is.
LOCATION_FIELDS = ("country", "state", "postal_code", *PHONE_SLOTS, *CODE_FIELDS)

#: When and how often a row may be called or texted on the day of the campaign. The instants and times are those of the
#: longest unbroken stretch; ``call_hours`` has all of them. Local times are told in ``call_zone``.
CALL_COLUMNS = (
    "call_after",
    "call_before",
    "call_zone",
    "call_after_utc",
    "call_before_utc",
    "call_hours",
    "max_attempts",
    "attempt_days",
    "call_rules",
)

_TYPES: dict[str, pl.DataType] = {
    "row_id": pl.UInt64(),
    "is_business": pl.Boolean(),
    "source_line": pl.UInt64(),
    "time_zones": pl.List(pl.String()),
    "channels": pl.List(pl.String()),
    "flags": pl.List(pl.String()),
    "reasons": pl.List(pl.String()),
    "valid_until": pl.Date(),
    "call_after": pl.Time(),
    "call_before": pl.Time(),
    "call_after_utc": pl.Datetime("us", "UTC"),
    "call_before_utc": pl.Datetime("us", "UTC"),
    "call_hours": pl.List(pl.String()),
    "max_attempts": pl.UInt8(),
    "attempt_days": pl.UInt16(),
    "call_rules": pl.List(pl.String()),
    **{name: pl.Datetime("us", "UTC") for name in INSTANTS},
    **{name: pl.Date() for name in DAYS},
    **{name: pl.List(pl.String()) for name in WORD_LISTS},
}

#: Columns of both outputs up to (not including) ``extra``, in order.
COMMON_COLUMNS = (
    "row_id",
    *PERSON,
    *PHONE_SLOTS,
    *EMAIL_SLOTS,
    "phone_type",
    "phone_region",
    "time_zones",
    *EVIDENCE,
    "vendor",
    "source_file",
    "source_sha256",
    "source_sheet",
    "source_line",
    "vendor_lead_id",
    "received_at",
    "run_id",
    "channels",
    "flags",
    "valid_until",
    *CALL_COLUMNS,
)
#: What ``rejected.parquet`` has between ``extra`` and ``original``.
REJECTED_COLUMNS = ("reason", "reasons", "reason_detail", "disposition")

SCHEMA_VERSION = "1"


def dtype_of(column: str) -> pl.DataType:
    """Type of a canonical column. Text unless registered otherwise."""
    return _TYPES.get(column, pl.String())
