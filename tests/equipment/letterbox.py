"""Mails that wait to be sent, with the requests they answer, as `zip-dataset` leaves them."""

from schemas.mail import MailRequested, Purpose
from store import tables
from store.mails import SqlMails
from store.package_ports import Mail, PackageRequest
from store.packages import request_row
from tests.equipment.world import World

ADDRESS = "ada@example.org"
RESOURCE = "birds"


def write_mail(
    world: World,
    mail_id: str = "m-1",
    *,
    recipient: str = ADDRESS,
    purpose: Purpose = "package",
    asked: bool = True,
) -> MailRequested:
    """Write a mail and, if `asked`, its request, key `r-` and the mail's id; return its event."""
    key = f"r-{mail_id}"
    request = PackageRequest(
        event_key=key,
        kind="datastore",
        resource_id=RESOURCE,
        format="csv",
        host="data.museum.example",
        digest="0" * 64,
        parameters={"resource_id": RESOURCE},
        api_key="an-api-key",
        email=recipient,
        asked_by="masked",
        count="500",
        accepted_at=world.clock(),
    )
    mail = Mail(
        id=mail_id,
        request=key,
        purpose=purpose,
        about=RESOURCE,
        sender="Data Portal <data@museum.example>",
        recipient=recipient,
        subject="Resource from data.museum.example",
        text="Here it is.\n",
        html="<p>Here it is.</p>\n",
        written_at=world.clock(),
    )
    with world.database.transaction() as transaction:
        if asked:
            transaction.insert(tables.package_requests, [request_row(request)])
        SqlMails(transaction, world.database).add(mail)
    return MailRequested(mail=mail_id, purpose=purpose, about=RESOURCE)
