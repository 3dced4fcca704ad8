-- name: documents
-- Issued documents by id.
select id, content, source_hash from catalogue_version where id = any(%(ids)s::uuid[]);
