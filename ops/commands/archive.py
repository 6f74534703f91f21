"""`muniment archive`: the science archive, looked after on the database itself."""

from ops.commands import archive_expiry, archive_people, archive_reconciling, archive_upkeep
from ops.commands.manual import command_group

app = command_group("The science archive: its frames, its users, and what subscribers are told.")
for part in (archive_expiry, archive_upkeep, archive_reconciling, archive_people):
    app.add_typer(part.app)
