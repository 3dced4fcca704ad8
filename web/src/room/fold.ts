/**
 * The reducer: a state and one more event give the next state, as telemed/consultation/room/fold.py does.
 * tests/contract/room holds both to the same bytes.
 */
import type {
  Data,
  Line,
  Mark,
  Member,
  Piece,
  Recording,
  RoomEvent,
  RoomFile,
  RoomState,
} from './protocol';

/** Chat messages and vitals that the state still holds; the rest is in the log. */
export const KEPT = 200;
export const KEPT_SEGMENTS = 10;

export const NEW: RoomState = {
  v: 1,
  seq: 0,
  at: 0,
  st: 'new',
  kind: '',
  host: '',
  mode: '',
  why: '',
  members: {},
  presenter: { person: '', pe: 0, since: 0, requests: [] },
  viewer: null,
  marks: {},
  gone: 0,
  chat: { n: 0, last: [] },
  files: {},
  consents: {},
  recordings: {},
  vitals: { n: 0, last: [] },
  minutes: { rev: 0, text: '', by: '', at: 0 },
  opinion: { ver: 0, text: '', by: '', at: 0, signatures: [], addenda: [] },
};

const THERE: ReadonlySet<string> = new Set(['knocking', 'present', 'reconnecting']);

type Step = (state: RoomState, event: RoomEvent) => RoomState;

function text(d: Data, name: string): string {
  return d[name] as string;
}

function whole(d: Data, name: string): number {
  return d[name] as number;
}

function numbers(d: Data, name: string): readonly number[] {
  return d[name] as readonly number[];
}

/** A record is asked only for what is its own: an id may spell the name of a method. */
function known<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function put<Value>(record: Readonly<Record<string, Value>>, key: string, value: Value): Readonly<Record<string, Value>> {
  return Object.fromEntries([...Object.entries(record), [key, value]]);
}

function member(state: RoomState, event: RoomEvent, st: string, more: Partial<Member> = {}): RoomState {
  const person = text(event.d, 'person');
  const before = known(state.members, person) ?? { role: 'guest', st: 'absent', since: 0, gen: 0, adm: 0 };
  return { ...state, members: put(state.members, person, { ...before, st, since: event.at, ...more }) };
}

function withoutRequest(state: RoomState, person: string): RoomState {
  const requests = state.presenter.requests.filter((one) => one !== person);
  return { ...state, presenter: { ...state.presenter, requests } };
}

function close(state: RoomState, event: RoomEvent): RoomState {
  const members = Object.fromEntries(
    Object.entries(state.members).map(([person, one]) => [person, THERE.has(one.st) ? { ...one, st: 'left', since: event.at } : one]),
  );
  const recordings = Object.fromEntries(Object.entries(state.recordings).map(([id, one]) => [id, { ...one, on: 0 }]));
  const pe = state.presenter.pe + (state.presenter.person === '' ? 0 : 1);
  const presenter = { person: '', pe, since: event.at, requests: [] };
  return { ...state, st: 'closed', why: text(event.d, 'why'), members, presenter, recordings };
}

function admit(state: RoomState, event: RoomEvent): RoomState {
  const before = known(state.members, text(event.d, 'person'));
  if (before?.st === 'knocking') return member(state, event, 'present', { adm: 1 });
  return member(state, event, before === undefined || before.st === 'denied' ? 'absent' : before.st, { adm: 1 });
}

function role(state: RoomState, event: RoomEvent): RoomState {
  const person = text(event.d, 'person');
  const before = known(state.members, person) ?? { role: '', st: 'absent', since: event.at, gen: 0, adm: 0 };
  return { ...state, members: put(state.members, person, { ...before, role: text(event.d, 'role') }) };
}

function request(state: RoomState, event: RoomEvent): RoomState {
  const { requests } = state.presenter;
  if (requests.includes(event.by)) return state;
  return { ...state, presenter: { ...state.presenter, requests: [...requests, event.by] } };
}

function hold(state: RoomState, event: RoomEvent): RoomState {
  const person = text(event.d, 'person');
  const requests = state.presenter.requests.filter((one) => one !== person);
  return { ...state, presenter: { person, pe: whole(event.d, 'pe'), since: event.at, requests } };
}

