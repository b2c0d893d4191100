"""Mails as other people's programs write them, made to the RFCs (5546, 6047, 3464, 3834) in each program's own shape.

No assertion lives here.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime

OFFICE = "rapat@contoh.go.id"
PARTS = {"yes": "ACCEPTED", "no": "DECLINED", "maybe": "TENTATIVE"}


@dataclass(frozen=True)
class Invited:
    """What somebody holds in hands who answers."""

    meeting_id: str
    email: str
    name: str
    message_id: str
    sequence: int
    starts_ms: int
    now_ms: int
    sender: str = ""  # who sends the answer; "": who was invited

    @property
    def writer(self) -> str:
        return self.sender or self.email

    def later(self, ms: int) -> Invited:
        return replace(self, now_ms=self.now_ms + ms)


def utc(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")


def _date(one: Invited) -> str:
    return format_datetime(datetime.fromtimestamp(one.now_ms / 1000, UTC))


def _mail(text: str) -> bytes:
    return text.lstrip("\n").replace("\r\n", "\n").replace("\n", "\r\n").encode()


def _calendar(lines: str) -> str:
    """Folded at 75 octets, as all of them do."""
    folded: list[str] = []
    for line in lines.strip().splitlines():
        rest = line.encode()
        while len(rest) > 75:
            folded.append(rest[:75].decode())
            rest = b" " + rest[75:]
        folded.append(rest.decode())
    return "\r\n".join(folded) + "\r\n"


def _base64(text: str) -> str:
    coded = base64.b64encode(text.encode()).decode()
    return "\n".join(coded[at : at + 76] for at in range(0, len(coded), 76))


def outlook(one: Invited, answer: str = "yes", comment: str = "") -> bytes:
    """Outlook with Exchange: the calendar part alone beside an empty text, time zones by their Windows names."""
    said = f"COMMENT;LANGUAGE=id-ID:{comment}\n" if comment else ""
    event = _calendar(f"""
BEGIN:VCALENDAR
METHOD:REPLY
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VTIMEZONE
TZID:SE Asia Standard Time
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0700
TZOFFSETTO:+0700
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T000000
TZOFFSETFROM:+0700
TZOFFSETTO:+0700
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
ATTENDEE;PARTSTAT={PARTS[answer]};CN={one.name}:MAILTO:{one.email}
{said}UID:{one.meeting_id}@balai
SUMMARY;LANGUAGE=id-ID:Accepted: Rapat koordinasi
DTSTART;TZID=SE Asia Standard Time:20260102T090000
DTEND;TZID=SE Asia Standard Time:20260102T110000
CLASS:PUBLIC
PRIORITY:5
DTSTAMP:{utc(one.now_ms)}
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:{one.sequence}
LOCATION;LANGUAGE=id-ID:Aula
X-MICROSOFT-CDO-APPT-SEQUENCE:{one.sequence}
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY
X-MICROSOFT-CDO-ALLDAYEVENT:FALSE
X-MICROSOFT-CDO-INSTTYPE:0
X-MICROSOFT-DISALLOW-COUNTER:FALSE
END:VEVENT
END:VCALENDAR
""")
    return _mail(f"""
Received: from EX01.contoh.go.id ([fe80::1]) by EX01.contoh.go.id with mapi id 15.01
From: "{one.name}" <{one.writer}>
To: "Sekretariat Daerah" <{OFFICE}>
Subject: Accepted: Undangan: Rapat koordinasi
Thread-Topic: Undangan: Rapat koordinasi
Date: {_date(one)}
Message-ID: <{one.now_ms}.ex@contoh.go.id>
In-Reply-To: {one.message_id}
References: {one.message_id}
Accept-Language: id-ID
Content-Language: id-ID
X-MS-Has-Attach:
Content-Type: multipart/alternative;
\tboundary="_000_0123456789abcdefEX01_"
MIME-Version: 1.0

--_000_0123456789abcdefEX01_
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

=20

--_000_0123456789abcdefEX01_
Content-Type: text/calendar; charset="utf-8"; method=REPLY
Content-Transfer-Encoding: base64

