-- Question: where is most played?
-- Grain: one row per location, the 20 with most plays; rank 1 first. As many plays: more listeners, then by name.
-- Counts: plays by the location that the app told with them; those without one are in no rank. Trailing blanks go:
-- Redshift takes texts that differ in nothing else for equal.
with plays_by_location as (
    select
        rtrim(location) as location,
        count(*) as plays,
        count(distinct user_id) as listeners
    from songplays
    where rtrim(location) <> ''
    group by rtrim(location)
),

ranked as (
    select
        location,
        plays,
        listeners,
        row_number() over (
            order by
                plays desc,
                listeners desc,
                location asc
        ) as rank
    from plays_by_location
)

select
    rank,
    location,
    plays,
    listeners
from ranked
where rank <= 20
