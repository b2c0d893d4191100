"""Every table of the store, as SQLAlchemy sees it. The migrations make them; no query lives here.

Times are Unix milliseconds. What must be erasable (names, free text) stands in hashed rows only sealed.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={  # batch migrations on SQLite must be able to name every constraint
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id(name: str, *, primary_key: bool = False) -> Column[str]:
    return Column(name, String(64), primary_key=primary_key, nullable=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _ms(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


# ------------------------------------------------------------ the journal

facts = Table(
    "facts",
    metadata,
    _id("meeting_id", primary_key=True),
    Column("number", Integer, primary_key=True, nullable=False, autoincrement=False),  # from 1, without gaps
    Column("at_ms", BigInteger, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("sealing", String(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("previous", LargeBinary(32), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)

meeting_keys = Table(
    "meeting_keys",
    metadata,
    _id("meeting_id", primary_key=True),
    Column("sealing", String(16), primary_key=True, nullable=False),
    Column("wrapped", LargeBinary),  # NULL: destroyed, what it sealed is gone for good
    _ms("created_ms"),
    _ms("destroyed_ms"),
)

holders = Table(  # one row per server process; its heartbeat renews all its leases at once
    "holders",
    metadata,
    _id("holder", primary_key=True),
    Column("place", String(128), nullable=False),  # boot id and process namespace: where `pid` means something
    Column("pid", Integer, nullable=False),
    Column("process_start", BigInteger, nullable=False),  # clock ticks since boot: a reused pid is another process
    _ms("renewed_at_ms"),
    Column("ended", Boolean, nullable=False, server_default="0"),
)

leases = Table(
    "leases",
    metadata,
    _id("meeting_id", primary_key=True),
    Column("holder", String(64), nullable=False, index=True),
)

note_updates = Table(
    "note_updates",
    metadata,
    _id("meeting_id", primary_key=True),
    _id("item_id", primary_key=True),  # "": the meeting in general
    Column("number", Integer, primary_key=True, nullable=False, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    _id("person_id"),  # "": what was compacted, or stood there before
    Column("sealed", LargeBinary, nullable=False),
)

# ------------------------------------------------------------ projections: rebuildable from the journal alone

meetings = Table(
    "meetings",
    metadata,
    _id("meeting_id", primary_key=True),
    _text("title"),
    _ms("starts_ms"),
    _ms("ends_ms"),
    _text("zone"),
    _text("place"),
    Column("status", String(16), nullable=False, server_default="none"),
    _text("chair_name"),
    _text("secretary_name"),
    _count("invited_count"),
    _count("decision_count"),  # those that stand: not withdrawn
    _count("action_count"),
    _ms("opened_ms"),
    _ms("closed_ms"),
    _count("last_number"),
    Column("minutes_open", Boolean, nullable=False, server_default="0", index=True),  # handed in, and not frozen yet
    Column("comments_until_ms", BigInteger, nullable=False, server_default="0", index=True),  # 0: none are asked for
    _ms("approved_ms"),
    Column("previous_id", String(64), nullable=False, server_default="", index=True),  # the one before in the series
    Column("series_id", String(64), nullable=False, server_default="", index=True),  # the first of its series
    _ms("slot_ms"),  # when it was to begin by the series
    _text("schedule"),  # of retention; "": the usual one
    Column("held", Boolean, nullable=False, server_default="0"),
    _text("erased"),  # classes that retention destroyed, one space between
    Index("ix_meetings_starts_ms_meeting_id", "starts_ms", "meeting_id"),
)

invitations = Table(
    "invitations",
    metadata,
    _id("meeting_id", primary_key=True),
    _id("person_id", primary_key=True),
    Column("position", Integer, nullable=False),  # the order in which they were invited
    Column("account_id", String(64), nullable=False, server_default=""),
    _text("name"),
    Column("role", String(16), nullable=False),
    _text("function"),
    _text("office"),
    _text("email"),
    Index("ix_invitations_account_id_meeting_id", "account_id", "meeting_id"),
)

decisions = Table(
    "decisions",
    metadata,
    _id("meeting_id", primary_key=True),
    _id("decision_id", primary_key=True),
    Column("number", Integer, nullable=False),
    Column("item_id", String(64), nullable=False),
    _text("text"),
    Column("method", String(16), nullable=False),
    _ms("at_ms"),
    Column("fact_number", Integer, nullable=False),  # of DecisionRecorded
    Column("withdrawn", Boolean, nullable=False, server_default="0"),
)

action_items = Table(
    "action_items",
    metadata,
    _id("meeting_id", primary_key=True),
    _id("action_id", primary_key=True),
    Column("number", Integer, nullable=False),
    Column("item_id", String(64), nullable=False),
    _text("what"),
    _text("who"),
    Column("due", String(32), nullable=False, server_default="", index=True),
    _ms("at_ms"),
    Column("fact_number", Integer, nullable=False),
    Column("withdrawn", Boolean, nullable=False, server_default="0"),
    _ms("done_ms"),  # 0: open
    _ms("reported_ms"),  # by who is responsible, and not confirmed; 0: not
    _text("remark"),
)

carried_actions = Table(  # which meetings look at which action items of earlier ones
    "carried_actions",
    metadata,
    _id("meeting_id", primary_key=True),
    _id("origin_id", primary_key=True),
    _id("action_id", primary_key=True),
    Index("ix_carried_actions_origin_id", "origin_id", "action_id"),
)

attendance = Table(  # there from the moment the meeting is closed
    "attendance",
    metadata,
    _id("meeting_id", primary_key=True),
    _id("person_id", primary_key=True),
    Column("position", Integer, nullable=False),
    _text("name"),
    _text("function"),
    _text("office"),
    Column("status", String(16), nullable=False),  # present, late, represented, excused, absent
    Column("left_early", Boolean, nullable=False, server_default="0"),
    _ms("first_in_ms"),  # 0: never present
    _ms("last_out_ms"),
    _ms("total_ms"),  # sum of all intervals
    Column("intervals", JSON, nullable=False),  # [[from_ms, to_ms], ...] of confirmed presence, in order
    Column("by_item_ms", JSON, nullable=False),  # item_id -> time present while it was open
)

# ------------------------------------------------------------ search; the index itself is made by migration 0005

ROW_ID = BigInteger().with_variant(Integer, "sqlite")

search_rows = Table(  # one per text that can be found
    "search_rows",
    metadata,
    Column("row_id", ROW_ID, primary_key=True, nullable=False, autoincrement=True),
    Column("meeting_id", String(64), nullable=False, index=True),
    Column("part", String(16), nullable=False),  # title, agenda, people, notes, decisions, actions
    Column("ref", String(64), nullable=False, server_default=""),
)

search_texts = Table(  # apart, so that what is counted and sorted stays small
    "search_texts",
    metadata,
    Column("row_id", ROW_ID, primary_key=True, nullable=False, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),  # with the meeting's key of the class that it comes from
)

# ------------------------------------------------------------ identity

accounts = Table(
    "accounts",
    metadata,
    _id("account_id", primary_key=True),
    _text("login"),
    Column("login_folded", Text, nullable=False, unique=True),  # case-folded: unique whatever the case
    _text("name"),
    _text("function"),
    _text("office"),
    _text("rank"),
    Column("nip_sealed", LargeBinary),  # NULL: none
    Column("nik_sealed", LargeBinary),  # NULL: none
    _text("email"),
    _text("password_hash"),
    Column("office_role", String(16), nullable=False),  # administrator, secretary, official
    Column("active", Boolean, nullable=False, server_default="1"),
    Column("language", String(8), nullable=False, server_default="id"),
    _ms("created_ms"),
)

browser_sessions = Table(
    "browser_sessions",
    metadata,
    _id("session_id", primary_key=True),  # the hash of the cookie's token; the token itself is never kept
    Column("account_id", String(64), ForeignKey("accounts.account_id"), nullable=False, index=True),
    _ms("created_ms"),
    _ms("last_seen_ms"),
    _ms("expires_ms"),
    _ms("revoked_ms"),  # 0: not revoked
    _text("address"),
    _text("agent"),
    Column("method", String(16), nullable=False, server_default="password"),  # how it was signed in
)

authenticators = Table(  # what an account has beside a password
    "authenticators",
    metadata,
    _id("authenticator_id", primary_key=True),
    Column("account_id", String(64), ForeignKey("accounts.account_id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # totp, passkey
    _text("name"),
    Column("credential_id", Text, unique=True),  # of a passkey; NULL: none
    Column("sealed", LargeBinary, nullable=False),  # the TOTP secret, or the passkey's public key
    Column("counter", BigInteger, nullable=False, server_default="0"),  # last TOTP step, or the passkey's sign count
    _ms("created_ms"),
    _ms("used_ms"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("account_id", String(64), ForeignKey("accounts.account_id"), primary_key=True, nullable=False),
    _id("code_hash", primary_key=True),
    _ms("used_ms"),  # 0: not yet
)

pending = Table(  # what was begun and is finished once, soon: a second step, a challenge, a reset, a provider's answer
    "pending",
    metadata,
    _id("token_hash", primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("account_id", String(64), nullable=False, server_default="", index=True),
    Column("sealed", LargeBinary, nullable=False),
    _ms("created_ms"),
    Column("expires_ms", BigInteger, nullable=False, index=True),
)

identities = Table(  # who an account is elsewhere
    "identities",
    metadata,
    Column("provider", String(64), primary_key=True, nullable=False),  # a provider's name, or "ldap"
    Column("subject", String(255), primary_key=True, nullable=False),
    Column("account_id", String(64), ForeignKey("accounts.account_id"), nullable=False, index=True),
    _ms("created_ms"),
)

provider_sessions = Table(  # sessions that stand on one at a provider: it may end them (back-channel logout)
    "provider_sessions",
    metadata,
    Column("session_id", String(64), primary_key=True, nullable=False),
    Column("provider", String(64), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("sid", String(255), nullable=False, server_default=""),
    Column("sealed", LargeBinary, nullable=False),  # the ID token, for logging out there
    _ms("created_ms"),
    Index("ix_provider_sessions_provider_subject", "provider", "subject"),
)

notices = Table(  # mails to one person about their account, gone from here when they are sent
    "notices",
    metadata,
    _id("notice_id", primary_key=True),
    Column("kind", String(24), nullable=False),
    _text("email"),
    _text("name"),
    Column("language", String(8), nullable=False, server_default="id"),
    Column("sealed", LargeBinary, nullable=False),
    _count("attempts"),
    Column("due_ms", BigInteger, nullable=False, index=True),
    Column("expires_ms", BigInteger, nullable=False),
)

# ------------------------------------------------------------ offices, posts, people

office_state = Table(  # one row: how often anything below was changed, and what changers wait for
    "office_state",
    metadata,
    Column("one", Integer, primary_key=True, nullable=False, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)

office_units = Table(
    "office_units",
    metadata,
    _id("unit_id", primary_key=True),
    _text("name"),
    Column("parent_id", String(64), nullable=False, server_default=""),  # "": at the top
    Column("order", Integer, nullable=False, server_default="0"),
    Column("closed", Boolean, nullable=False, server_default="0"),
)

office_posts = Table(
    "office_posts",
    metadata,
    _id("post_id", primary_key=True),
    Column("unit_id", String(64), ForeignKey("office_units.unit_id"), nullable=False, index=True),
    _text("title"),
    _text("email"),
    Column("leads", Boolean, nullable=False, server_default="0"),
    Column("several", Boolean, nullable=False, server_default="0"),
    Column("order", Integer, nullable=False, server_default="0"),
    Column("closed", Boolean, nullable=False, server_default="0"),
)

officials = Table(
    "officials",
    metadata,
    _id("official_id", primary_key=True),
    _text("name"),
    _text("rank"),
    Column("nip_sealed", LargeBinary),  # NULL: none
    _text("email"),
    _text("phone"),
    Column("account_id", String(64), nullable=False, server_default="", index=True),  # "": no account
    Column("photo", String(64), nullable=False, server_default=""),  # SHA-256 of the picture
    Column("closed", Boolean, nullable=False, server_default="0"),
)

office_terms = Table(
    "office_terms",
    metadata,
    _id("term_id", primary_key=True),
    Column("post_id", String(64), ForeignKey("office_posts.post_id"), nullable=False, index=True),
    Column("official_id", String(64), ForeignKey("officials.official_id"), nullable=False, index=True),
    Column("since", String(10), nullable=False, server_default=""),  # ISO dates; "": not known
    Column("until", String(10), nullable=False, server_default=""),  # the last day; "": still
    Column("acting", String(8), nullable=False, server_default=""),
    _text("decree"),
)

office_groups = Table(
    "office_groups",
    metadata,
    _id("group_id", primary_key=True),
    _text("name"),
    Column("members", JSON, nullable=False),  # ["post:<id>" | "official:<id>", ...] in their order
)

official_photos = Table(
    "official_photos",
    metadata,
    Column("digest", String(64), primary_key=True, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

# ------------------------------------------------------------ the audit log

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, nullable=False, autoincrement=False),  # from 1, without gaps
    Column("at_ms", BigInteger, nullable=False),
    Column("act", String(64), nullable=False, index=True),
    Column("actor_id", String(64), nullable=False, server_default="", index=True),
    Column("account_id", String(64), nullable=False, server_default="", index=True),  # whom it concerns
    Column("sealing", String(16), nullable=False),  # the month, whose key may be destroyed later
    Column("sealed", LargeBinary, nullable=False),
    Column("previous", LargeBinary(32), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("key", String(300), primary_key=True, nullable=False),  # e.g. account:<folded login>, address:<ip>
    Column("window_start_ms", BigInteger, primary_key=True, nullable=False, autoincrement=False),
    _count("count"),
)

join_links = Table(
    "join_links",
    metadata,
    _id("link_id", primary_key=True),
    _id("meeting_id"),
    _id("person_id"),
    Column("secret_hash", String(64), nullable=False, unique=True),
    _ms("created_ms"),
    _ms("expires_ms"),
    _ms("revoked_ms"),  # 0: not revoked
    Column("bound_hash", String(64), nullable=False, server_default=""),  # "": no browser yet
    _ms("bound_ms"),
    Index("ix_join_links_meeting_id_person_id", "meeting_id", "person_id"),
)

guests = Table(  # browsers that wait, or were let in, without an invitation of their own
    "guests",
    metadata,
    _id("waiting_id", primary_key=True),
    Column("meeting_id", String(64), nullable=False, index=True),
    Column("secret_hash", String(64), nullable=False, index=True),  # a browser may ask again when its request is over
    _text("name"),
    _text("office"),
    _text("function"),
    _ms("created_ms"),
    _ms("expires_ms"),
    _ms("revoked_ms"),
)

# ------------------------------------------------------------ letters

letter_registers = Table(
    "letter_registers",
    metadata,
    _id("register_id", primary_key=True),
    _text("name"),
    _text("pattern"),
    _text("code"),
    _text("unit"),
    _count("first_year"),
    _count("first"),
    Column("closed", Boolean, nullable=False, server_default="0"),
)

letter_counters = Table(
    "letter_counters",
    metadata,
    _id("register_id", primary_key=True),
    Column("year", Integer, primary_key=True, nullable=False, autoincrement=False),
    _count("last"),
)

letters = Table(  # the book of outgoing letters: a number that stands here is never given again
    "letters",
    metadata,
    Column("folded", String(200), primary_key=True, nullable=False),  # the number, as nobody could tell it apart
    _text("number"),
    Column("register_id", String(64), nullable=False, server_default=""),  # "": typed by hand
    _count("year"),
    _count("counter"),  # 0: typed by hand
    Column("meeting_id", String(64), nullable=False, server_default="", index=True),
    _text("dated"),
    _text("about"),  # only of what is written elsewhere; a meeting's own title is not repeated here
    Column("status", String(16), nullable=False),  # reserved, sent, cancelled
    _ms("at_ms"),
    Index("ix_letters_register_id_year_counter", "register_id", "year", "counter"),
)

document_pieces = Table(  # what was attached to meetings, sealed with a key of the meeting's own
    "document_pieces",
    metadata,
    _id("meeting_id", primary_key=True),
    _id("document_id", primary_key=True),
    Column("number", Integer, primary_key=True, nullable=False, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)

# ------------------------------------------------------------ mail

mailings = Table(  # one row per meeting whose people are written to
    "mailings",
    metadata,
    _id("meeting_id", primary_key=True),
    _count("wanted_number"),  # of the last fact that may have to be told
    _count("told_number"),
    _ms("due_ms"),  # when it is told; later changes may still come until then
    _ms("remind_ms"),  # when somebody is to be reminded next; 0: nobody
)

posts = Table(  # one row per mail
    "posts",
    metadata,
    _id("meeting_id", primary_key=True),
    _id("person_id", primary_key=True),
    Column("sequence", Integer, primary_key=True, nullable=False, autoincrement=False),
    Column("reminder", String(32), primary_key=True, nullable=False, server_default=""),  # "": a letter
    Column("kind", String(16), nullable=False),  # request, update, cancel, reminder, silent
    _text("email"),
    _text("name"),
    _text("function"),
    _text("role"),
    _text("language"),
    _text("digest"),
    Column("state", String(16), nullable=False),  # queued, sent, failed
    _count("attempts"),
    _ms("due_ms"),
    _text("reason"),
    _ms("created_ms"),
    _ms("sent_ms"),
    _ms("opened_ms"),
    _ms("starts_ms"),  # of the meeting, as this mail tells it
    Index("ix_posts_state_due_ms", "state", "due_ms"),
)

errand_marks = Table(  # one row per meeting whose minutes wait for somebody
    "errand_marks",
    metadata,
    _id("meeting_id", primary_key=True),
    _count("wanted_number"),  # of the last fact after which somebody may have to act
    _count("told_number"),
    _ms("due_ms"),
)

errands_told = Table(  # what each person was told already
    "errands_told",
    metadata,
    _id("meeting_id", primary_key=True),
    _id("person_id", primary_key=True),
    Column("key", String(64), primary_key=True, nullable=False),
    _ms("at_ms"),
)

mailboxes = Table(  # how far each mailbox is read
    "mailboxes",
    metadata,
    Column("mailbox", String(600), primary_key=True, nullable=False),
    Column("validity", BigInteger, nullable=False, server_default="0"),  # UIDVALIDITY: another one numbers anew
    Column("last_uid", BigInteger, nullable=False, server_default="0"),
    Column("trying_uid", BigInteger, nullable=False, server_default="0"),
    _count("tries"),
)

arrivals = Table(  # one row per mail that came in
    "arrivals",
    metadata,
    _id("arrival_id", primary_key=True),
    _id("meeting_id"),  # "": it belongs to none that is known
    _id("person_id"),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),  # done, open, settled
    _text("reason"),
    _ms("at_ms"),
    _ms("written_ms"),
    _text("answer"),
    _ms("starts_ms"),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_arrivals_meeting_id_at_ms", "meeting_id", "at_ms"),
)

calendar_feeds = Table(  # a secret address follows from the row and the server's key
    "calendar_feeds",
    metadata,
    Column("account_id", String(64), ForeignKey("accounts.account_id"), primary_key=True, nullable=False),
    Column("feed_id", String(64), nullable=False, unique=True),
    _ms("created_ms"),
    _text("digest"),
    _ms("changed_ms"),  # when it last said something else
)

ballot_boxes = Table(  # one row per secret ballot that is open; never a row per voter, nothing with an order or a time
    "ballot_boxes",
    metadata,
    _id("meeting_id", primary_key=True),
    _id("motion_id", primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("private_key", LargeBinary),  # sealed; NULL: closed, nobody can sign another paper
    Column("box", LargeBinary, nullable=False),  # sealed: all ballots by receipt, written anew with each
)

settings = Table(
    "settings",
    metadata,
    Column("key", String(200), primary_key=True, nullable=False),
    Column("value", JSON, nullable=False),
)
