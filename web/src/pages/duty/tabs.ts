/** The parts of the area and who may see them. */
export const TABS = [
  { key: 'board', path: '/duty/board', action: 'duty.read' },
  { key: 'roster', path: '/duty/roster', action: 'duty.read' },
  { key: 'experts', path: '/duty/experts', action: 'duty.read' },
  { key: 'agreements', path: '/duty/agreements', action: 'duty.manage' },
] as const;
