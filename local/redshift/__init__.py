"""The Redshift stand-in: a front that speaks Redshift's wire protocol and dialect over an embedded PostgreSQL."""
