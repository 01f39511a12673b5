"""What the DAGs need of the warehouse: operators and the pure parts they are made of."""
