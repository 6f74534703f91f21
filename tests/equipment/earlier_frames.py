"""Rows of the tables of frames, as the release that brought them had them."""

from datetime import datetime


def frame_rows(event: str, at: datetime) -> dict[str, list[dict[str, object]]]:
    """Return them by table: a frame with one version, a thumbnail, and all that goes with it."""
    return {
        "frames": [
            {
                "id": 1,
                "basename": "before-e00",
                "basename_folded": "before-e00",
                "observation_date": at,
                "observation_day": "2026-02-28",
                "public_date": None,
                "proposal_id": "P",
                "instrument_id": "kb01",
                "target_name": "M 1",
                "target_folded": "m 1",
                "site_id": "abc",
                "telescope_id": "1m0a",
                "primary_optical_element": "V",
                "configuration_type": "EXPOSE",
                "reduction_level": 0,
                "exposure_time": 1.5,
                "observation_id": 2**40,
                "request_id": 2**40,
                "submitter": "before",
                "area": None,
                "newest": 1,
                "created_at": at,
                "modified_at": at,
            }
        ],
        "frame_headers": [{"frame": 1, "document": "{}"}],
        "frame_versions": [
            {
                "id": 1,
                "uid": event,
                "frame": 1,
                "key": "k",
                "md5": "0" * 32,
                "extension": ".fits",
                "created_at": at,
                "path": "abc/before-e00.fits",
                "object_key": None,
                "size": 2**40,
                "sha256": "0" * 64,
                "crc32": 2**32 - 1,
                "fixity": "sound",
                "looked_at": at,
            }
        ],
        "frame_links": [{"frame": 1, "related": 2}, {"frame": 2, "related": 1}],
        "frame_cells": [{"cell": 2**40, "frame": 1}],
        "frame_combinations": [
            {
                "grain": "all",
                "start": "",
                "site_id": "abc",
                "telescope_id": "1m0a",
                "primary_optical_element": "V",
                "instrument_id": "kb01",
                "configuration_type": "EXPOSE",
                "proposal_id": "P",
                "frames": 1,
                "first_public": None,
                "last_public": None,
            }
        ],
        "thumbnails": [
            {
                "id": 1,
                "basename": "before-e00-small",
                "frame": 1,
                "size": "small",
                "extension": ".jpg",
                "key": "t",
                "path": None,
                "object_key": "content/t",
                "drawn": True,
                "modified_at": at,
            }
        ],
        "frame_drafts": [
            {
                "id": "d",
                "event_key": event,
                "fingerprint": "0" * 64,
                "document": "{}",
                "accepted_at": at,
            }
        ],
        "frame_notices": [{"id": event, "body": "{}"}],
        "archive_users": [
            {
                "user_name": "before",
                "generation": 1,
                "token_digest": "d",
                "staff": True,
                "superuser": False,
                "from_portal": True,
                "portal_token": None,
                "portal_digest": None,
                "password_hash": None,
                "email": "before@example.org",
                "first_name": "",
                "last_name": "",
                "proposals": "[]",
                "proposals_at": at,
            }
        ],
        "archive_visits": [{"visitor": "user:before", "minute": 29_500_000, "requests": 1}],
    }
