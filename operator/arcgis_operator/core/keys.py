"""What a turn is about: the keys of the work queue, one type for each sort of turn."""

from dataclasses import dataclass

from arcgis_operator.core.identity import Name


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A canonical service, `<normalised site URL>|<folder/name.type>`.

    Of a resource whose service was never known it is `|<namespace>/<name>`.
    """

    service: str

    @property
    def site_url(self) -> str | None:
        """The site whose requests a turn waits for."""
        return self.service.partition("|")[0]


@dataclass(frozen=True, slots=True)
class FolderKey:
    """All services at rest in one folder, `<normalised site URL>|<folder>`."""

    folder: str

    @property
    def site_url(self) -> str | None:
        """The site whose requests a turn waits for."""
        return self.folder.partition("|")[0]


@dataclass(frozen=True, slots=True)
class SiteKey:
    """One ArcGISSite. Its turns ask little, so they wait for no other turn at the site."""

    name: Name

    @property
    def site_url(self) -> str | None:
        """None, for it waits for nobody."""
        return None


Key = ServiceKey | FolderKey | SiteKey
