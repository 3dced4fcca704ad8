import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { actsOf, admits, byUrgency, clockOf, COMMANDS, inOrder, isUnaccepted, mayAddend, mayAnswerAddendum, mayNotePhone, mayRate, mayWrite, otherSide, primaryOf, STATES, waitsForMe, type Command, type Consultation, type Party } from '@/pages/consultations/acts';
import { blankConsent, consentOf } from '@/pages/consultations/consent';
import { appointment, dialled, momentOf, running, STATE, type Expert } from '@/pages/consultations/consultations';
import { named, ranked, stopping } from '@/pages/consultations/experts';
import { parseTime } from '@/pages/consultations/parse';
import { blankForm, missing } from '@/pages/consultations/request';

const spec = readFileSync('../tests/spec/consultation_states.md', 'utf8');
const listed = new Set(
  [...spec.matchAll(/^\| ([\w-]+) \| ([\w-]+) \| ([\w-]+) \| ([\w-]+) \|$/gm)].filter((row) => row[1] !== 'from').map((row) => [row[1], row[2], row[3]].join(' ')),
);
const PARTIES: readonly Party[] = ['inviter', 'coordinator', 'expert'];
const everything = (): boolean => true;

const NOW = new Date('2026-11-27T06:00:00Z');
const consultation = (changed: Partial<Consultation> = {}): Consultation => ({
  id: 'c1', number: 'HZ20261127-QS-001', state: 'offered', task_status: 'received', kind: 'image-text', urgency: 'urgent', purpose: 'diagnosis', department: '03.03',
  inviting_department: '', organization_id: 'o1', organization_name: 'Qingshi', organization_phone: '0455-1', requester_name: 'Zhao', requester_phone: '138', patient_id: 'p1',
  patient_name: 'Wang', sex: 'F', age: null, question: 'q', expert_id: 'e1', expert_name: 'Han', expert_title: 'Chief', expert_phone: '139', expert_organization_name: 'County',
  expert_organization_phone: '0455-2', line: 1, due_at: '2026-11-27T06:08:00Z', starts_at: null, minutes: null, verdict: '', converted_into: '', consent_due_at: null,
  room_id: null, created_at: '2026-11-27T05:50:00Z', submitted_at: '2026-11-27T05:55:00Z', accepted_at: null, returned_at: null, ended_at: null, revision: 3, addenda_owed: 0, you: ['expert'], member: '',
  ...changed,
});

describe('the table of states', () => {
  it('is the one the server is tested against', () => {
    expect(listed.size).toBeGreaterThan(60);
    const mine = STATES.flatMap((state) => COMMANDS.flatMap((command) => PARTIES.filter((party) => admits(state, command, party)).map((party) => `${state} ${command} ${party}`)));
    const theirs = [...listed].filter((row) => !row.endsWith(' clock'));
    expect(mine.sort()).toEqual(theirs.sort());
  });

  it('knows every command of the table but the clock’s own', () => {
    const commands = new Set([...listed].map((row) => row.split(' ')[1]));
    expect([...commands].filter((command) => !(COMMANDS as readonly (string | undefined)[]).includes(command))).toEqual(['lapse']);
    expect(COMMANDS.filter((command) => !commands.has(command))).toEqual([]);
  });

  it('gives a word and a shape to every state, and no two states look the same', () => {
    const looks = STATES.map((state) => `${STATE[state].tone} ${STATE[state].shape}`);
    expect(new Set(looks).size).toBe(STATES.length);
  });
});