{_base64(event)}

--_000_0123456789abcdefEX01_--
""")


def gmail(one: Invited, answer: str = "yes") -> bytes:
    """Gmail: words for people, the calendar part, and the same once more as invite.ics; sent by its own server."""
    event = _calendar(f"""
BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:REPLY
BEGIN:VEVENT
DTSTART:{utc(one.starts_ms)}
DTEND:{utc(one.starts_ms + 7_200_000)}
DTSTAMP:{utc(one.now_ms)}
ORGANIZER;CN=Sekretariat Daerah:mailto:{OFFICE}
UID:{one.meeting_id}@balai
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={PARTS[answer]};CN={one.name};X-NUM-GUESTS=0:mailto:{one.email}
CREATED:{utc(one.now_ms - 60_000)}
DESCRIPTION:Acara:\\n1. Pembukaan
LAST-MODIFIED:{utc(one.now_ms)}
LOCATION:Aula
SEQUENCE:{one.sequence}
STATUS:CONFIRMED
SUMMARY:Rapat koordinasi
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
""")
    return _mail(f"""
MIME-Version: 1.0
Reply-To: {one.name} <{one.writer}>
Sender: Google Calendar <calendar-notification@google.com>
Auto-Submitted: auto-generated
Message-ID: <calendar-{one.now_ms}@google.com>
Date: {_date(one)}
Subject: Accepted: Rapat koordinasi @ Fri Jan 2, 2026 9am - 11am (WIB) ({OFFICE})
From: {one.name} <{one.writer}>
To: {OFFICE}
Content-Type: multipart/mixed; boundary="000000000000aaaa"

--000000000000aaaa
Content-Type: multipart/alternative; boundary="000000000000bbbb"

--000000000000bbbb
Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes
Content-Transfer-Encoding: base64

{_base64(f"{one.name} has accepted this invitation.")}
--000000000000bbbb
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

<html><body><p>{one.name} has accepted this invitation.</p></body></html>
--000000000000bbbb
Content-Type: text/calendar; charset="UTF-8"; method=REPLY
Content-Transfer-Encoding: 7bit

{event}
--000000000000bbbb--
--000000000000aaaa
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: base64

{_base64(event)}
--000000000000aaaa--
""")


def thunderbird(one: Invited, answer: str = "yes") -> bytes:
    """Thunderbird: one mixed mail, the calendar part in base64, its own properties kept."""
    event = _calendar(f"""
BEGIN:VCALENDAR
PRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
CREATED:{utc(one.now_ms)}
LAST-MODIFIED:{utc(one.now_ms)}
DTSTAMP:{utc(one.now_ms)}
UID:{one.meeting_id}@balai
SUMMARY:Rapat koordinasi
STATUS:CONFIRMED
ORGANIZER;CN="Sekretariat Daerah":mailto:{OFFICE}
ATTENDEE;CN="{one.name}";RSVP=TRUE;CUTYPE=INDIVIDUAL;PARTSTAT={PARTS[answer]};ROLE=REQ-PARTICIPANT:mailto:{one.email}
X-MOZ-RECEIVED-SEQUENCE:{one.sequence}
X-MOZ-RECEIVED-DTSTAMP:{utc(one.now_ms)}
DTSTART:{utc(one.starts_ms)}
DTEND:{utc(one.starts_ms + 7_200_000)}
LOCATION:Aula
SEQUENCE:{one.sequence}
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
""")
    return _mail(f"""
Content-Type: multipart/mixed; boundary="------------VYmRRNF0rM2FjWfTUiCCDAAv"
Message-ID: <{one.now_ms}.tb@contoh.go.id>
Date: {_date(one)}
MIME-Version: 1.0
User-Agent: Mozilla Thunderbird
From: {one.name} <{one.writer}>
To: {OFFICE}
Subject: Event Invitation Reply (Accepted): Rapat koordinasi

This is a multi-part message in MIME format.
--------------VYmRRNF0rM2FjWfTUiCCDAAv
Content-Type: multipart/alternative; boundary="------------0123"

