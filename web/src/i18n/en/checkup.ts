import type { Translated } from '@/i18n/texts';
import type { zh } from '@/i18n/zh-CN/checkup';

export const en: Translated<typeof zh> = {
  title: 'Check-ups',
  count: '{n} to read',
  patients: '{n} patient study is still open and comes first | {n} patient studies are still open and come first',
  toPatients: 'To the worklist',
  empty: 'No check-ups to read',
  emptyText: 'New check-ups appear here by themselves.',
  will: 'Will submit:',
  normal: 'No obvious abnormality',
  desk: 'Write at the desk',
  recall: 'Recall the last one',
  done: '{name}: submitted for verification.',
  recalled: '{name}: submission recalled.',
  why: {
    foreign: 'Another window shows images of another patient: close it first',
    password: 'Self-reported: it takes the signing password, sign it at the desk',
    templatesLoading: 'Templates are loading',
    templatesFailed: 'Templates could not be loaded; try again',
    template: 'No normal template fits this site: write at the desk',
    unseen: '{n} image has not been shown yet | {n} images have not been shown yet',
    preview: 'Seen as a compressed preview only; the data have not been shown yet',
    written: 'There is a text already: go on at the desk.',
    warned: 'There are hints about the text: check them at the desk.',
  },
  key: { next: 'Next', previous: 'Previous' },
};