function release(state: RoomState, event: RoomEvent): RoomState {
  const { requests } = state.presenter;
  return { ...state, presenter: { person: '', pe: whole(event.d, 'pe'), since: event.at, requests } };
}

function content(d: Data): Pick<Mark, 'geom' | 'world' | 'label' | 'value' | 'unit' | 'calib'> {
  return {
    geom: numbers(d, 'geom'),
    world: numbers(d, 'world'),
    label: text(d, 'label'),
    value: text(d, 'value'),
    unit: text(d, 'unit'),
    calib: text(d, 'calib'),
  };
}

function addMark(state: RoomState, { by, at, d }: RoomEvent): RoomState {
  const mark: Mark = {
    ver: 1,
    author: by,
    at,
    study: text(d, 'study'),
    series: text(d, 'series'),
    sop: text(d, 'sop'),
    frame: whole(d, 'frame'),
    tool: text(d, 'tool'),
    ...content(d),
    gone: 0,
  };
  return { ...state, marks: put(state.marks, text(d, 'id'), mark) };
}

function changeMark(state: RoomState, { at, d }: RoomEvent): RoomState {
  const before = known(state.marks, text(d, 'id'));
  if (before === undefined) return state;
  return { ...state, marks: put(state.marks, text(d, 'id'), { ...before, ver: before.ver + 1, at, ...content(d) }) };
}

function removeMark(state: RoomState, { at, d }: RoomEvent): RoomState {
  const before = known(state.marks, text(d, 'id'));
  if (before === undefined || before.gone !== 0) return state;
  const blank = { geom: [], world: [], label: '', value: '', unit: '', calib: '' };
  const mark = { ...before, ver: before.ver + 1, at, ...blank, gone: 1 };
  return { ...state, marks: put(state.marks, text(d, 'id'), mark), gone: state.gone + 1 };
}

function line(event: RoomEvent): Line {
  return { seq: event.seq, at: event.at, by: event.by, text: text(event.d, 'text') };
}

function say(state: RoomState, event: RoomEvent): RoomState {
  return { ...state, chat: { n: state.chat.n + 1, last: [...state.chat.last, line(event)].slice(-KEPT) } };
}

function file(state: RoomState, { by, at, d }: RoomEvent): RoomState {
  const added: RoomFile = {
    at,
    by,
    name: text(d, 'name'),
    media: text(d, 'media'),
    size: whole(d, 'size'),
    sha256: text(d, 'sha256'),
  };
  return { ...state, files: put(state.files, text(d, 'id'), added) };
}

function consent(state: RoomState, { k, by, at, d }: RoomEvent): RoomState {
  const given = { given: k === 'consent.given' ? 1 : 0, who: text(d, 'who'), note: text(d, 'note'), by, at };
  const person = Object.hasOwn(d, 'person') ? text(d, 'person') : '';
  return { ...state, consents: put(state.consents, person === '' ? text(d, 'scope') : `${text(d, 'scope')}/${person}`, given) };
}

function start(state: RoomState, { by, at, d }: RoomEvent): RoomState {
  const begun: Recording = { on: 1, by, at, off: 0, why: '', person: '', n: 0, ms: 0, size: 0, last: [] };
  return { ...state, recordings: put(state.recordings, text(d, 'id'), begun) };
}

function segment(state: RoomState, { d }: RoomEvent): RoomState {
  const before = known(state.recordings, text(d, 'id'));
  if (before === undefined) return state;
  const piece: Piece = {
    n: whole(d, 'n'),
    at: whole(d, 'at'),
    ms: whole(d, 'ms'),
    size: whole(d, 'size'),
    sha256: text(d, 'sha256'),
  };
  const longer: Recording = {
    ...before,
    n: before.n + 1,
    ms: before.ms + piece.ms,
    size: before.size + piece.size,
    last: [...before.last, piece].slice(-KEPT_SEGMENTS),
  };
  return { ...state, recordings: put(state.recordings, text(d, 'id'), longer) };
}