describe('what a page offers', () => {
  const acts = (changed: Partial<Consultation>, may: (action: string) => boolean = everything): Command[] => actsOf(consultation(changed), may);

  it.each(STATES.map((state) => ({ state })))('to a bystander nothing in $state', ({ state }) => expect(acts({ state, you: [] })).toEqual([]));

  it('to the expert who is asked: accept first', () => {
    expect(acts({})).toEqual(['accept', 'ask', 'refuse']);
    expect(acts({}, (action) => action !== 'consultation.answer')).toEqual(['ask']);
  });

  it('to somebody who is two parties what either may', () => {
    expect(acts({ state: 'accepted', you: ['coordinator', 'inviter'] })).toEqual(['offer', 'begin', 'schedule', 'ask', 'convert', 'withdraw']);
  });

  it('as the first act what goes on, never what takes it from somebody', () => {
    const first = (state: string, you: Party): string | undefined => primaryOf(state, actsOf({ state, you: [you] }, everything));
    expect([first('submitted', 'coordinator'), first('offered', 'coordinator'), first('accepted', 'coordinator'), first('failed', 'coordinator')]).toEqual(['offer', undefined, 'schedule', 'schedule']);
    expect([first('offered', 'expert'), first('accepted', 'expert'), first('in-session', 'expert')]).toEqual(['accept', 'begin', undefined]);
    expect([first('incomplete', 'inviter'), first('returned', 'inviter'), first('decided', 'inviter'), first('submitted', 'inviter')]).toEqual(['inform', 'decide', 'consent', undefined]);
  });

  it('nothing in a state this page does not know yet', () => expect(acts({ state: 'dreaming' })).toEqual([]));

  it('to write from accepting until the opinion is returned', () => {
    expect(mayWrite(consultation(), everything)).toBe(false);
    expect(mayWrite(consultation({ state: 'accepted' }), everything)).toBe(true);
    expect(mayWrite(consultation({ state: 'in-session', you: ['inviter'] }), everything)).toBe(false);
    expect(mayWrite(consultation({ state: 'returned', returned_at: '2026-11-27T06:00:00Z' }), everything)).toBe(false);
  });

  it('to rate and to note a telephone answer at their times', () => {
    expect(mayRate(consultation({ state: 'archived', returned_at: '2026-11-27T06:00:00Z', you: ['inviter'] }), everything)).toBe(true);
    expect(mayRate(consultation({ you: ['inviter'] }), everything)).toBe(false);
    expect(mayNotePhone(consultation(), everything)).toBe(true);
    expect(mayNotePhone(consultation({ state: 'archived' }), everything)).toBe(false);
    expect(mayNotePhone(consultation({ state: 'draft', submitted_at: null, you: ['inviter'] }), everything)).toBe(false);
  });
});

