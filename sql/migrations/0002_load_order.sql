-- Loads tell when their transaction began, so that of two loads within a second it is known which came first.
alter table load_audit add column began_at timestamp;