--------------0123
Content-Type: text/plain; charset=UTF-8; format=flowed
Content-Transfer-Encoding: 8bit

{one.name} <{one.email}> has accepted your event invitation.
--------------0123
Content-Type: text/calendar; method=REPLY; charset=UTF-8
Content-Transfer-Encoding: base64

{_base64(event)}
--------------0123--
--------------VYmRRNF0rM2FjWfTUiCCDAAv
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: base64

{_base64(event)}
--------------VYmRRNF0rM2FjWfTUiCCDAAv--
""")


def apple(one: Invited, answer: str = "yes") -> bytes:
    """Calendar of macOS and iOS: quoted-printable, EMAIL beside the address, no SEQUENCE where it is zero."""
    sequence = f"SEQUENCE:{one.sequence}\n" if one.sequence else ""
    event = _calendar(f"""
BEGIN:VCALENDAR
CALSCALE:GREGORIAN
PRODID:-//Apple Inc.//macOS 15.0//EN
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
TRANSP:OPAQUE
DTEND:{utc(one.starts_ms + 7_200_000)}
LAST-MODIFIED:{utc(one.now_ms)}
ORGANIZER;CN="Sekretariat Daerah":mailto:{OFFICE}
UID:{one.meeting_id}@balai
DTSTAMP:{utc(one.now_ms)}
LOCATION:Aula
{sequence}SUMMARY:Rapat koordinasi
DTSTART:{utc(one.starts_ms)}
CREATED:{utc(one.now_ms)}
ATTENDEE;CN="{one.name}";CUTYPE=INDIVIDUAL;EMAIL="{one.email}";PARTSTAT={PARTS[answer]}:mailto:{one.email}
END:VEVENT
END:VCALENDAR
""")
    quoted = event.replace("=", "=3D").replace("\r\n", "\n")
    return _mail(f"""
From: {one.name} <{one.writer}>
Content-Type: multipart/alternative; boundary="Apple-Mail-6E1C"
MIME-Version: 1.0 (iOS 18)
Subject: Accepted: Rapat koordinasi
Date: {_date(one)}
Message-Id: <{one.now_ms}.A@contoh.go.id>
To: {OFFICE}
X-Mailer: iPhone Mail

--Apple-Mail-6E1C
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

{one.name} accepted "Rapat koordinasi".
--Apple-Mail-6E1C
Content-Type: text/calendar; charset=utf-8; method=REPLY; name="iCal-20260101.ics"
Content-Transfer-Encoding: quoted-printable

{quoted}
--Apple-Mail-6E1C--
""")


PROGRAMS = {"outlook": outlook, "gmail": gmail, "thunderbird": thunderbird, "apple": apple}


def _calendar_mail(one: Invited, method: str, lines: str) -> bytes:
    event = _calendar(f"""
BEGIN:VCALENDAR
PRODID:-//Orang Lain//ID
VERSION:2.0
METHOD:{method}
BEGIN:VEVENT
UID:{one.meeting_id}@balai
DTSTAMP:{utc(one.now_ms)}
SEQUENCE:{one.sequence}
ORGANIZER:mailto:{OFFICE}
{lines}
END:VEVENT
END:VCALENDAR
""")
    return _mail(f"""
From: {one.name} <{one.writer}>
To: {OFFICE}
Date: {_date(one)}
Subject: Rapat koordinasi
In-Reply-To: {one.message_id}
MIME-Version: 1.0
Content-Type: text/calendar; method={method}; charset=utf-8
Content-Transfer-Encoding: base64

