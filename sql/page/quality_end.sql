-- Purpose: when the last check was made; spans of days are counted back from there.
-- Grain: one row, null before the first.
select max(checked_at) as checked_at
from quality_results
