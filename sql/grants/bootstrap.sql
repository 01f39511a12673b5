-- Purpose: the loading user's schemas and rights in one database: all of it that takes a superuser's rights.
-- Run by the cluster's owner, connected to the warehouse's database, in one transaction, after users.sql and before
-- sparkify_tables runs for the first time. Idempotent; for another user it takes the schemas from the one before.
-- On serverless put "IAMR:<the workers' role>", in double quotes, in the user's place, as in users.sql.
-- Its own schemas, so that it needs no right to create in the database.
create schema if not exists staging;

alter schema staging owner to sparkify_loader;

create schema if not exists insights;

alter schema insights owner to sparkify_loader;

-- By default everybody may create tables in public. Others who load there then need the grant that the loader gets.
revoke create on schema public from public;

grant usage, create on schema public to sparkify_loader;
