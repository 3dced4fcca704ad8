/** The parts of the area and who may see them. */
export const TABS = [
  { key: 'tables', path: '/exchange/tables', action: 'result.store' },
  { key: 'uploads', path: '/exchange/uploads', action: 'report-upload.read' },
  { key: 'links', path: '/exchange/links', action: 'picture-link.read' },
  { key: 'outgoing', path: '/exchange/outgoing', action: 'outgoing.read' },
] as const;
