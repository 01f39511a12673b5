"""`python -m local.pictures`: write the README's pictures."""

import os
import tempfile

with tempfile.TemporaryDirectory() as home:
    # Airflow writes its configuration where it is imported first.
    os.environ["AIRFLOW_HOME"] = home
    from local.pictures.document import write

    write()
