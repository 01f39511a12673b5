"""A Redshift warehouse in an AWS account: made, paused, resumed and removed by the DAGs sparkify_cluster_*."""
