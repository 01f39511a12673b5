"""The text of a COPY statement."""

import re
from dataclasses import dataclass

from sparkify.identifiers import UnsafeSqlTextError, column_names, literal, role, table_name

_AUTHORISATION = re.compile(r"\b(credentials|access_key_id|secret_access_key|session_token|iam_role)\b", re.I)
JSON_MODES = {"auto", "auto ignorecase"}


@dataclass(frozen=True)
class CopyStatement:
    """COPY of JSON from S3 under an IAM role: access keys have no place in it.

    :ivar table: target, schema.table.
    :ivar columns: target columns; with jsonpaths, in the order of its expressions.
    :ivar url: a manifest's URL, or an object's if `manifest` is False.
    :ivar role_arn: the role that the cluster assumes, or `default`.
    :ivar region: of the bucket; COPY needs it named where it is not the cluster's own.
    :ivar json: `auto`, `auto ignorecase`, or the s3:// URL of a jsonpaths object.
    :ivar options: further options, as COPY's manual writes them: `timeformat 'epochmillisecs'`.
    """

    table: str
    columns: tuple[str, ...]
    url: str
    role_arn: str
    region: str
    json: str = "auto"
    manifest: bool = True
    options: tuple[str, ...] = ()

    def render(self) -> str:
        """Return the statement.

        :raises UnsafeSqlTextError: if a name, URL or role is not what it should be, or an option carries
            authorisation of its own.
        """
        if self.json not in JSON_MODES and not self.json.startswith("s3://"):
            raise UnsafeSqlTextError(f"json {self.json!r}: expected auto, auto ignorecase or a jsonpaths s3:// URL")
        for option in self.options:
            if _AUTHORISATION.search(option):
                raise UnsafeSqlTextError("a COPY option names credentials: the role's connection gives them")
        lines = [
            f"copy {table_name(self.table)} ({', '.join(column_names(self.columns))})",
            f"from {literal(self.url)}",
            f"iam_role {role(self.role_arn)}",
            f"region {literal(self.region)}",
            *(["manifest"] if self.manifest else []),
            f"format as json {literal(self.json)}",
            *self.options,
        ]
        return "\n".join(lines)
