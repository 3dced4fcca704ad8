export const zh = {
  title: '数据往来',
  tabs: { tables: '检验表导入', uploads: '上传省平台', links: '影像链接', outgoing: '外发通知' },
} as const;
