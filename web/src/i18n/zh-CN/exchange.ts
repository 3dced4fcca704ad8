export const zh = {
  title: '数据往来',
  tabs: { tables: '检验表导入' },
} as const;
