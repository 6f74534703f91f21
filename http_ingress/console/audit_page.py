"""The page of the audit: who changed what."""

from aiohttp import web

from http_ingress.audit_api import audit_page
from http_ingress.console.answers import page
from http_ingress.console.places import Call


async def show(request: web.Request, call: Call) -> web.Response:
    """Show some changes, the latest first. Raises a Problem: an unknown question."""
    found = await audit_page(request, "/admin/audit/")
    asked = request.query.get("what", "")
    first = not request.query.get("before")
    return page(request, "audit", call, found=found, asked=asked, first=first)
