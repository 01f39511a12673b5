"""The README's pictures, made from the DDL and the DAGs: `./sparkify docs` writes them, a test says if they are old."""