describe('what waits for whom', () => {
  const TURNS: readonly [Consultation['state'], readonly Party[]][] = [
    ['draft', ['inviter']], ['submitted', ['coordinator']], ['incomplete', ['inviter']], ['offered', ['expert']], ['accepted', ['expert']], ['in-session', ['expert']],
    ['missed', ['coordinator', 'expert']], ['failed', ['coordinator', 'expert']], ['returned', ['inviter']], ['decided', ['inviter']],
    ['archived', []], ['declined', []], ['withdrawn', []], ['converted', []],
  ];
  it.each(TURNS)('%s waits for %s', (state, turn) => {
    expect(PARTIES.filter((party) => waitsForMe(consultation({ state, you: [party] }), NOW)).sort()).toEqual([...turn].sort());
  });

  it('whoever’s turn it is can do something', () => {
    for (const [state, turn] of TURNS) for (const party of turn) expect([state, party, actsOf({ state, you: [party] }, everything).length > 0]).toEqual([state, party, true]);
  });

  it('an appointment waits for both sides when it is near', () => {
    const near = { state: 'scheduled', starts_at: '2026-11-27T06:10:00Z' };
    expect(PARTIES.filter((party) => waitsForMe(consultation({ ...near, you: [party] }), NOW))).toEqual(['inviter', 'expert']);
    expect(waitsForMe(consultation({ ...near, starts_at: '2026-11-27T09:00:00Z' }), NOW)).toBe(false);
  });

  it('a consent that is owed waits for the inviter until it is over', () => {
    const owed = { consent_due_at: '2026-11-28T05:55:00Z', you: ['inviter'] as Party[] };
    expect(waitsForMe(consultation(owed), NOW)).toBe(true);
    expect(waitsForMe(consultation({ ...owed, state: 'withdrawn' }), NOW)).toBe(false);
  });

  it('an addendum that came after the decision waits for the inviter, archived or not', () => {
    for (const state of ['decided', 'archived']) {
      expect(PARTIES.filter((party) => waitsForMe(consultation({ state, addenda_owed: 1, you: [party] }), NOW))).toEqual(['inviter']);
    }
    expect(waitsForMe(consultation({ state: 'archived', you: ['inviter'] }), NOW)).toBe(false);
  });

  it('only whoever signed adds, only the inviting side answers, each once it is signed', () => {
    const adds = STATES.filter((state) => PARTIES.some((party) => mayAddend({ state, you: [party] }, everything)));
    expect(adds).toEqual(['returned', 'decided', 'archived']);
    expect(PARTIES.filter((party) => mayAddend({ state: 'archived', you: [party] }, everything))).toEqual(['expert']);
    expect(PARTIES.filter((party) => mayAnswerAddendum({ state: 'archived', you: [party] }, everything))).toEqual(['inviter']);
    expect(mayAnswerAddendum({ state: 'returned', you: ['inviter'] }, everything)).toBe(false);
  });

  it('puts mine first, then urgency, then what ends first', () => {
    const rows = [
      consultation({ id: 'theirs', urgency: 'immediate', you: ['inviter'] }),
      consultation({ id: 'routine', urgency: 'routine' }),
      consultation({ id: 'later', due_at: '2026-11-27T06:09:00Z' }),
      consultation({ id: 'sooner', due_at: '2026-11-27T06:01:00Z' }),
    ];
    expect(inOrder(rows, NOW).map((one) => one.id)).toEqual(['sooner', 'later', 'routine', 'theirs']);
    expect(byUrgency(rows).map((one) => one.id)).toEqual(['theirs', 'sooner', 'later', 'routine']);
  });

  it('rings for an emergency nobody has accepted', () => {
    expect(isUnaccepted(consultation())).toBe(true);
    expect(isUnaccepted(consultation({ state: 'submitted' }))).toBe(true);
    expect(isUnaccepted(consultation({ state: 'accepted' }))).toBe(false);
    expect(isUnaccepted(consultation({ urgency: 'routine' }))).toBe(false);
  });
});

describe('the clock', () => {
  it('of an offer runs from the asking to its due time', () => {
    expect(clockOf(consultation())).toEqual({ kind: 'runs', since: '2026-11-27T05:58:00.000Z', allowed: 10, until: null, due: '2026-11-27T06:08:00Z' });
  });
  it('of triage runs from sending, stands while more is needed, ends with accepting', () => {
    expect(clockOf(consultation({ state: 'submitted', due_at: null }))).toMatchObject({ kind: 'runs', since: '2026-11-27T05:55:00Z', until: null });
    expect(clockOf(consultation({ state: 'incomplete', due_at: null }))).toEqual({ kind: 'stands' });
    expect(clockOf(consultation({ state: 'in-session', due_at: null, accepted_at: '2026-11-27T06:00:00Z' }))).toMatchObject({ until: '2026-11-27T06:00:00Z' });
    expect(clockOf(consultation({ state: 'scheduled', due_at: null, starts_at: '2026-11-27T07:30:00Z', minutes: 30 }))).toEqual({ kind: 'appointed', at: '2026-11-27T07:30:00Z', minutes: 30 });
    expect(clockOf(consultation({ state: 'draft', due_at: null, submitted_at: null }))).toEqual({ kind: 'none' });
  });
  it('is told in the county’s time and by the second', () => {
    expect(appointment('2026-11-27T07:30:00Z', 30)).toBe('11-27 15:30 – 16:00');
    expect([running(151), running(3725), running(-3)]).toEqual(['2:31', '1:02:05', '0:00']);
    expect(momentOf('2026-11-27', '15:30')).toBe('2026-11-27T07:30:00.000Z');
    expect([momentOf('2026-11-27', ''), momentOf('', '15:30'), momentOf('2026-11-27', '25:00')]).toEqual([undefined, undefined, undefined]);
    expect(['1530', '930', '9.05', '１５：３０', '24:00', '15:7', 'x'].map(parseTime)).toEqual(['15:30', '09:30', '09:05', '15:30', undefined, undefined, undefined]);
  });
});

