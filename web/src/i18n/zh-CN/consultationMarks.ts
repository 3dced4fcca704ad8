export const zh = {
  title: '标注',
  stored: '标注已存入影像（SR）',
  pending: '标注正在存入影像（SR）…',
  delayed: '标注尚未存入影像，系统会自动重试：{why}',
  failed: '标注未能存入影像：{why}',
  count: '{n} 处',
  leftOut: '其中 {n} 处的写法无法存为 SR，仍保留在会诊室记录中',
  open: '查看该检查影像',
  why: {
    'storage-full': '存储空间已满',
    'storage-failed': '存储写入失败',
    'not-listed': '已收存，尚未列入该检查',
    unsayable: '标注的写法无法存为 SR，仍保留在会诊室记录中',
    other: '代码 {code}，请告知系统管理员',
  },
} as const;
