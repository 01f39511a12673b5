-- Purpose: when each table was last loaded, and when that last changed it. A window that is loaded again is deleted and
-- inserted: the outcome tells whether other rows came of it.
-- Grain: one row per table that has ever been loaded.
select
    table_name,
    max(loaded_at) as loaded_at,
    max(
        case
            when outcome <> 'unchanged' and rows_inserted + rows_updated + rows_deleted > 0 then loaded_at
        end
    ) as changed_at
from load_audit
group by table_name
