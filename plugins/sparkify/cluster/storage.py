"""Where the pipeline reads and writes in S3, taken from the Variables that the pipeline itself uses."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sparkify.cluster.errors import ClusterError
from sparkify.copy_statement import JSON_MODES
from sparkify.s3 import join_url, split_url

# In a policy's resource these stand for other characters, or for a variable.
_WIDENS = re.compile(r"[*?$]")


@dataclass(frozen=True)
class Storage:
    """The places of one pipeline, each as bucket and key prefix.

    :ivar sources: prefixes with logs and songs.
    :ivar objects: whole keys: the jsonpaths object.
    :ivar manifests: the prefix that the worker writes and Redshift reads.
    """

    sources: tuple[tuple[str, str], ...]
    objects: tuple[tuple[str, str], ...]
    manifests: tuple[str, str]

    @classmethod
    def of(cls, *, source: str, log_layout: str, song_prefix: str, jsonpaths: str, manifest_prefix: str) -> "Storage":
        """Read the Variables' values.

        :raises S3LocationError: if one is no s3:// location.
        :raises ClusterError: if a policy limited to it would be wider than it, or would let the workers write to what
            they only read; or if manifests would lie among the songs or logs.
        """
        # What the layout says before its first directive or star, up to the last slash.
        logs = re.split(r"[%*]", log_layout, maxsplit=1)[0].rpartition("/")
        sources = [join_url(source, logs[0] + logs[1]), join_url(source, song_prefix)]
        objects = [] if jsonpaths in JSON_MODES else [join_url(source, jsonpaths)]
        # Manifests are written below `<prefix>/`, whether the Variable ends in a slash or not.
        places = cls(
            sources=_places(sources),
            objects=_places(objects),
            manifests=_places([join_url(manifest_prefix, "")])[0],
        )
        places._keep_manifests_and_source_apart()
        return places

    @property
    def readable(self) -> tuple[str, ...]:
        """What Redshift's role may read: `bucket/key` with a star behind prefixes."""
        prefixes = [f"{bucket}/{key}*" for bucket, key in (*self.sources, self.manifests)]
        return _once([*prefixes, *(f"{bucket}/{key}" for bucket, key in self.objects)])

    @property
    def writable(self) -> str:
        """Where the worker may write and delete."""
        return "/".join(self.manifests) + "*"

    @property
    def listable(self) -> dict[str, tuple[str, ...]]:
        """The prefixes that may be listed, by bucket."""
        found: dict[str, list[str]] = {}
        for bucket, key in (*self.sources, self.manifests):
            found.setdefault(bucket, []).append(f"{key}*")
        return {bucket: _once(prefixes) for bucket, prefixes in found.items()}

    def _keep_manifests_and_source_apart(self) -> None:
        bucket, prefix = self.manifests
        # A prefix with its slash, for `logs` and `logs/` hold the same.
        read = [(other, f"{key.rstrip('/')}/") for other, key in self.sources] + list(self.objects)
        covered = next((key for other, key in read if other == bucket and key.startswith(prefix)), None)
        # As it is asked for: `song` takes in `song_manifests/`. In a source that is a whole bucket there is no place
        # beside it.
        around = next((key for other, key in self.sources if other == bucket and key and prefix.startswith(key)), None)
        if not prefix:
            why = "and there lies all that is in that bucket"
        elif covered is not None:
            why = f"and there lies s3://{bucket}/{covered}, which is only to be read"
        elif around is not None:
            why = f"and it lies below s3://{bucket}/{around}, which is only to be read: manifests would lie among data"
        else:
            return
        raise ClusterError(
            f"the Variable sparkify_manifest_prefix is s3://{bucket}/{prefix}: the workers may write and delete below "
            f"it, {why}. Set it to a prefix for manifests alone, s3://{bucket}/sparkify-manifests/ say"
        )


def _places(urls: Iterable[str]) -> tuple[tuple[str, str], ...]:
    places = tuple(split_url(url) for url in urls)
    for bucket, key in places:
        if widening := _WIDENS.search(bucket + key):
            raise ClusterError(
                f"s3://{bucket}/{key} holds {widening[0]!r}, which means more than itself in an IAM policy: no policy "
                "can be limited to it. Use a location without"
            )
    return places


def _once(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
