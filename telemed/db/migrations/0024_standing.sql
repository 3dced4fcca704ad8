-- What stands for everybody is looked up by its last row: members and grants, a few thousand among millions of results.
create index knowledge_standing on recognition_knowledge (id) where kind in ('organization', 'grant');
