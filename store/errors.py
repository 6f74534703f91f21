"""The one tree of errors; each carries its facts as attributes.

MunimentError
├── UnavailableError                 something we depend on is down: wait, do not give up
│   ├── DatabaseUnavailableError
│   ├── BrokerUnavailableError
│   ├── ObjectsUnavailableError
│   ├── MailUnavailableError
│   ├── FileStoreUnavailableError
│   ├── NoticesUnavailableError
│   ├── KafkaUnavailableError
│   ├── PortalUnavailableError
│   └── ConfigurationUnavailableError
├── ObjectNotFoundError              no object under this key
├── DigestMismatchError              the bytes are not those that were announced
├── SourceRefusedError               a place we will not read from
├── SourceNotFoundError              nothing is there
├── SourceUnavailableError           somebody else's server does not answer for now
├── MailDeferredError                the mail server will not take this mail for now
├── MailRefusedError                 the mail server will never take this mail
├── DeliveryLostError                another process holds the delivery by now
├── RepeatedTryError                 this try has failed before: what failed now was a copy
├── ConflictError                    the same identifier already stands for something else
├── ExhaustedError                   all numbers that may name something are in use
└── SetupError                       wrong settings or a missing step; the message says what to do
"""


class MunimentError(Exception):
    """Base of every error that Muniment itself raises."""


class UnavailableError(MunimentError):
    """Something we depend on is down. Whoever meets this waits; no attempt is used up."""

    dependency = "dependency"


class DatabaseUnavailableError(UnavailableError):
    """The database does not answer, or cannot write (disk full included)."""

    dependency = "database"


class BrokerUnavailableError(UnavailableError):
    """RabbitMQ does not answer or takes nothing (alarm)."""

    dependency = "broker"


class ObjectsUnavailableError(UnavailableError):
    """The object store does not answer, or cannot write (disk full included)."""

    dependency = "objects"


class MailUnavailableError(UnavailableError):
    """The mail server does not answer, or takes nothing from us."""

    dependency = "mail"


class FileStoreUnavailableError(UnavailableError):
    """Where clients put their files does not answer."""

    dependency = "file store"


class NoticesUnavailableError(UnavailableError):
    """The broker that notices of archived files go to does not answer."""

    dependency = "notices"


class KafkaUnavailableError(UnavailableError):
    """The Kafka that the ledger is copied to does not answer, or takes nothing from us."""

    dependency = "kafka"


class PortalUnavailableError(UnavailableError):
    """The observation portal gives no answer that means anything.

    `answered`: it did say something, with a status of 500 or above.
    """

    dependency = "portal"

    def __init__(self, message: str, *, answered: bool = False) -> None:
        self.answered = answered
        super().__init__(message)


class ConfigurationUnavailableError(UnavailableError):
    """The database that knows configuration types gives no answer that means anything."""

    dependency = "configuration database"


class MailDeferredError(MunimentError):
    """The mail server will not take this one mail for now (SMTP 4xx)."""


class MailRefusedError(MunimentError):
    """The mail server will never take this mail (SMTP 5xx)."""


class ObjectNotFoundError(MunimentError):
    """There is no object under `key`."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"no object {key!r}")


class DigestMismatchError(MunimentError):
    """The bytes are not those that were announced; `field` is `size`, `sha256` or `md5`."""

    def __init__(self, field: str, expected: object, actual: object) -> None:
        self.field = field
        self.expected = expected
        self.actual = actual
        super().__init__(f"{field} is {actual}, announced was {expected}")


class SourceRefusedError(MunimentError):
    """The settings do not allow reading from `source`."""

    def __init__(self, source: str, reason: str) -> None:
        self.source = source
        self.reason = reason
        super().__init__(f"will not read {source!r}: {reason}")


class SourceNotFoundError(MunimentError):
    """Nothing is at `source`."""

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__(f"nothing is at {source!r}")


class DeliveryLostError(MunimentError):
    """Our lease ran out and another process holds the delivery: undo, and forget it."""


class RepeatedTryError(MunimentError):
    """This try has failed before, and what follows it is on its way: undo, and forget it."""


class SourceUnavailableError(MunimentError):
    """A source does not answer for now.

    Not an UnavailableError: it concerns one event, which is tried again and in the end parked.
    Nobody's unreachable server may hold up the events of all others. `retry_after` is how many
    seconds from now the server asks to be left alone, when it says so (RFC 9110 section 10.2.3).
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class ConflictError(MunimentError):
    """The same identifier already stands for something else; `field` names the identifier."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        self.message = message
        super().__init__(message)


class ExhaustedError(MunimentError):
    """All numbers that may name rows of `table` are in use."""

    def __init__(self, table: str, last: int) -> None:
        self.table = table
        super().__init__(f"{table} has no id left: none is above {last}")


class SetupError(MunimentError):
    """Wrong settings or a missing step; the message says what to do."""
