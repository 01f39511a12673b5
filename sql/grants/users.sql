-- Purpose: the user that loads, and the analysts' group. They are the whole cluster's, not one database's.
-- Run by the cluster's owner, before bootstrap.sql, each statement by itself and outside a transaction, because
-- CREATE USER and CREATE GROUP have no IF NOT EXISTS: one whose user or group is there already fails, changes nothing,
-- and leaves nothing to do.
-- No password: the user logs in by IAM, or gets one from the owner, who keeps it in a secrets backend.
-- On serverless IAM logs in nobody but "IAMR:<the workers' role>": put that name, in double quotes, in its place. Who
-- has logged in is there already.
create user sparkify_loader password disable nocreatedb nocreateuser;

create group sparkify_analysts;