{_base64(event)}
""")


def delegated(one: Invited, stand_in: str, name: str) -> bytes:
    """Who was invited names somebody else (RFC 5546, 4.2.5)."""
    return _calendar_mail(
        one,
        "REPLY",
        f'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:{stand_in}":mailto:{one.email}\n'
        f'ATTENDEE;CN="{name}";RSVP=TRUE;DELEGATED-FROM="mailto:{one.email}":mailto:{stand_in}',
    )


def from_stand_in(one: Invited, stand_in: str) -> bytes:
    """The one who was named accepts."""
    return _calendar_mail(
        replace(one, sender=stand_in),
        "REPLY",
        f'ATTENDEE;PARTSTAT=ACCEPTED;DELEGATED-FROM="mailto:{one.email}":mailto:{stand_in}',
    )


def counter(one: Invited, starts_ms: int) -> bytes:
    """Another time is proposed."""
    times = f"DTSTART:{utc(starts_ms)}\nDTEND:{utc(starts_ms + 3_600_000)}\nCOMMENT:Apakah bisa siang?"
    return _calendar_mail(one, "COUNTER", f"ATTENDEE;PARTSTAT=TENTATIVE:mailto:{one.email}\n{times}")


def plain(one: Invited, text: str) -> bytes:
    """Words, above what is quoted."""
    return _mail(f"""
From: {one.name} <{one.writer}>
To: {OFFICE}
Date: {_date(one)}
Subject: Re: Undangan: Rapat koordinasi
In-Reply-To: {one.message_id}
Content-Type: text/plain; charset=utf-8

{text}

Pada Kam, 1 Jan 2026 09.00 Sekretariat Daerah <{OFFICE}> menulis:
> Bersama ini kami mengundang Bapak/Ibu
""")


def out_of_office(one: Invited) -> bytes:
    """As Exchange writes it."""
    return _mail(f"""
From: {one.name} <{one.writer}>
To: Sekretariat Daerah <{OFFICE}>
Date: {_date(one)}
Subject: Automatic reply: Undangan: Rapat koordinasi
In-Reply-To: {one.message_id}
X-Auto-Response-Suppress: All
Auto-Submitted: auto-generated
Content-Type: text/html; charset="iso-8859-1"

<html><head><style>p {{}}</style></head><body><p>Saya cuti sampai tanggal 9.</p></body></html>
""")


def postfix_bounce(one: Invited, status: str = "5.1.1", action: str = "failed") -> bytes:
    """A report (RFC 3464) with the headers of what came back."""
    return _mail(f"""
Return-Path: <>
From: MAILER-DAEMON@mail.contoh.go.id (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {OFFICE}
Date: {_date(one)}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4Yx0aB.1767232800/mail.contoh.go.id"

This is a MIME-encapsulated message.

--4Yx0aB.1767232800/mail.contoh.go.id
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--4Yx0aB.1767232800/mail.contoh.go.id
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.contoh.go.id
X-Postfix-Queue-ID: 4Yx0aB
Arrival-Date: {_date(one)}

Final-Recipient: rfc822; {one.email}
Original-Recipient: rfc822;{one.email}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{one.email}>: Recipient address rejected:
    User unknown

--4Yx0aB.1767232800/mail.contoh.go.id
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: Sekretariat Daerah <{OFFICE}>
To: {one.name} <{one.email}>
Subject: Undangan: Rapat koordinasi
Message-ID: {one.message_id}

--4Yx0aB.1767232800/mail.contoh.go.id--
""")


def exchange_bounce(one: Invited, status: str = "5.1.10") -> bytes:
    """The whole mail comes back inside."""
    return _mail(f"""
From: Microsoft Outlook <MicrosoftExchange329e@contoh.go.id>
To: {OFFICE}
Date: {_date(one)}
Subject: Undeliverable: Undangan: Rapat koordinasi
In-Reply-To: {one.message_id}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: multipart/alternative; boundary="b2"

--b2
Content-Type: text/plain; charset="utf-8"

Your message couldn't be delivered.
--b2
Content-Type: text/html; charset="utf-8"

<html><body>Your message couldn't be delivered.</body></html>
--b2--
--b1
Content-Type: message/delivery-status

Reporting-MTA: dns;ex01.contoh.go.id

Final-Recipient: RFC822; {one.email}
Action: failed
Status: {status}
Diagnostic-Code: smtp;550 {status} RESOLVER.ADR.RecipientNotFound

--b1
Content-Type: message/rfc822

From: Sekretariat Daerah <{OFFICE}>
To: {one.email}
Message-ID: {one.message_id}
Subject: Undangan: Rapat koordinasi
Content-Type: text/plain

Bersama ini
--b1--
""")
