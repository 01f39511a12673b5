select play_id from {{ ref('plays') }} where played_at > getdate()
