-- Purpose: the user that loads, the analysts' group, and the schemas: all that takes a superuser's rights.
-- Run once, by the cluster's owner, connected to the warehouse's database, in one transaction, before sparkify_tables
-- runs for the first time. The second time CREATE USER fails, and nothing is changed.
-- No password: the user logs in by IAM, or gets one from the owner, who keeps it in a secrets backend.
-- On serverless IAM logs in nobody but "IAMR:<the workers' role>": put that name, in double quotes, in its place.
create user sparkify_loader password disable nocreatedb nocreateuser;

create group sparkify_analysts;

-- Its own schemas, so that it needs no right to create in the database.
create schema if not exists staging;

alter schema staging owner to sparkify_loader;

create schema if not exists insights;

alter schema insights owner to sparkify_loader;

-- By default everybody may create tables in public. Others who load there then need the grant that the loader gets.
revoke create on schema public from public;

grant usage, create on schema public to sparkify_loader;
