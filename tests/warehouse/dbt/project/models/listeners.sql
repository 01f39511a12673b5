{{ config(materialized='view') }}

select
    listener,
    count(*) as plays,
    max(played_at) as last_played_at,
    listagg(song, ' / ') within group (order by played_at) as songs
from {{ ref('plays') }}
group by listener
