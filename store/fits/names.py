"""Names of frames and of their files."""


def split_name(filename: str) -> tuple[str, str]:
    """Return basename and extension: `m51-e91.fits.fz` is `m51-e91` and `.fits.fz`.

    The first dot divides, unless the name begins with it: then all is basename. Folders are
    left out.
    """
    name = filename.rpartition("/")[2]
    dot = name.find(".")
    return (name[:dot], name[dot:]) if dot > 0 else (name, "")
