import { describe, expect, it } from 'vitest';
import { blankTable, firstView, mayImport } from '@/pages/exchange/tables';

describe('a table of laboratory results', () => {
  it('is looked at by what stops it first', () => {
    expect(firstView({ fault_count: 1, doubt_count: 2 })).toBe('faults');
    expect(firstView({ fault_count: 0, doubt_count: 2 })).toBe('doubts');
    expect(firstView({ fault_count: 0, doubt_count: 0 })).toBe('shown');
  });

  it('is imported once, and with faulty lines only where they are left out', () => {
    const seen = { known: false, fault_count: 1, reports: 1 };
    expect(mayImport(seen, false)).toBe(false);
    expect(mayImport(seen, true)).toBe(true);
    expect(mayImport({ ...seen, known: true }, true)).toBe(false);
    expect(mayImport({ ...seen, reports: 0 }, true)).toBe(false);
  });

  it('begins with a header that Excel reads as UTF-8', () => {
    const columns = [
      { zh: '报告号', en: 'report number', required: true },
      { zh: '结果', en: 'value', required: true },
    ];
    expect(blankTable(columns, false)).toBe('\uFEFF报告号,结果\r\n');
    expect(blankTable(columns, true)).toBe('\uFEFFreport number,value\r\n');
  });
});
