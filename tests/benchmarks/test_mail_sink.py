"""The mail sink of the load speaks SMTP to a real client, and counts."""

from email.message import EmailMessage

import aiosmtplib

from tests.benchmarks.ground import mail_sink


async def test_it_takes_mails_and_tells_how_many_and_which() -> None:
    async with mail_sink() as sink:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=sink.port) as client:
            for name in ("<1@x>", "<2@x>", "<2@x>"):
                mail = EmailMessage()
                mail["From"], mail["To"], mail["Message-ID"] = "a@example.com", "ñ@example.com", name
                mail.set_content("a line\n.a line that begins with a dot\n.\nthe end")
                await client.send_message(mail)
        assert await sink.counted() == {"mails": 3, "message_ids": 2, "without_id": 0}