function stop(state: RoomState, { at, d }: RoomEvent): RoomState {
  const before = known(state.recordings, text(d, 'id'));
  if (before === undefined) return state;
  const how = Object.hasOwn(d, 'why') ? { off: at, why: text(d, 'why'), person: text(d, 'person') } : {};
  const ended = { ...before, on: 0, ...how };
  return { ...state, recordings: put(state.recordings, text(d, 'id'), ended) };
}

function vital(state: RoomState, { seq, by, at, d }: RoomEvent): RoomState {
  const noted = { seq, at, by, code: text(d, 'code'), value: text(d, 'value'), unit: text(d, 'unit'), note: text(d, 'note') };
  return { ...state, vitals: { n: state.vitals.n + 1, last: [...state.vitals.last, noted].slice(-KEPT) } };
}

function mode(state: RoomState, event: RoomEvent): RoomState {
  return { ...state, mode: event.k.slice(event.k.indexOf('.') + 1) };
}

const STEPS: ReadonlyMap<string, Step> = new Map<string, Step>([
  ['room.open', (state, { d }) => ({ ...state, st: 'open', kind: text(d, 'kind'), host: text(d, 'host'), mode: text(d, 'mode') })],
  ['room.close', close],
  ['member.knock', (state, event) => member(state, event, 'knocking')],
  ['member.admit', admit],
  ['member.deny', (state, event) => withoutRequest(member(state, event, 'denied', { adm: 0 }), text(event.d, 'person'))],
  ['member.join', (state, event) => member(state, event, 'present', { gen: whole(event.d, 'gen'), adm: 1 })],
  ['member.reconnecting', (state, event) => member(state, event, 'reconnecting')],
  [
    'member.left',
    (state, event) =>
      withoutRequest(member(state, event, 'left', text(event.d, 'why') === 'removed' ? { adm: 0 } : {}), text(event.d, 'person')),
  ],
  ['member.role', role],
  ['consent.given', consent],
  ['consent.withdrawn', consent],
  ['presenter.request', request],
  ['presenter.grant', hold],
  ['presenter.take', hold],
  ['presenter.release', release],
  ['viewer.key', (state, { by, at, d }) => ({ ...state, viewer: { ...d, by, at } })],
  ['anno.add', addMark],
  ['anno.upd', changeMark],
  ['anno.del', removeMark],
  ['chat.msg', say],
  ['file.add', file],
  ['rec.start', start],
  ['rec.segment', segment],
  ['rec.stop', stop],
  ['vitals.note', vital],
  [
    'minutes.rev',
    (state, { by, at, d }) => ({ ...state, minutes: { rev: state.minutes.rev + 1, text: text(d, 'text'), by, at } }),
  ],
  [
    'opinion.draft',
    (state, { by, at, d }) => ({ ...state, opinion: { ...state.opinion, ver: state.opinion.ver + 1, text: text(d, 'text'), by, at } }),
  ],
  [
    'opinion.sign',
    (state, { by, at, d }) => {
      const signed = { by, at, ver: whole(d, 'ver'), sha256: text(d, 'sha256') };
      return { ...state, opinion: { ...state.opinion, signatures: [...state.opinion.signatures, signed] } };
    },
  ],
  [
    'opinion.addend',
    (state, event) => ({ ...state, opinion: { ...state.opinion, addenda: [...state.opinion.addenda, line(event)] } }),
  ],
  ['mode.video', mode],
  ['mode.audio', mode],
  ['mode.async', mode],
]);

/** Total: what stands in the log was decided; a kind that this page does not know moves seq and at alone. */
export function fold(state: RoomState, event: RoomEvent): RoomState {
  const next = STEPS.get(event.k)?.(state, event) ?? state;
  return { ...next, seq: event.seq, at: event.at };
}

export function foldAll(events: Iterable<RoomEvent>, state: RoomState = NEW): RoomState {
  for (const event of events) state = fold(state, event);
  return state;
}

/** The bytes of telemed/consultation/room/spelling.py: sorted keys, no blanks. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const record = value as Readonly<Record<string, unknown>>;
    const fields = Object.keys(record).sort();
    return `{${fields.map((name) => `${JSON.stringify(name)}:${canonical(record[name])}`).join(',')}}`;
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new TypeError('a number that has no one spelling');
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' || value === null) {
    return JSON.stringify(value);
  }
  throw new TypeError(`${typeof value} has no one spelling`);
}
