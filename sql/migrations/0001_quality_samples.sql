-- Results tell the kind of check, its column and keys of rows that did not pass. One column a statement, as Redshift
-- has it.
alter table quality_results add column kind varchar(32);

alter table quality_results add column column_name varchar(127);

alter table quality_results add column samples varchar(1000);
