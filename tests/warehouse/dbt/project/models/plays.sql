{{ config(materialized='table', dist='listener', sort=['played_at']) }}

select
    play_id,
    listener,
    song,
    played_at,
    nvl(seconds, 0) as seconds,
    datediff(day, '2018-11-01', played_at) as days_in
from {{ ref('raw_plays') }}
