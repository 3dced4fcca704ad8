/** The parts of the area and who may see them. */
export const TABS = [
  { key: 'evaluations', path: '/quality/evaluations', action: 'quality.read' },
  { key: 'lookBacks', path: '/quality/look-backs', action: 'quality.look-back' },
  { key: 'issues', path: '/quality/issues', action: 'quality-ticket.read' },
] as const;
