/** Printing: recorded first, then handed to the browser; a print nobody recorded does not happen. */
import { api } from '@/api/client';
import type { components } from '@/api/schema';

export type Report = components['schemas']['ReportDetail'];
export type Paper = 'A4' | '16K';

export interface PrintOrder {
  readonly copies: number;
  readonly paper: Paper;
  /** Needed from the second print on. */
  readonly reason: string;
}

/** Records the print of each report; returns when each was printed. */
export async function record(reports: readonly Report[], order: PrintOrder): Promise<Map<string, string>> {
  const printed = new Map<string, string>();
  for (const report of reports) {
    const done = await api.post('/api/reports/{id}/print', { path: { id: report.version.id }, body: { ...order } });
    printed.set(report.version.id, done.printed_at);
  }
  return printed;
}

const PAGE: Readonly<Record<Paper, string>> = { A4: 'A4', '16K': '195mm 270mm' };

/** The size of the paper belongs to the document, not to an element: a rule made for this print. */
export function paperRule(paper: Paper): string {
  return `@page { size: ${PAGE[paper]}; margin: 12mm ${paper === 'A4' ? '16mm' : '8mm'}; }`;
}

export function toPrinter(paper: Paper): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(paperRule(paper));
  const before = document.adoptedStyleSheets;
  document.adoptedStyleSheets = [...before, sheet];
  try {
    window.print();
  } finally {
    document.adoptedStyleSheets = before;
  }
}
