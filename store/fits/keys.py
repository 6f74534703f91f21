"""Which header key means what, and by which rules a header is put in order: `HeaderMapping`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderMapping:
    """The settings of ocs-archive 0.5 that bear on a header, with its names and defaults.

    Both sides should have the same: a client names its files by them, too. A part that is empty
    matches nothing, where for ocs-archive it matches every text.
    """

    required_headers: tuple[str, ...] = (
        "PROPID",
        "DATE-OBS",
        "DAY-OBS",
        "INSTRUME",
        "SITEID",
        "TELID",
        "OBSTYPE",
        "BLKUID",
    )
    """Keys without which a header is no frame's; their values may be anything."""
    header_blacklist: tuple[str, ...] = ("HISTORY", "COMMENT")
    """Keys that are left out; the empty one always is."""
    null_header_values: tuple[str, ...] = ("N/A", "UNSPECIFIED", "UNKNOWN")
    """Texts that say that there is no value."""

    calibration_types: tuple[str, ...] = ("BIAS", "DARK", "SKYFLAT", "EXPERIMENTAL")
    """Types of frames that are public at once."""
    public_proposals: tuple[str, ...] = ("EPO", "calib", "standard", "pointing")
    """Parts of the names of proposals whose frames are public at once."""
    private_proposals: tuple[str, ...] = ("LCOEngineering",)
    """Parts of the names of proposals whose frames are never public."""
    private_file_types: tuple[str, ...] = ("-t00", "-x00")
    """Parts of the names of files that are never public."""
    days_until_public: int = 365
    """For all others: days from the observation."""

    related_frame_keys: tuple[str, ...] = (
        "L1IDBIAS",
        "L1IDDARK",
        "L1IDFLAT",
        "L1IDSHUT",
        "L1IDMASK",
        "L1IDFRNG",
        "L1IDCAT",
        "L1IDARC",
        "L1ID1D",
        "L1ID2D",
        "L1IDSUM",
        "TARFILE",
        "ORIGNAME",
        "ARCFILE",
        "FLATFILE",
        "GUIDETAR",
    )
    """Keys whose values name other frames."""

    observation_date_key: str = "DATE-OBS"
    observation_day_key: str = "DAY-OBS"
    reduction_level_key: str = "RLEVEL"
    exposure_time_key: str = "EXPTIME"
    instrument_id_key: str = "INSTRUME"
    site_id_key: str = "SITEID"
    telescope_id_key: str = "TELID"
    observation_id_key: str = "BLKUID"
    configuration_id_key: str = "MOLUID"
    primary_optical_element_key: str = "FILTER"
    target_name_key: str = "OBJECT"
    request_id_key: str = "REQNUM"
    requestgroup_id_key: str = "TRACKNUM"
    configuration_type_key: str = "OBSTYPE"
    proposal_id_key: str = "PROPID"
    catalog_target_frame_key: str = "L1IDCAT"
    public_date_key: str = "L1PUBDAT"
    thumbnail_frame_basename_key: str = "frame_basename"
    thumbnail_size_key: str = "size"
    radius_key: str = "RADIUS"
    """Of a round field of view, arc seconds."""
    ra_key: str = "RA"
    """Its middle: right ascension, hours."""
    dec_key: str = "DEC"
    """Its middle: declination, degrees."""

    @property
    def integer_keys(self) -> tuple[str, ...]:
        """Keys of whole numbers: for want of a value they are null, others an empty text."""
        return (
            self.request_id_key,
            self.requestgroup_id_key,
            self.observation_id_key,
            self.configuration_id_key,
        )
