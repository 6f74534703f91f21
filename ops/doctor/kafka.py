"""Whether the copy in Kafka keeps up."""

from contextlib import closing

from ops.doctor.finding import Finding, Patient
from ops.kafka_wiring import TAP, open_topic, tap_row
from store import taps
from store.errors import KafkaUnavailableError
from store.views import span

_FAR_BEHIND = 10_000


def kafka(patient: Patient) -> Finding:
    """Ask it, and compare how far the tap is with the ledger; without one nothing is wrong."""
    settings = patient.settings
    if not settings.kafka_url:
        return Finding("kafka", "ok", "the ledger is copied to no Kafka")
    tap = taps.read(patient.store.database).get(tap_row(settings))
    behind = span(patient.store.database).last - (tap.position if tap else 0)
    told = f"{settings.kafka_topic} is {behind} positions behind the ledger"
    try:
        with closing(open_topic(settings, "doctor")) as topic:
            topic.ends()
    except KafkaUnavailableError as error:
        advice = "see MUNIMENT_KAFKA_URL; nothing is lost, the tap goes on where it was"
        return Finding("kafka", "wrong", f"{told}; {error}", advice)
    if tap is None or tap.until is None or tap.until < patient.clock():
        advice = f"start `muniment consume {TAP}`, or `up`"
        return Finding("kafka", "wrong", f"{told}; no process copies", advice)
    if behind > _FAR_BEHIND:
        advice = f"it catches up by itself; see what {tap.owner} waits for"
        return Finding("kafka", "warning", told, advice)
    return Finding("kafka", "ok", f"{told}; {tap.owner} copies")
