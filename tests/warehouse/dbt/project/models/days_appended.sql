{{ config(materialized='incremental', incremental_strategy='append') }}

select {{ var('run', 1) }} as run, count(*) as plays from {{ ref('raw_plays') }}