describe('whom to telephone', () => {
  it('is the other side, for the coordinator both, each number once', () => {
    expect(otherSide(consultation()).map((side) => [side.who, side.phones])).toEqual([['inviter', ['138', '0455-1']]]);
    expect(otherSide(consultation({ you: ['inviter'], expert_phone: '' })).map((side) => [side.who, side.phones])).toEqual([['expert', ['0455-2']]]);
    expect(otherSide(consultation({ you: ['coordinator'] })).map((side) => side.who)).toEqual(['expert', 'inviter']);
    expect(otherSide(consultation({ you: ['inviter'], expert_id: null }))).toEqual([]);
    expect(otherSide(consultation({ requester_phone: '0455-1' }))[0]?.phones).toEqual(['0455-1']);
    expect(dialled('0455-123 转 8')).toBe('tel:04551238');
  });
});

describe('who can be asked', () => {
  type Asked = Pick<Expert, 'name' | 'organization_name' | 'on_duty' | 'accepts' | 'concerns'>;
  const expert = (name: string, changed: Partial<Asked> = {}): Asked => ({ name, organization_name: 'County', on_duty: false, accepts: true, concerns: [], ...changed });
  it('is on duty first; what stops stands last', () => {
    const all = [expert('d', { concerns: ['licence-missing'], on_duty: true }), expert('c', { accepts: false }), expert('b', { concerns: ['practice-unknown'] }), expert('a'), expert('z', { on_duty: true })];
    expect(ranked(all, 'urgent').map((one) => one.name)).toEqual(['z', 'a', 'b', 'c', 'd']);
    expect(named(all, ' z ').map((one) => one.name)).toEqual(['z']);
  });
  it('is stopped by each concern of a routine request, by licence alone in an emergency', () => {
    const concerns = ['agreement-missing', 'licence-category'];
    expect(stopping(concerns, 'routine')).toEqual(concerns);
    expect(stopping(concerns, 'immediate')).toEqual(['licence-category']);
  });
});

describe('a request', () => {
  it('says what it still lacks; paper for routine, an approval is enough in an emergency', () => {
    const form = { ...blankForm(), department: '03', history: 'h', question: 'q' };
    expect(missing(blankForm(), [])).toEqual(['department', 'history', 'question', 'paper']);
    expect(missing(form, [{ kind: 'paper' }])).toEqual([]);
    expect(missing(form, [{ kind: 'approval' }])).toEqual(['paper']);
    expect(missing({ ...form, urgency: 'urgent' }, [{ kind: 'approval' }])).toEqual([]);
    expect(missing({ ...form, urgency: 'urgent' }, [])).toEqual(['consent']);
  });
  it('takes consent on paper with its photograph, an approval with its reason', () => {
    const entered = { ...blankConsent(NOW), name: ' Wang ' };
    expect(consentOf(entered)).toBeUndefined();
    expect(consentOf({ ...entered, paper: 'ab' })).toEqual({ kind: 'paper', name: 'Wang', at: '2026-11-27T06:00:00.000Z', relation: 'self', manner: 'signature', paper: 'ab', reason: '' });
    expect(consentOf({ ...entered, kind: 'approval' })).toBeUndefined();
    expect(consentOf({ ...entered, kind: 'approval', reason: 'alone', paper: 'ab' })).toMatchObject({ kind: 'approval', reason: 'alone', paper: '', relation: '', manner: '' });
  });
});
