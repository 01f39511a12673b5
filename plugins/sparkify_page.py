"""Airflow's plugin that puts the page "Sparkify" into its navigation.

Every process of Airflow executes this file, each task's fork among them, and only the api-server serves the page. So
nothing is imported here but what Airflow has loaded already; the application is made when Airflow asks for it.
"""

from typing import Any
from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

_PREFIX = "/sparkify"
# Airflow may be served below a path of its own; the navigation takes addresses as they are.
_ROOT = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/") + _PREFIX


class SparkifyPagePlugin(AirflowPlugin):
    """The page, its data and its downloads below `/sparkify`, and the entry that leads there."""

    name = "sparkify_page"
    external_views = [  # noqa: RUF012 - Airflow declares it so
        {
            "name": "Sparkify",
            "href": f"{_ROOT}/page",
            "destination": "nav",
            "nav_top_level": True,
            "url_route": "sparkify",
            "icon": f"{_ROOT}/static/icon.svg",
            "icon_dark_mode": f"{_ROOT}/static/icon-dark.svg",
        }
    ]

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The application; asked for by the api-server, and by `airflow plugins`."""
        from sparkify.page.app import create_app

        return [{"app": create_app(), "url_prefix": _PREFIX, "name": "Sparkify"}]
