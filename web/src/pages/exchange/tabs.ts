/** The parts of the area and who may see them. */
export const TABS = [{ key: 'tables', path: '/exchange/tables', action: 'result.store' }] as const;
