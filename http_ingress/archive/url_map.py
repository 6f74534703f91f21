"""Every place of the archive: what is mounted, and what its schema describes."""

from collections.abc import Iterator
from dataclasses import replace

from http_ingress.archive.aggregate_api import get_aggregate
from http_ingress.archive.content_api import get_content, get_thumbnail_content
from http_ingress.archive.frame_posts_api import delete_frame, patch_frame, post_frame
from http_ingress.archive.frames_api import get_frame, get_frames, get_headers, get_related
from http_ingress.archive.html.basket_page import get_basket, post_basket, show_basket
from http_ingress.archive.html.frame_page import show_frame
from http_ingress.archive.html.related_page import show_related
from http_ingress.archive.html.search_page import go_to_search, show_search
from http_ingress.archive.html.sky_api import get_sky
from http_ingress.archive.made_api import get_catalogue, get_unpacked
from http_ingress.archive.places import At, Do, Place
from http_ingress.archive.root_api import (
    get_health,
    get_robots,
    get_root,
    go_to_schema,
    go_to_status,
)
from http_ingress.archive.schema_api import schema_place
from http_ingress.archive.thumbnails_api import (
    delete_thumbnail,
    get_thumbnail,
    get_thumbnails,
    patch_thumbnail,
    post_thumbnail,
)
from http_ingress.archive.user_places import USER_PLACES
from http_ingress.archive.versions_api import get_version, get_versions
from http_ingress.archive.zip_api import post_zip

_read = At()
_kept = At(access="superusers_write")
_for_staff = At(access="staff")
_plain = At(negotiated=False)
_linked = At(negotiated=False, open=True)


def _frames() -> Iterator[Place]:
    about = "Frames that may be seen, by filters; superusers send new ones."
    yield _kept("/frames/", "Frame List", about, show_search, GET=get_frames, POST=post_frame)
    about = "Which sites, telescopes, filters, instruments, types and proposals there are."
    yield _read("/frames/aggregate/", "Frame Aggregate", about, GET=get_aggregate)
    about = "The files of frames that may be seen, as one zip."
    zipped = At(access="own", negotiated=False)
    yield replace(zipped("/frames/zip/", "Frame Zip", about, POST=post_zip), framed=True)
    one: dict[str, Do] = {"GET": get_frame, "PATCH": patch_frame, "DELETE": delete_frame}
    yield _kept("/frames/{id}/", "Frame Instance", "One frame.", show_frame, **one)
    about = "The headers that came with its newest version."
    yield _read("/frames/{id}/headers/", "Frame Headers", about, GET=get_headers)
    about = "The frames that it is related to."
    yield _read("/frames/{id}/related/", "Frame Related", about, show_related, GET=get_related)
    about = "A chart of where it is on the sky."
    yield _plain("/frames/{id}/sky.svg", "Frame Sky", about, GET=get_sky)
    basket, about = At(access="own"), "Frames that a browser has put by."
    yield basket("/basket/", "Basket", about, show_basket, GET=get_basket, POST=post_basket)


def _versions_and_thumbnails() -> Iterator[Place]:
    about = "Versions of all frames, for staff; `md5` finds one."
    yield _for_staff("/versions/", "Version List", about, GET=get_versions)
    about = "One version, for staff."
    yield _for_staff("/versions/{id}/", "Version Instance", about, GET=get_version)
    about = "Pictures of frames that may be seen; superusers send new ones."
    yield _kept("/thumbnails/", "Thumbnail List", about, GET=get_thumbnails, POST=post_thumbnail)
    one: dict[str, Do] = {
        "GET": get_thumbnail,
        "PATCH": patch_thumbnail,
        "DELETE": delete_thumbnail,
    }
    yield _kept("/thumbnails/{id}/", "Thumbnail Instance", "One picture.", **one)


def _bytes() -> Iterator[Place]:
    about = "The newest file of a frame, with its compressed images made plain."
    yield _plain("/frame-funpack/{id}/funpack/", "Frame Funpack", about, GET=get_unpacked)
    about = "The catalogue in the newest file of a frame, as FITS."
    yield _plain("/frame-catalog/{id}/catalog/", "Frame Catalog", about, GET=get_catalogue)
    about = "The bytes of a version, for whoever has been given a link to them."
    yield _linked("/content/{id}/{name}", "Version Content", about, GET=get_content)
    path = "/thumbnail-content/{id}/{name}"
    about = "The bytes of a picture, for whoever has been given a link to them."
    yield _linked(path, "Thumbnail Content", about, GET=get_thumbnail_content)


def _about_itself() -> Iterator[Place]:
    health = At(open=True)
    yield health("/health/", "Health", "Says that the service is up.", GET=get_health)
    yield _linked("/robots.txt", "Robots", "Keeps crawlers out.", GET=get_robots)
    yield _plain("/redoc/", "Documentation", "Leads to the schema.", GET=go_to_schema)
    about = "Leads to the page from which the installation is administered."
    admin = At(access="staff", negotiated=False)
    yield admin("/admin/", "Administration", about, GET=go_to_status)


_PLACES: tuple[Place, ...] = (
    _read("/", "Api Root", "Says where the lists are.", go_to_search, GET=get_root),
    *_frames(),
    *_versions_and_thumbnails(),
    *_bytes(),
    *_about_itself(),
    *USER_PLACES,
)

PLACES: tuple[Place, ...] = (*_PLACES, schema_place(_PLACES))
"""The first whose path fits is taken."""
