/** What is news of one's consultations, by what became of them between two looks. */
import { describe, expect, it } from 'vitest';
import { added, dutyGaps, knockAt, news, pagesOf, still, type Standing } from '@/notices/notices';

const ME = 'me';
function one(state: Standing['state'], other: Partial<Standing> = {}): Standing {
  return {
    id: 'c1', state, urgency: 'urgent', department: '03.04', organization_name: '石泉镇卫生院', expert_id: null, due_at: null,
    starts_at: null, reminded_at: null, room_id: null, you: ['inviter'], by_me: false, ...other,
  };
}
const kinds = (before: Standing | undefined, after: Standing): string[] => news(before === undefined ? [] : [before], [after]).map((each) => each.kind);
const offered = (other: Partial<Standing> = {}): Standing => one('offered', { you: ['expert'], expert_id: ME, due_at: '2026-11-23T01:22:00Z', ...other });

describe('news', () => {
  it.each([
    ['inviter', one('offered'), one('accepted'), ['accepted']],
    ['inviter', one('accepted'), one('incomplete'), ['informationNeeded']],
    ['inviter', one('incomplete'), one('accepted'), []],
    ['inviter', one('accepted'), one('scheduled', { starts_at: 'x' }), ['scheduled']],
    ['inviter', one('scheduled', { starts_at: 'x' }), one('scheduled', { starts_at: 'y' }), ['scheduled']],
    ['inviter', one('accepted'), one('in-session'), ['begun']],
    ['inviter', one('in-session'), one('returned'), ['signed']],
    ['inviter', one('submitted'), one('declined'), ['declined']],
    ['inviter', one('in-session'), one('failed'), ['failed']],
    ['inviter', one('returned'), one('decided'), []],
    ['inviter', one('submitted'), one('offered'), []],
  ] as const)('tells the %s', (_who, before, after, expected) => expect(kinds(before, after)).toEqual(expected));

  it.each([
    [undefined, offered(), ['asked']],
    [offered({ due_at: '1' }), offered({ due_at: '2' }), ['asked']],
    [one('incomplete', { you: ['expert'] }), one('accepted', { you: ['expert'] }), ['informed']],
    [one('offered', { you: ['expert'] }), one('accepted', { you: ['expert'] }), []],
    [one('scheduled', { you: ['expert'] }), one('missed', { you: ['expert'] }), ['missed']],
  ] as const)('tells the expert', (before, after, expected) => expect(kinds(before, after)).toEqual(expected));

  it('tells the coordinator what is to triage, also after nobody took it', () => {
    expect(kinds(undefined, one('submitted', { you: ['coordinator'] }))).toEqual(['toTriage']);
    expect(kinds(one('offered', { you: ['coordinator'] }), one('submitted', { you: ['coordinator'] }))).toEqual(['toTriage']);
    expect(kinds(one('offered', { you: ['coordinator'] }), one('accepted', { you: ['coordinator'] }))).toEqual([]);
  });
  it('says nothing of what one did oneself, nor of what stands as it stood', () => {
    expect(kinds(one('offered'), one('accepted', { by_me: true }))).toEqual([]);
    expect(kinds(offered(), offered())).toEqual([]);
  });
  it('reminds once of an appointment, into the room', () => {
    const appointed = one('scheduled', { starts_at: 'x', room_id: 'r' });
    const reminded = { ...appointed, reminded_at: 'z' };
    expect(news([appointed], [reminded])).toMatchObject([{ kind: 'reminder', path: '/rooms/r' }]);
    expect(news([reminded], [reminded])).toEqual([]);
  });
  it('knocks at the inviting physician alone', () => {
    const standing = [one('in-session', { room_id: 'r' }), one('in-session', { id: 'c2', room_id: 'r', you: ['expert'] }), one('in-session', { id: 'c3', room_id: 'other' })];
    expect(knockAt('r', standing, '1.1')).toMatchObject([{ kind: 'knocked', path: '/rooms/r', about: { id: 'c1' } }]);
  });
});

describe('what is shown', () => {
  it('has the newest first and one line for a consultation', () => {
    const first = news([], [offered(), offered({ id: 'c2' })]);
    const shown = added(added([], first), [dutyGaps('1.2')]);
    expect(shown.map((each) => each.about?.id ?? each.kind)).toEqual(['dutyGaps', 'c2', 'c1']);
    const later = news([offered()], [one('withdrawn', { you: ['coordinator'] })]);
    expect(added(shown, later).map((each) => `${each.about?.id ?? ''} ${each.kind}`)).toEqual(['c1 withdrawn', ' dutyGaps', 'c2 asked']);
  });
  it('is not shown beside what it speaks of', () => {
    const [begun] = news([one('accepted')], [one('in-session', { room_id: 'r' })]);
    expect(begun && pagesOf(begun)).toEqual(['/rooms/r', '/consultations/c1', '/rooms/r']);
    expect(pagesOf(dutyGaps('1.2'))).toEqual(['/duty/roster']);
  });
  it('drops what is no news any more', () => {
    const shown = added(news([], [offered()]), [dutyGaps('1.2')]);
    expect(still(shown, [offered()])).toHaveLength(2);
    expect(still(shown, [one('accepted', { you: ['expert'], expert_id: ME })]).map((each) => each.kind)).toEqual(['dutyGaps']);
    expect(still(shown, []).map((each) => each.kind)).toEqual(['dutyGaps']);
  });
});
