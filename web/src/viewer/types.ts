/** What the page around the viewer gives and gets. */
export interface PriorStudy {
  readonly studyUid: string;
  /** CT 胸部平扫 */
  readonly title: string;
  readonly date: string;
  readonly organization: string;
  /** 同部位同类 · 同部位其他 · 其他部位: priors of one group stand together. */
  readonly group: string;
  /** Recognition mark or other short remark. */
  readonly mark?: string;
  readonly note?: string;
}
