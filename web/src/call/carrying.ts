/** How a call is carried: everybody with everybody, or through the county's forwarding server.  Pure, but for the interfaces. */
import type { Sending, Tracks } from './link';
import type { Person } from './signalling';

export interface Seats {
  /** Whom this browser is connected with. */
  readonly others: readonly Person[];
  /** Who takes part in the room without voice and video, this person perhaps among them. */
  readonly without: readonly Person[];
}

/** What somebody in the call says of themselves, as far as it concerns how the call is carried. */
export interface Said extends Sending {
  /** Whether they have moved to the forwarding server. */
  readonly moved: boolean;
}

/** What comes from one other person. */
export interface Coming {
  readonly connection: { getStats(): Promise<Pick<RTCStatsReport, 'forEach'>> } | undefined;
  /** What of the other is due. */
  readonly expected: { readonly voice: boolean; readonly picture: boolean };
  restart(from: 'paths' | 'connection'): void;
}

/** A mesh, or the forwarding server: the call above sees no difference. */
export interface Carrier {
  readonly links: ReadonlyMap<Person, Coming>;
  setPeople(people: readonly Person[], said: ReadonlyMap<Person, Said>): Seats;
  setTracks(tracks: Tracks): void;
  setWants(wants: Sending): void;
  tick(): void;
  leave(): Promise<void>;
}

export interface Facts {
  /** How many are in the call. */
  readonly people: number;
  /** How many a mesh takes. */
  readonly most: number;
  /** How many the forwarding server takes; 0 where the county has none. */
  readonly forwarded: number;
  /** Whether this page, or anybody in the call, has moved. */
  readonly moved: boolean;
}

/**
 * Whether the forwarding server is to be tried.  One who has moved moves everybody, and stays: who counts five for a
 * moment and who never does end up in the same place, and nobody goes back while somebody is in the call.
 */
export function isForwarded({ people, most, forwarded, moved }: Facts): boolean {
  return forwarded > most && (moved || people > most);
}
