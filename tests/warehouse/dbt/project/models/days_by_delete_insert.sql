{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='day') }}

select
    trunc(played_at) as day,
    count(*) as plays,
    {{ var('run', 1) }} as made_by_run
from {{ ref('raw_plays') }}
{% if is_incremental() %}
where played_at >= (select dateadd(day, -1, max(day)) from {{ this }})
{% endif %}
group by 1
