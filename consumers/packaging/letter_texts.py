"""The texts of mails where an operator has written none. For placeholders see `letters`."""

SUBJECT = "Resource from {ckan_host}"

_BODY = """\
Hello,

the resource {resource_id} from {ckan_host} that you asked for is ready. You can download it here:

{download_url}

%s The link stops working on {expires} (UTC), so please fetch the file before that day. After it, \
you are welcome to ask for the resource again.

{doi_body}If you did not ask for it, somebody has mistyped an address, and you need not do anything.
"""

_BODY_HTML = """\
<!DOCTYPE html>
<html lang="en">
<body>
<p>Hello,</p>
<p>the resource {resource_id} from {ckan_host} that you asked for is ready. You can download it
here:</p>
<p><a href="{download_url}">{download_url}</a></p>
<p>%s The link stops working on {expires} (UTC), so please fetch the file before that day. After it,
you are welcome to ask for the resource again.</p>
{doi_body_html}<p>If you did not ask for it, somebody has mistyped an address, and you need not do
anything.</p>
</body>
</html>
"""

_ROWS = "It is a zip file of {size}; rows of data in it: {rows}."
_FILE = "It is a zip file of {size}."

ROWS_BODY = _BODY % _ROWS
ROWS_BODY_HTML = _BODY_HTML % _ROWS
FILE_BODY = _BODY % _FILE
FILE_BODY_HTML = _BODY_HTML % _FILE

DOI_BODY = """\
If you use these data, please cite them by their DOI:

https://doi.org/{doi}

"""

DOI_BODY_HTML = """\
<p>If you use these data, please cite them by their DOI:</p>
<p><a href="{doi_url}">https://doi.org/{doi}</a></p>
"""

APOLOGY_SUBJECT = "Resource from {ckan_host} could not be packaged"

APOLOGY_BODY = """\
Hello,

you asked for the resource {resource_id} from {ckan_host}. We are sorry: it could not be packaged, \
and there is nothing to download.

Please ask for it again in a while. If it fails then, too, please tell the people who run \
{ckan_host}, and name the resource.

If you did not ask for it, somebody has mistyped an address, and you need not do anything.
"""

APOLOGY_BODY_HTML = """\
<!DOCTYPE html>
<html lang="en">
<body>
<p>Hello,</p>
<p>you asked for the resource {resource_id} from {ckan_host}. We are sorry: it could not be
packaged, and there is nothing to download.</p>
<p>Please ask for it again in a while. If it fails then, too, please tell the people who run
{ckan_host}, and name the resource.</p>
<p>If you did not ask for it, somebody has mistyped an address, and you need not do anything.</p>
</body>
</html>
"""
