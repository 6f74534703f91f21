"""Whether events get through: one is sent."""

from datetime import UTC

from ops.doctor.finding import Finding, Patient
from schemas.probes import ProbeRequested

_SECONDS = 10.0


def canary(patient: Patient) -> Finding:
    """Post a probe, and wait for its answer."""
    probe = ProbeRequested(probe=f"doctor {patient.clock().astimezone(UTC):%H:%M:%S}")
    operation = patient.client.post(probe, wait=_SECONDS)
    if operation.state == "succeeded":
        return Finding("canary", "ok", f"a probe posted to {patient.url} was answered")
    told = f"a probe posted to {patient.url} is {operation.state} after {_SECONDS:g} s"
    advice = f"is `muniment consume answer-probe` running? `muniment why {operation.id}`"
    return Finding("canary", "wrong", told, advice)
