/** The parts of administration and who may see them. */
export const TABS = [
  { key: 'devices', path: '/admin/devices', action: 'device.manage' },
  { key: 'organizations', path: '/admin/organizations', action: 'directory.manage' },
  { key: 'staff', path: '/admin/staff', action: 'directory.manage' },
  { key: 'accounts', path: '/admin/accounts', action: 'account.manage' },
] as const;
