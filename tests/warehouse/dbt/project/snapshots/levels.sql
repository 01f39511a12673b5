{% snapshot levels %}
{{ config(target_schema=target.schema, unique_key='listener', strategy='check', check_cols=['plays']) }}

select listener, plays from {{ ref('listeners') }}
{% endsnapshot %}
