/**
 * What somebody has written and the log does not have yet, kept over a reload or a crash of the tab.
 *
 * It is sent again with the same cid from the same device, which the server takes once. Keys are ids alone.
 */
import type { Pending } from './connection';
import type { Data } from './protocol';

/** What a person has written. Steps of the moment (who presents, what is shown, leaving) are not taken up again later. */
const WRITTEN: ReadonlySet<string> = new Set([
  'anno.add', 'anno.upd', 'anno.del', 'chat.msg', 'minutes.rev', 'vitals.note', 'consent.given', 'consent.withdrawn',
]);
/** A shift; what is older is said anew by whoever still means it. */
export const KEPT_MS = 12 * 3600 * 1000;
export const MOST_KEPT = 500;

/** One command as it is kept. n: the order in which they were made. */
export interface Kept {
  readonly cid: string;
  readonly n: number;
  readonly room: string;
  readonly person: string;
  readonly device: string;
  readonly at: number;
  readonly k: string;
  readonly d: Data;
  readonly base: number | undefined;
}

export interface Place {
  /** Of all rooms and persons. */
  readonly all: () => Promise<readonly Kept[]>;
  readonly put: (one: Kept) => Promise<void>;
  readonly drop: (cids: readonly string[]) => Promise<void>;
}

export type Whose = Pick<Kept, 'room' | 'person' | 'device'>;

/** Follows the outbox of one tab in one room. */
export class KeptOutbox {
  private readonly known = new Set<string>();
  private n = 0;

  constructor(
    private readonly place: Place,
    private readonly whose: Whose,
    private readonly onFailed: (error: unknown) => void,
    private readonly now: () => number = Date.now,
  ) {}

  /** What is to be sent again, in the order it was made; what is too old goes, whosever it was. */
  async load(): Promise<readonly Pending[]> {
    try {
      const all = await this.place.all();
      const old = all.filter((one) => one.at < this.now() - KEPT_MS || one.at > this.now() + KEPT_MS);
      if (old.length > 0) await this.place.drop(old.map((one) => one.cid));
      const { room, person, device } = this.whose;
      const mine = all
        .filter((one) => !old.includes(one) && one.room === room && one.person === person && one.device === device)
        .sort((a, b) => a.n - b.n)
        .slice(0, MOST_KEPT);
      for (const one of mine) this.known.add(one.cid);
      this.n = (mine.at(-1)?.n ?? 0) + 1;
      return mine.map(({ cid, k, d, base }) => ({ cid, k, d, base, sent: false, logged: undefined, after: 0 }));
    } catch (error) {
      this.onFailed(error);
      return [];
    }
  }

  /** What waits is kept, what the log has or never will is not. */
  follow(outbox: readonly Pending[]): void {
    const waits = outbox.filter((one) => one.logged === undefined && WRITTEN.has(one.k));
    const cids = new Set(waits.map((one) => one.cid));
    const done = [...this.known].filter((cid) => !cids.has(cid));
    for (const cid of done) this.known.delete(cid);
    if (done.length > 0) this.place.drop(done).catch(this.onFailed);
    for (const { cid, k, d, base } of waits) {
      if (this.known.has(cid) || this.known.size >= MOST_KEPT) continue;
      this.known.add(cid);
      this.place.put({ ...this.whose, cid, n: this.n++, at: this.now(), k, d, base }).catch(this.onFailed);
    }
  }
}

const DATABASE = 'telemed-rooms';
const STORE = 'outbox';

let opening: Promise<IDBDatabase> | undefined;
const database = (): Promise<IDBDatabase> => (opening ??= opened());

/** IndexedDB of this browser. */
export const browserPlace: Place = {
  all: async () => {
    const asked = (await database()).transaction(STORE).objectStore(STORE).getAll() as IDBRequest<Kept[]>;
    return new Promise((resolve, reject) => {
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error ?? new Error('IndexedDB'));
    });
  },
  put: async (one) => written(await database(), (store) => store.put(one)),
  drop: async (cids) =>
    written(await database(), (store) => {
      for (const cid of cids) store.delete(cid);
    }),
};

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: 'cid' });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error('IndexedDB'));
    asked.onblocked = () => reject(new Error('IndexedDB is held by an older page'));
  });
}

function written(into: IDBDatabase, write: (store: IDBObjectStore) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = into.transaction(STORE, 'readwrite');
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB'));
    write(transaction.objectStore(STORE));
  });
}

/** On a shared PC: whoever signs out leaves nothing, whoever signs in finds nothing of somebody else's. */
export async function forget(place: Place, except?: string): Promise<void> {
  // A browser that does not open its database has kept nothing.
  const all = await place.all().catch((): readonly Kept[] => []);
  const others = all.filter((one) => one.person !== except);
  if (others.length > 0) await place.drop(others.map((one) => one.cid));
}
