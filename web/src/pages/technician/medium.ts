/** What of a dropped medium can be imported: its studies with the files that are there and those that are not. Pure. */
import { finder, isDirectory, readMedium, type FileAt, type MediumSeries } from '@/pages/technician/dicomdir';

export interface StudyOnMedium {
  /** Of this choice alone: one study may stand in two DICOMDIRs. */
  readonly key: string;
  readonly patient: string;
  readonly patientId: string;
  readonly uid: string;
  readonly date: string;
  readonly description: string;
  readonly accession: string;
  readonly modalities: readonly string[];
  readonly series: readonly (MediumSeries & { readonly found: number })[];
  readonly files: readonly FileAt<File>[];
  /** Named, but not on the medium. */
  readonly missing: readonly string[];
  /** Named by a path that leaves the medium's folder: never opened. */
  readonly outside: readonly string[];
}

export interface Import {
  readonly studies: readonly StudyOnMedium[];
  /** DICOM or not, no DICOMDIR names them. */
  readonly unlisted: readonly FileAt<File>[];
}

/** undefined: without a DICOMDIR. damaged: at least one of them cannot be relied on. */
export async function openMedium(files: readonly FileAt<File>[]): Promise<Import | 'damaged' | undefined> {
  const directories = files.filter((one) => isDirectory(one.path));
  if (directories.length === 0) return undefined;
  const studies: StudyOnMedium[] = [];
  const listed = new Set<File>();
  for (const directory of directories) {
    listed.add(directory.file);
    const medium = readMedium(new Uint8Array(await directory.file.arrayBuffer()));
    if ('damaged' in medium) return 'damaged';
    const find = finder(files, directory.path.slice(0, -1));
    for (const patient of medium.patients) {
      for (const study of patient.studies) {
        const found: FileAt<File>[] = [];
        const missing: string[] = [];
        const outside: string[] = [];
        const series = study.series.map((one) => {
          const before = found.length;
          for (const id of one.files) {
            const where = find(id);
            if (where === 'missing') missing.push(id.join('/'));
            else if (where === 'outside') outside.push(id.join('/'));
            else {
              listed.add(where.file);
              found.push(where);
            }
          }
          return { ...one, found: found.length - before };
        });
        studies.push({
          key: String(studies.length), patient: patient.name, patientId: patient.id, uid: study.uid, date: study.date,
          description: study.description, accession: study.accession,
          modalities: [...new Set(series.map((one) => one.modality).filter((one) => one !== ''))],
          series, files: found, missing, outside,
        });
      }
    }
  }
  return { studies, unlisted: files.filter((one) => !listed.has(one.file)) };
}

/** A document's number shows its last four only. */
export const maskedId = (id: string): string => (id.length >= 15 ? `${'*'.repeat(id.length - 4)}${id.slice(-4)}` : id);
