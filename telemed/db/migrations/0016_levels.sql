-- What a catalogue's scope asks of a member: its level, its region, and the groups of regions it belongs to.

alter table organization
    -- ten times the level plus the class: 33 三级甲等, 22 二级乙等, 20 二级未定等, 34 三级特等; null where it is not known
    add column level smallint constraint organization_level_is_known check (level between 10 and 34 and level % 10 <= 4),
    -- GB/T 2260: 2, 4 or 6 digits; '' where it is not known
    add column region text not null default '' constraint organization_region_is_gbt_2260 check (
        region ~ '^([0-9]{2}){0,3}$'),
    add column groups text[] not null default '{}' constraint organization_groups_are_few check (cardinality(groups) <= 20);
